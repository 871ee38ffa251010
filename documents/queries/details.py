"""One document with all that its page shows, and what the reader may do with it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from approvals.queries import timelines
from core.actor import Actor
from documents import errors, papers, policies
from documents.models import (
    EDITABLE,
    Classification,
    Document,
    DocumentNumber,
    DocumentState,
    DocumentType,
    Participant,
    PartRole,
    Recipient,
    RecipientRole,
    Urgency,
    Version,
    VersionKind,
)
from documents.queries import contents
from documents.rendering import render
from documents.rendering.render import FormalDocument
from org.queries import people


@dataclass(frozen=True, slots=True)
class RecipientView:
    """A unit the paper names."""

    unit_id: int
    name: str


@dataclass(frozen=True, slots=True)
class ParticipantView:
    """A person the drafter asked."""

    person_id: int
    name: str
    title: str
    role: str
    role_name: str


@dataclass(frozen=True, slots=True)
class VersionView:
    """A kept PDF."""

    id: int
    kind: str
    kind_name: str
    revision: int
    size: int
    pages: int
    sha256: str
    sm3: str
    stored_at: datetime


@dataclass(frozen=True, slots=True)
class Rights:
    """What the reader may do now, in the document's present state."""

    edit: bool
    submit: bool
    issue: bool
    dispatch: bool
    acknowledge: bool
    see_readers: bool


@dataclass(frozen=True, slots=True)
class DocumentView:
    """A document in full."""

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
    main: tuple[RecipientView, ...]
    cc: tuple[RecipientView, ...]
    participants: tuple[ParticipantView, ...]
    versions: tuple[VersionView, ...]
    rights: Rights


@dataclass(frozen=True, slots=True)
class StoredFile:
    """Where a version's PDF lies, and what its digest must be."""

    key: str
    sha256: str
    size: int
    filename: str


def view(*, actor: Actor, document_id: int, at: datetime) -> DocumentView:
    """The document for somebody who may see it; DocumentNotFound otherwise."""
    standing, document = _seen(actor, document_id, at)
    case_id, asked = _sign_off(standing, document)
    recipients = list(Recipient.objects.filter(document=document).order_by("role", "position"))
    names = _names(document, asked, at)
    return DocumentView(
        id=document.pk,
        document_type=document.document_type,
        document_type_name=DocumentType(document.document_type).label,
        title=document.title,
        body=document.body,
        note=document.note,
        classification=document.classification,
        classification_name=Classification(document.classification).label,
        urgency=document.urgency,
        urgency_name=Urgency(document.urgency).label,
        state=document.state,
        state_name=DocumentState(document.state).label,
        revision=document.revision,
        digest=document.digest,
        number_text=_number_text(document),
        issuer_name=document.issuing_unit.name,
        issuer_unit_id=document.issuing_unit.unit_id,
        drafter_id=document.drafter_id,
        drafter_name=names[document.drafter_id].name,
        signatory_name=names[document.signatory_id].name if document.signatory_id else "",
        case_id=case_id,
        created_at=document.created_at,
        changed_at=document.changed_at,
        signed_at=document.signed_at,
        issued_at=document.issued_at,
        main=_named(recipients, RecipientRole.MAIN),
        cc=_named(recipients, RecipientRole.CC),
        participants=_participants(asked, names),
        versions=_versions(document, standing),
        rights=_rights(standing, document),
    )


def pages(*, actor: Actor, document_id: int, at: datetime) -> tuple[bytes, ...]:
    """The pages as SVG images for somebody who may see the document."""
    _standing, document = _seen(actor, document_id, at)
    return _set(contents.paper(document, at=at))


def final_file(*, actor: Actor, document_id: int, at: datetime) -> StoredFile:
    """The issued PDF for somebody who may see the document; VersionNotFound before."""
    _standing, document = _seen(actor, document_id, at)
    final = Version.objects.filter(document=document, kind=VersionKind.FINAL).first()
    if final is None:
        raise errors.VersionNotFound
    return StoredFile(
        key=final.key,
        sha256=final.sha256,
        size=final.size,
        filename=f"{final.paper['number']} {document.title}.pdf",
    )


