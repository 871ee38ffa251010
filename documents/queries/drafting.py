"""What a drafter is offered: the letterhead, usual recipients, reviewers and signatories."""

from dataclasses import dataclass
from datetime import datetime

from core.actor import Actor
from documents import errors, papers, policies
from documents.models import IssuingUnit
from documents.queries import contents
from org.queries import appointments, people, units

_OFFERED_AT_MOST = 200


@dataclass(frozen=True, slots=True)
class Offered:
    """A unit or a person to pick."""

    id: int
    name: str
    detail: str


@dataclass(frozen=True, slots=True)
class Desk:
    """The drafter's organ and what is usual there."""

    letterhead: papers.Letterhead
    neighbours: tuple[Offered, ...]


@dataclass(frozen=True, slots=True)
class Circle:
    """Who may review and who may sign in the drafter's organ."""

    reviewers: tuple[Offered, ...]
    signatories: tuple[Offered, ...]


def desk(*, actor: Actor, at: datetime) -> Desk:
    """The desk of the actor's organ; NotAnIssuingUnit if the organ may not issue."""
    standing = policies.standing_of(actor, at=at)
    issuing_unit = IssuingUnit.objects.filter(unit=standing.organ_id).first() if standing else None
    if standing is None or issuing_unit is None:
        raise errors.NotAnIssuingUnit
    organ = units.names([standing.organ_id])[standing.organ_id]
    beside = units.organs_in(organ.parent_id, at=at) if organ.parent_id else []
    return Desk(
        letterhead=contents.letterhead(issuing_unit),
        neighbours=tuple(
            Offered(unit.id, unit.name, unit.short_name) for unit in beside if unit.id != organ.id
        )[:_OFFERED_AT_MOST],
    )


def may_draft(*, actor: Actor, at: datetime) -> bool:
    """Whether the actor's organ may issue documents."""
    standing = policies.standing_of(actor, at=at)
    return standing is not None and IssuingUnit.objects.filter(unit=standing.organ_id).exists()


def circle(*, actor: Actor, at: datetime) -> Circle:
    """The organ's people but the actor as reviewers, and its leaders as signatories."""
    standing = policies.standing_of(actor, at=at)
    if standing is None:
        raise errors.NotAnIssuingUnit
    leaders = dict.fromkeys(
        held.person_id
        for held in appointments.in_unit(standing.organ_id, at=at)
        if held.function in ("head", "deputy")
    )
    colleagues = [
        person_id
        for person_id in _colleagues(standing.organ_id, at)
        if person_id != standing.person_id
    ]
    named = people.names({*leaders, *colleagues}, at=at)
    return Circle(reviewers=_offered(colleagues, named), signatories=_offered(list(leaders), named))


def _colleagues(organ_id: int, at: datetime) -> list[int]:
    """The people of the organ and its inner departments; lower organs are not its people."""
    return list(
        dict.fromkeys(
            person_id
            for function in ("clerk", "deputy", "head", "staff")
            for person_id in appointments.function_holders(organ_id, function, at=at)
        )
    )[:_OFFERED_AT_MOST]


def _offered(person_ids: list[int], named: dict[int, people.PersonName]) -> tuple[Offered, ...]:
    return tuple(
        Offered(person_id, named[person_id].name, named[person_id].title)
        for person_id in person_ids
        if person_id in named
    )
