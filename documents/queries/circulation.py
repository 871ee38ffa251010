"""Where a document went, who acknowledged, who read it when, and what waits for a clerk."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from core.actor import Actor
from documents import errors, papers, policies
from documents.models import AccessKind, AccessLog, Dispatch, Document, RecipientRole
from org.queries import appointments, people, units


@dataclass(frozen=True, slots=True)
class DispatchView:
    """One organ that a document was sent to."""

    unit_id: int
    unit_name: str
    role: str
    role_name: str
    sent_at: datetime
    acknowledged_at: datetime | None
    acknowledged_by: str


@dataclass(frozen=True, slots=True)
class Reader:
    """One person who opened or took away the document."""

    person_id: int
    name: str
    title: str
    organ_id: int
    organ_name: str
    kind: str
    kind_name: str
    first_at: datetime
    last_at: datetime
    count: int


@dataclass(frozen=True, slots=True)
class ToAcknowledge:
    """A dispatch with the clerks who may acknowledge it."""

    unit_id: int
    title: str
    issuer_name: str
    number_text: str
    clerk_ids: list[int]


def awaiting_count(person_id: int, *, at: datetime) -> int:
    """How many documents wait for the person to acknowledge, in all posts as a clerk."""
    organ_ids = policies.clerk_of(person_id, at=at)
    return policies.waiting(organ_ids).count() if organ_ids else 0


def dispatches(*, actor: Actor, document_id: int, at: datetime) -> list[DispatchView]:
    """Where the document went; those who only received it see the lines of their organs."""
    standing, document = _seen(actor, document_id, at)
    rows = Dispatch.objects.filter(document=document).order_by("id")
    if not policies.may_see_readers(standing, document):
        rows = rows.filter(unit__in=standing.organ_ids)
    found = list(rows)
    unit_names = units.names({row.unit_id for row in found})
    names = people.names({row.acknowledged_by_id for row in found if row.acknowledged_by_id}, at=at)
    return [
        DispatchView(
            unit_id=row.unit_id,
            unit_name=unit_names[row.unit_id].name,
            role=row.role,
            role_name=RecipientRole(row.role).label,
            sent_at=row.sent_at,
            acknowledged_at=row.acknowledged_at,
            acknowledged_by=names[row.acknowledged_by_id].name if row.acknowledged_by_id else "",
        )
        for row in found
    ]


def readers(*, actor: Actor, document_id: int, at: datetime) -> list[Reader]:
    """Who opened the document when, first reader first; for those who answer for its issue."""
    standing, document = _seen(actor, document_id, at)
    if not policies.may_see_readers(standing, document):
        raise errors.DocumentForbidden
    found = list(AccessLog.objects.filter(document=document).order_by("first_at", "id"))
    names = people.names({row.person_id for row in found}, at=at)
    organs = units.names({row.organ_id for row in found})
    return [
        Reader(
            person_id=row.person_id,
            name=names[row.person_id].name,
            title=names[row.person_id].title,
            organ_id=row.organ_id,
            organ_name=organs[row.organ_id].name,
            kind=row.kind,
            kind_name=AccessKind(row.kind).label,
            first_at=row.first_at,
            last_at=row.last_at,
            count=row.count,
        )
        for row in found
    ]


def to_acknowledge(
    document_id: int, unit_ids: Collection[int], *, at: datetime
) -> list[ToAcknowledge]:
    """The dispatches to these organs that still wait, with whom to tell; without clerks, none."""
    document = Document.objects.select_related("issuing_unit", "number").get(pk=document_id)
    number = document.number
    waiting = Dispatch.objects.filter(
        document=document, unit__in=unit_ids, acknowledged_at__isnull=True
    ).order_by("id")
    found = [
        ToAcknowledge(
            unit_id=row.unit_id,
            title=document.title,
            issuer_name=document.issuing_unit.name,
            number_text=papers.number_text(number.series, number.year, number.serial),
            clerk_ids=appointments.function_holders(row.unit_id, "clerk", at=at),
        )
        for row in waiting
    ]
    return [one for one in found if one.clerk_ids]


def _seen(actor: Actor, document_id: int, at: datetime) -> tuple[policies.Standing, Document]:
    standing = policies.standing_of(actor, at=at)
    document = (
        Document.objects.select_related("issuing_unit")
        .filter(policies.visible(standing), pk=document_id)
        .first()
        if standing is not None
        else None
    )
    if standing is None or document is None:
        raise errors.DocumentNotFound
    return standing, document