def timeline(*, actor: Actor, document_id: int, at: datetime) -> timelines.Timeline | None:
    """How its sign-off went; None before it was submitted.

    Who merely received the document does not see who said what inside the issuing organ.
    """
    standing, document = _seen(actor, document_id, at)
    if document.case_id is None or not policies.knows_the_sign_off(standing, document):
        return None
    return timelines.of_subject(document.case_id, at=at)


@lru_cache(maxsize=32)
def _set(paper: FormalDocument) -> tuple[bytes, ...]:
    """The pages of a paper; the last few papers are remembered for their other pages."""
    return render.preview(paper)


def _seen(actor: Actor, document_id: int, at: datetime) -> tuple[policies.Standing, Document]:
    standing = policies.standing_of(actor, at=at)
    if standing is None:
        raise errors.DocumentNotFound
    document = (
        Document.objects.select_related("issuing_unit")
        .filter(policies.visible(standing), pk=document_id)
        .first()
    )
    if document is None:
        raise errors.DocumentNotFound
    return standing, document


def _sign_off(
    standing: policies.Standing, document: Document
) -> tuple[int | None, list[Participant]]:
    """The case and whom it asks; who merely received the document is not told."""
    if not policies.knows_the_sign_off(standing, document):
        return None, []
    return document.case_id, list(Participant.objects.filter(document=document).order_by("id"))


def _number_text(document: Document) -> str:
    number = DocumentNumber.objects.filter(document=document).first()
    return papers.number_text(number.series, number.year, number.serial) if number else ""


def _names(
    document: Document, asked: Iterable[Participant], at: datetime
) -> dict[int, people.PersonName]:
    signatory = {document.signatory_id} if document.signatory_id else set()
    return people.names({document.drafter_id, *signatory, *(one.person_id for one in asked)}, at=at)


def _named(recipients: Iterable[Recipient], role: RecipientRole) -> tuple[RecipientView, ...]:
    return tuple(RecipientView(one.unit_id, one.name) for one in recipients if one.role == role)


def _participants(
    asked: Iterable[Participant], names: dict[int, people.PersonName]
) -> tuple[ParticipantView, ...]:
    return tuple(
        ParticipantView(
            person_id=one.person_id,
            name=names[one.person_id].name,
            title=names[one.person_id].title,
            role=one.role,
            role_name=PartRole(one.role).label,
        )
        for one in asked
    )


def _versions(document: Document, standing: policies.Standing) -> tuple[VersionView, ...]:
    """Recipients see the final version only: what was said in drafts stays in the organ."""
    kept = Version.objects.filter(document=document).order_by("-id")
    if not policies.is_of_issuer(standing, document):
        kept = kept.filter(kind=VersionKind.FINAL)
    return tuple(
        VersionView(
            id=one.pk,
            kind=one.kind,
            kind_name=VersionKind(one.kind).label,
            revision=one.revision,
            size=one.size,
            pages=one.pages,
            sha256=one.sha256,
            sm3=one.sm3,
            stored_at=one.stored_at,
        )
        for one in kept
    )


def _rights(standing: policies.Standing, document: Document) -> Rights:
    is_editor = policies.may_edit(standing, document) and document.state in EDITABLE
    is_issuer = policies.may_issue(standing, document)
    return Rights(
        edit=is_editor,
        submit=is_editor,
        issue=is_issuer and document.state == DocumentState.SIGNED,
        dispatch=is_issuer and document.state == DocumentState.ISSUED,
        acknowledge=policies.waiting(standing.clerk_of).filter(document=document).exists(),
        see_readers=(
            document.state == DocumentState.ISSUED and policies.may_see_readers(standing, document)
        ),
    )
