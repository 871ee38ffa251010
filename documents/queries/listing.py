"""The boxes of a person's documents: to acknowledge, received, sent, done, drafts."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from django.db.models import Exists, OuterRef, Q, QuerySet

from core import paging
from core.actor import Actor
from documents import papers, policies
from documents.models import (
    SETTLED,
    Dispatch,
    Document,
    DocumentNumber,
    DocumentState,
    DocumentType,
    Participant,
    Urgency,
)

_DOCUMENTS: Final = paging.Cursors("documents.documents", tuple[int])
_DISPATCHES: Final = paging.Cursors("documents.dispatches", tuple[int])


class Box(StrEnum):
    """A list of documents, as the page's tabs name them."""

    AWAITING = "awaiting"
    INCOMING = "incoming"
    OUTGOING = "outgoing"
    DONE = "done"
    DRAFTS = "drafts"


@dataclass(frozen=True, slots=True)
class DocumentRow:
    """A document in a list. `at` is when it came into this list's sight."""

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


@dataclass(frozen=True, slots=True)
class Counts:
    """How many documents wait in the boxes where something waits."""

    awaiting: int
    drafts: int


def box(
    *, actor: Actor, box: Box, at: datetime, limit: int = 30, cursor: str | None = None
) -> paging.Page[DocumentRow]:
    """One page of a box, newest first; empty for somebody without a post."""
    standing = policies.standing_of(actor, at=at)
    if standing is None:
        return paging.Page([], None)
    if box in (Box.AWAITING, Box.INCOMING):
        return _received(standing, box, limit, cursor)
    rows = _own(standing, box)
    if (after := _DOCUMENTS.decode(cursor)) is not None:
        rows = rows.filter(pk__lt=after[0])
    found = list(rows.select_related("issuing_unit").order_by("-pk")[: limit + 1])
    shown = _rows((document, document.changed_at, True) for document in found[:limit])
    more = _DOCUMENTS.encode((shown[-1].id,)) if len(found) > limit else None
    return paging.Page(shown, more)


def row(document_id: int) -> DocumentRow:
    """How the document stands, for those who are told of it."""
    document = Document.objects.select_related("issuing_unit").get(pk=document_id)
    return _rows([(document, document.changed_at, True)])[0]


def counts(*, actor: Actor, at: datetime) -> Counts:
    """What waits for the actor, in all posts."""
    standing = policies.standing_of(actor, at=at)
    if standing is None:
        return Counts(awaiting=0, drafts=0)
    return Counts(
        awaiting=policies.waiting(standing.clerk_of).count(),
        drafts=_own(standing, Box.DRAFTS).count(),
    )


def _received(
    standing: policies.Standing, box: Box, limit: int, cursor: str | None
) -> paging.Page[DocumentRow]:
    is_awaiting = box is Box.AWAITING
    rows = policies.waiting(standing.clerk_of) if is_awaiting else policies.received(standing)
    if (after := _DISPATCHES.decode(cursor)) is not None:
        rows = rows.filter(pk__lt=after[0])
    found = list(rows.select_related("document__issuing_unit").order_by("-pk")[: limit + 1])
    shown = _rows(
        (sent.document, sent.sent_at, sent.acknowledged_at is not None) for sent in found[:limit]
    )
    more = _DISPATCHES.encode((found[limit - 1].pk,)) if len(found) > limit else None
    return paging.Page(shown, more)


def _own(standing: policies.Standing, box: Box) -> QuerySet[Document]:
    mine = Q(drafter=standing.person_id)
    if box is Box.DRAFTS:
        return Document.objects.filter(
            mine, state__in=[DocumentState.DRAFT, DocumentState.RETURNED]
        )
    if box is Box.OUTGOING:
        settled = Q(issuing_unit__unit__in=standing.registers, state__in=SETTLED)
        sent = mine & ~Q(state__in=[DocumentState.DRAFT, DocumentState.RETURNED])
        return Document.objects.filter(sent | settled if standing.registers else sent)
    asked = Participant.objects.filter(document=OuterRef("pk"), person=standing.person_id)
    acknowledged = Dispatch.objects.filter(
        document=OuterRef("pk"), acknowledged_by=standing.person_id
    )
    return Document.objects.filter(
        (Q(state__in=SETTLED) & Q(Exists(asked))) | Q(Exists(acknowledged)),
        policies.visible(standing),
    )


def _rows(shown: Iterable[tuple[Document, datetime, bool]]) -> list[DocumentRow]:
    listed = list(shown)
    numbers = {
        number.document_id: papers.number_text(number.series, number.year, number.serial)
        for number in DocumentNumber.objects.filter(
            document__in=[document.pk for document, _at, _acknowledged in listed]
        )
    }
    return [
        DocumentRow(
            id=document.pk,
            title=document.title,
            document_type_name=DocumentType(document.document_type).label,
            issuer_name=document.issuing_unit.name,
            number_text=numbers.get(document.pk, ""),
            urgency=document.urgency,
            urgency_name=Urgency(document.urgency).label if document.urgency else "",
            state=document.state,
            state_name=DocumentState(document.state).label,
            at=at,
            acknowledged=acknowledged,
        )
        for document, at, acknowledged in listed
    ]
