"""What a drafter is offered, and what her text would look like."""

from dataclasses import dataclass
from datetime import datetime

from core.actor import Actor
from documents import drafts, errors, papers, policies
from documents.models import Classification, DocumentType, IssuingUnit, Urgency
from documents.queries import contents
from documents.rendering import render
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


def content(draft: drafts.Draft, *, at: datetime) -> papers.Content:
    """What the draft would say; DraftInvalid, RecipientInvalid for what cannot be."""
    if draft.classification not in Classification.values or draft.urgency not in Urgency.values:
        raise errors.DraftInvalid
    main, cc = list(draft.main_unit_ids), list(draft.cc_unit_ids)
    names = _names([*main, *cc], at)
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


def specimen(*, actor: Actor, draft: drafts.Draft, at: datetime) -> tuple[bytes, ...]:
    """The pages of a draft as it is being written, as SVG images; nothing of it is stored.

    What is classified is not even shown.
    """
    drafts.refuse_classified(draft)
    head = desk(actor=actor, at=at).letterhead
    paper = papers.paper(
        content(draft, at=at),
        head,
        number=papers.number_text(head.agency_code, papers.beijing_day(at).year, None),
        dated_on=None,
        printed_on=None,
    )
    return render.preview(paper)


def _names(unit_ids: list[int], at: datetime) -> dict[int, str]:
    """The units' names; RecipientInvalid unless each is a standing organ or region, named once."""
    found = units.standing(unit_ids, at=at)
    is_sound = len(set(unit_ids)) == len(unit_ids) == len(found) and all(
        unit.kind in units.ORGAN_LIKE for unit in found.values()
    )
    if not is_sound:
        raise errors.RecipientInvalid
    return {unit_id: unit.name for unit_id, unit in found.items()}


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
