"""Drafting: the text, its recipients, and what is refused at the door."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from core import audit
from core.actor import Actor
from core.db import service
from documents import errors, markings, papers, policies
from documents.models import (
    EDITABLE,
    Classification,
    Document,
    DocumentState,
    DocumentType,
    IssuingUnit,
    Recipient,
    RecipientRole,
    Urgency,
)
from documents.queries import drafting as queries
from documents.rendering import render
from documents.services import _loading
from org.queries import units


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What a drafter hands in. `classification` is plain text here: it may ask for too much."""

    title: str
    body: str
    main_unit_ids: Sequence[int]
    cc_unit_ids: Sequence[int] = ()
    classification: str = "internal"
    urgency: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Drafted:
    """A draft as it stands now."""

    id: int
    revision: int
    digest: str


@service
def create(*, actor: Actor, draft: Draft, now: datetime) -> Drafted:
    """A draft notice of the actor's organ exists, seen by its drafter only.

    ClassifiedRefused before anything is written if it is marked 秘密 or above.
    """
    _refuse_classified(draft)
    standing = _loading.standing(actor, now)
    issuing_unit = IssuingUnit.objects.filter(unit_id=standing.organ_id).first()
    if issuing_unit is None:
        raise errors.NotAnIssuingUnit
    content = _complete(draft)
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
    *, actor: Actor, document_id: int, draft: Draft, revision: int, now: datetime
) -> Drafted:
    """The draft says what was handed in, as a new revision.

    `revision` is the one the drafter started from: DocumentChanged if it is no longer the
    newest. DocumentNotEditable while it is with reviewers and for good once signed.
    """
    _refuse_classified(draft)
    standing = _loading.standing(actor, now)
    document = _loading.locked(document_id, standing)
    if not policies.may_edit(standing, document):
        raise errors.DocumentForbidden
    if document.state not in EDITABLE:
        raise errors.DocumentNotEditable
    if document.revision != revision:
        raise errors.DocumentChanged
    content = _complete(draft)
    if papers.digest(content) != document.digest:
        _rewrite(document, content, now)
        _record(actor, "documents.document.revised", document, now)
    return Drafted(document.pk, document.revision, document.digest)


@service
def specimen(*, actor: Actor, draft: Draft, now: datetime) -> tuple[bytes, ...]:
    """The pages of a draft as it is being written, as SVG images; nothing of it is stored.

    What is classified is not even shown.
    """
    _refuse_classified(draft)
    head = queries.desk(actor=actor, at=now).letterhead
    year = papers.beijing_day(now).year
    paper = papers.paper(
        _content(draft),
        head,
        number=papers.number_text(head.agency_code, year, None),
        dated_on=None,
        printed_on=None,
    )
    return render.preview(paper)


def _refuse_classified(draft: Draft) -> None:
    named = draft.classification.strip().lower()
    if named in markings.REFUSED or markings.is_marked(draft.title, draft.body, draft.note):
        raise errors.ClassifiedRefused


def _complete(draft: Draft) -> papers.Content:
    """The content to keep; DraftIncomplete without a title or a text."""
    content = _content(draft)
    if not content.title or not content.body:
        raise errors.DraftIncomplete
    return content


def _content(draft: Draft) -> papers.Content:
    if draft.classification not in Classification.values or draft.urgency not in Urgency.values:
        raise errors.DraftInvalid
    main, cc = list(draft.main_unit_ids), list(draft.cc_unit_ids)
    names = _names([*main, *cc])
    return papers.Content(
        document_type=DocumentType.NOTICE.value,
        title=" ".join(draft.title.split()),
        body=draft.body.replace("\r\n", "\n").strip(),
        note=draft.note.strip(),
        classification=draft.classification,
        urgency=draft.urgency,
        main=tuple(papers.Addressee(unit_id, names[unit_id]) for unit_id in main),
        cc=tuple(papers.Addressee(unit_id, names[unit_id]) for unit_id in cc),
    )


def _names(unit_ids: list[int]) -> dict[int, str]:
    """The units' names; RecipientInvalid unless each is an organ or region, named once."""
    found = units.names(unit_ids)
    is_sound = len(set(unit_ids)) == len(unit_ids) == len(found) and all(
        unit.kind in units.ORGAN_LIKE for unit in found.values()
    )
    if not is_sound:
        raise errors.RecipientInvalid
    return {unit_id: unit.name for unit_id, unit in found.items()}


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
