"""Boxes of documents and one document in full."""

from datetime import datetime

from django.http import HttpRequest
from django.utils import timezone

from core import paging
from core.http import actor_of
from core.schemas import Id, Schema
from documents.api.routes import router
from documents.queries import details, listing
from documents.services import circulation


class RowOut(Schema):
    """A document in a list."""

    id: int
    title: str
    document_type_name: str
    issuer_name: str
    number_text: str
    urgency: str
    urgency_name: str
    state: str
    state_name: str
    at: datetime
    acknowledged: bool


class BoxOut(Schema):
    """One page of a box, newest first."""

    items: list[RowOut]
    next_cursor: str | None


class CountsOut(Schema):
    """What waits for the reader."""

    awaiting: int
    drafts: int


class RecipientOut(Schema):
    """A unit the paper names."""

    unit_id: int
    name: str


class ParticipantOut(Schema):
    """A person asked to review, countersign or sign."""

    person_id: int
    name: str
    title: str
    role: str
    role_name: str


class VersionOut(Schema):
    """A kept PDF with its digests in hex."""

    id: int
    kind: str
    kind_name: str
    revision: int
    size: int
    pages: int
    sha256: str
    sm3: str
    stored_at: datetime


class RightsOut(Schema):
    """What the reader may do now."""

    edit: bool
    submit: bool
    issue: bool
    dispatch: bool
    acknowledge: bool
    see_readers: bool


class DocumentOut(Schema):
    """A document in full. `digest` is the SHA-256 of its text, the one the sign-off binds."""

    id: int
    document_type: str
    document_type_name: str
    title: str
    body: str
    note: str
    classification: str
    classification_name: str
    urgency: str
    urgency_name: str
    state: str
    state_name: str
    revision: int
    digest: str
    number_text: str
    issuer_name: str
    issuer_unit_id: int
    drafter_id: int
    drafter_name: str
    signatory_name: str
    case_id: int | None
    created_at: datetime
    changed_at: datetime
    signed_at: datetime | None
    issued_at: datetime | None
    main: list[RecipientOut]
    cc: list[RecipientOut]
    participants: list[ParticipantOut]
    versions: list[VersionOut]
    rights: RightsOut


@router.get("/", response=BoxOut, summary="一个公文箱")
def list_box(
    request: HttpRequest,
    box: listing.Box,
    limit: paging.Limit = 30,
    cursor: paging.Cursor | None = None,
) -> paging.Page[listing.DocumentRow]:
    """待签收、收文、发文、已办或草稿的一页，新的在前。"""
    return listing.box(
        actor=actor_of(request), box=box, at=timezone.now(), limit=limit, cursor=cursor
    )


@router.get("/counts", response=CountsOut, summary="待签收和草稿的数目")
def count_waiting(request: HttpRequest) -> listing.Counts:
    """各岗位上等待办理的公文数目。"""
    return listing.counts(actor=actor_of(request), at=timezone.now())


@router.get("/{int:document_id}", response=DocumentOut, summary="一份公文")
def get_document(request: HttpRequest, document_id: Id) -> details.DocumentView:
    """公文全文、收文单位、核签人员、版本摘要。已印发的公文会记录本次查看。"""
    actor, now = actor_of(request), timezone.now()
    circulation.record_opening(actor=actor, document_id=document_id, now=now)
    return details.view(actor=actor, document_id=document_id, at=now)
