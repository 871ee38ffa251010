"""Drafting over HTTP."""

from typing import Annotated, Literal

from django.http import HttpRequest
from django.utils import timezone
from ninja import Status
from pydantic import AfterValidator, Field, StringConstraints

from core.http import actor_of
from core.schemas import Id, Schema, without_nul
from documents import drafts
from documents.api.routes import router
from documents.services import drafting

Title = Annotated[
    str,
    StringConstraints(min_length=1, max_length=120, strip_whitespace=True),
    AfterValidator(without_nul),
]
Body = Annotated[
    str, StringConstraints(min_length=1, max_length=100_000), AfterValidator(without_nul)
]
Note = Annotated[str, StringConstraints(max_length=200), AfterValidator(without_nul)]
Units = Annotated[list[Id], Field(max_length=500)]


class DraftIn(Schema):
    """A draft. 秘密 and above may be named, and are refused with CLASSIFIED_REFUSED."""

    title: Title
    body: Body
    main_unit_ids: Units
    cc_unit_ids: Units = []
    classification: Literal["public", "internal", "confidential", "secret", "top_secret"] = (
        "internal"
    )
    urgency: Literal["", "urgent", "critical"] = ""
    note: Note = ""

    def draft(self) -> drafts.Draft:
        """The draft as the service takes it."""
        return drafts.Draft(**self.model_dump(include=set(DraftIn.model_fields)))


class RevisionIn(DraftIn):
    """A changed draft; `revision` is the one the change started from."""

    revision: Annotated[int, Field(ge=1, le=2**31 - 1)]


class DraftedOut(Schema):
    """The draft's newest revision and the digest of its text."""

    id: int
    revision: int
    digest: str


@router.post("/", response={201: DraftedOut}, summary="拟稿")
def create_draft(request: HttpRequest, body: DraftIn) -> Status[drafting.Drafted]:
    """新建一份通知草稿，仅拟稿人可见。"""
    drafted = drafting.create(actor=actor_of(request), draft=body.draft(), now=timezone.now())
    return Status(201, drafted)


@router.put("/{int:document_id}", response=DraftedOut, summary="修改草稿")
def revise_draft(request: HttpRequest, document_id: Id, body: RevisionIn) -> drafting.Drafted:
    """修改草稿或退回的公文；提交核签后和签发后不能再修改。"""
    return drafting.revise(
        actor=actor_of(request),
        document_id=document_id,
        draft=body.draft(),
        revision=body.revision,
        now=timezone.now(),
    )
