"""Issuing: the signed document gets its number, then its final PDF."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core import audit, events
from core.actor import Actor
from core.db import service
from core.storage import StoredObject
from documents import errors, papers, policies, told
from documents.events import DocumentNumbered
from documents.models import Document, DocumentState, Version, VersionKind
from documents.queries import contents
from documents.services import _loading, numbering
from messaging.services import notices


@dataclass(frozen=True, slots=True)
class Numbered:
    """A document in the number register; its final PDF follows."""

    id: int
    number: str


@dataclass(frozen=True, slots=True)
class Typeset:
    """A PDF that the object store has confirmed, and the paper it was set from."""

    stored: StoredObject
    pages: int
    paper: dict[str, Any]


@service
def issue(*, actor: Actor, document_id: int, now: datetime) -> Numbered:
    """The signed document has the next number of its series; setting the PDF is under way.

    The text is compared with what was signed first (Art. 25, 复核): DocumentAltered if it
    differs. The PDF is made after the commit by the hearer of DocumentNumbered, because the
    object store must not be waited for while the counter is locked.
    """
    standing = _loading.standing(actor, now)
    document = _loading.locked(document_id, standing)
    if not policies.may_issue(standing, document):
        raise errors.DocumentForbidden
    _loading.require_state(document, DocumentState.SIGNED)
    if papers.digest(contents.of(document)) != document.digest:
        raise errors.DocumentAltered
    number = numbering.take_next(
        actor=actor,
        issuing_unit_id=document.issuing_unit.pk,
        series=document.issuing_unit.agency_code,
        document_id=document.pk,
        now=now,
    )
    document.state = DocumentState.NUMBERED
    document.changed_at = now
    document.save(update_fields=["state", "changed_at"])
    _record(actor, "documents.document.numbered", document, {"number": number.text}, now)
    events.publish(DocumentNumbered(document_id=document.pk))
    key = told.number_key(document.pk)
    notices.settle(actor=actor, source=told.SOURCE, key=key, now=now)
    return Numbered(document.pk, number.text)


@service
def record_review_copy(
    *, actor: Actor, document_id: int, revision: int, typeset: Typeset, now: datetime
) -> None:
    """The revision that was submitted has its PDF on record; a second copy is left out."""
    document = Document.objects.select_for_update(of=("self",)).get(pk=document_id)
    if document.revision != revision:
        return
    _keep(document, VersionKind.DRAFT, typeset, now)


@service
def record_final(*, actor: Actor, document_id: int, typeset: Typeset, now: datetime) -> None:
    """The document is issued, with its final PDF and both digests on record.

    Hearing it twice changes nothing.
    """
    document = (
        Document.objects.select_for_update(of=("self",))
        .select_related("issuing_unit")
        .get(pk=document_id)
    )
    if document.state != DocumentState.NUMBERED:
        return
    _keep(document, VersionKind.FINAL, typeset, now)
    document.state = DocumentState.ISSUED
    document.issued_at = now
    document.changed_at = now
    document.save(update_fields=["state", "issued_at", "changed_at"])
    _record(
        actor,
        "documents.document.issued",
        document,
        {"sha256": typeset.stored.sha256, "sm3": typeset.stored.sm3},
        now,
    )


def _keep(document: Document, kind: VersionKind, typeset: Typeset, now: datetime) -> None:
    stored = typeset.stored
    Version.objects.bulk_create(
        [
            Version(
                document=document,
                kind=kind,
                revision=document.revision,
                paper=typeset.paper,
                key=stored.key,
                content_type=stored.content_type,
                size=stored.size,
                pages=typeset.pages,
                sha256=stored.sha256,
                sm3=stored.sm3,
                stored_at=now,
            )
        ],
        ignore_conflicts=True,
    )


def _record(
    actor: Actor, action: str, document: Document, detail: dict[str, object], now: datetime
) -> None:
    audit.record(
        actor=actor,
        action=action,
        object_kind="documents.document",
        object_id=document.pk,
        unit_id=document.issuing_unit.unit_id,
        detail=detail,
        now=now,
    )
