"""Drafting: the text, its recipients, and what is refused at the door."""

from dataclasses import dataclass
from datetime import datetime

from core import audit
from core.actor import Actor
from core.db import service
from documents import drafts, errors, papers, policies
from documents.models import (
    EDITABLE,
    Document,
    DocumentState,
    IssuingUnit,
    Recipient,
    RecipientRole,
)
from documents.queries import drafting as queries
from documents.services import _loading


@dataclass(frozen=True, slots=True)
class Drafted:
    """A draft as it stands now."""

    id: int
    revision: int
    digest: str


@service
def create(*, actor: Actor, draft: drafts.Draft, now: datetime) -> Drafted:
    """A draft notice of the actor's organ exists, seen by its drafter only.

    ClassifiedRefused before anything is written if it is marked 秘密 or above.
    """
    drafts.refuse_classified(draft)
    standing = _loading.standing(actor, now)
    issuing_unit = IssuingUnit.objects.filter(unit_id=standing.organ_id).first()
    if issuing_unit is None:
        raise errors.NotAnIssuingUnit
    content = _complete(draft, now)
    document = Document.objects.create(
        issuing_unit=issuing_unit,
        document_type=content.document_type,
        title=content.title,
        body=content.body,
        note=content.note,
        classification=content.classification,
        urgency=content.urgency,
        state=DocumentState.DRAFT,
        digest=papers.digest(content),
        drafter_id=standing.person_id,
        drafter_unit_id=standing.unit_id,
        created_at=now,
        changed_at=now,
    )
    _address(document, content)
    _record(actor, "documents.document.drafted", document, now)
    return Drafted(document.pk, document.revision, document.digest)


@service
def revise(
    *, actor: Actor, document_id: int, draft: drafts.Draft, revision: int, now: datetime
) -> Drafted:
    """The draft says what was handed in, as a new revision.

    `revision` is the one the drafter started from: DocumentChanged if it is no longer the
    newest. DocumentNotEditable while it is with reviewers and for good once signed.
    """
    drafts.refuse_classified(draft)
    standing = _loading.standing(actor, now)
    document = _loading.locked(document_id, standing)
    if not policies.may_edit(standing, document):
        raise errors.DocumentForbidden
    if document.state not in EDITABLE:
        raise errors.DocumentNotEditable
    if document.revision != revision:
        raise errors.DocumentChanged
    content = _complete(draft, now)
    if papers.digest(content) != document.digest:
        _rewrite(document, content, now)
        _record(actor, "documents.document.revised", document, now)
    return Drafted(document.pk, document.revision, document.digest)


def _complete(draft: drafts.Draft, now: datetime) -> papers.Content:
    """The content to keep; DraftIncomplete without a title or a text."""
    content = queries.content(draft, at=now)
    if not content.title or not content.body:
        raise errors.DraftIncomplete
    return content


def _rewrite(document: Document, content: papers.Content, now: datetime) -> None:
    document.title, document.body, document.note = content.title, content.body, content.note
    document.classification, document.urgency = content.classification, content.urgency
    document.revision += 1
    document.digest = papers.digest(content)
    document.changed_at = now
    document.save(
        update_fields=[
            "title", "body", "note", "classification", "urgency", "revision", "digest",
            "changed_at",
        ]
    )  # fmt: skip
    Recipient.objects.filter(document=document).delete()
    _address(document, content)


def _address(document: Document, content: papers.Content) -> None:
    Recipient.objects.bulk_create(
        Recipient(
            document=document, unit_id=unit.unit_id, role=role, position=place, name=unit.name
        )
        for role, named in ((RecipientRole.MAIN, content.main), (RecipientRole.CC, content.cc))
        for place, unit in enumerate(named, start=1)
    )


def _record(actor: Actor, action: str, document: Document, now: datetime) -> None:
    audit.record(
        actor=actor,
        action=action,
        object_kind="documents.document",
        object_id=document.pk,
        unit_id=document.issuing_unit.unit_id,
        detail={"revision": document.revision, "digest": document.digest},
        now=now,
    )
