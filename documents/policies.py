"""Who may see a document, and who may do what to it."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet

from core.actor import Actor
from documents.models import (
    SETTLED,
    Dispatch,
    Document,
    DocumentState,
    IssuingUnit,
    Participant,
)
from org.queries import appointments, units

_LEADING = ("head", "deputy")


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a person stands: the post acted from, and what all her present posts open.

    New drafts belong to the organ of the post acted from. What she may see, acknowledge and
    issue follows from all her posts, so that what is counted for her is also shown to her.
    """

    person_id: int
    unit_id: int
    organ_id: int
    organ_ids: frozenset[int]
    clerk_of: frozenset[int]
    """The organs whose mail she opens."""
    leads: frozenset[int]

    @property
    def registers(self) -> frozenset[int]:
        """Clerks and leaders see all that these organs have signed or been sent."""
        return self.clerk_of | self.leads


def standing_of(actor: Actor, *, at: datetime) -> Standing | None:
    """The actor's standing; None for somebody without a post."""
    if actor.person_id is None or actor.appointment_id is None:
        return None
    posts = appointments.of_person(actor.person_id, at=at)
    acted_from = next((post for post in posts if post.id == actor.appointment_id), None)
    if acted_from is None:
        return None
    organs = _organs(posts)
    if acted_from.unit_id not in organs:
        return None
    return Standing(
        person_id=actor.person_id,
        unit_id=acted_from.unit_id,
        organ_id=organs[acted_from.unit_id],
        organ_ids=frozenset(organs.values()),
        clerk_of=_clerk_of(posts, organs),
        leads=frozenset(
            post.unit_id
            for post in posts
            if post.function in _LEADING and post.unit_id == organs.get(post.unit_id)
        ),
    )


def organs_of(person_id: int, *, at: datetime) -> frozenset[int]:
    """The organs in which the person holds a post."""
    return frozenset(_organs(appointments.of_person(person_id, at=at)).values())


def leads(person_id: int, organ_id: int, *, at: datetime) -> bool:
    """The person is a head or deputy of the organ itself, and may sign for it."""
    return any(
        post.unit_id == organ_id and post.function in _LEADING
        for post in appointments.of_person(person_id, at=at)
    )


def clerk_of(person_id: int, *, at: datetime) -> frozenset[int]:
    """The organs whose mail the person opens, in all present posts."""
    held = appointments.of_person(person_id, at=at)
    posts = [post for post in held if post.function == "clerk"]
    return _clerk_of(posts, _organs(posts)) if posts else frozenset()


def visible(standing: Standing) -> Q:
    """The condition on documents that this person may see.

    One's own; those one is or was asked to review, countersign or sign; for clerks and leaders
    what their organs have signed; what was sent to one's organs: the clerk and the leaders at
    once, everybody else once it is acknowledged.
    """
    asked = Participant.objects.filter(document=OuterRef("pk"), person=standing.person_id)
    seen = Q(drafter=standing.person_id)
    seen |= ~Q(state=DocumentState.DRAFT) & Q(Exists(asked))
    seen |= Q(Exists(received(standing).filter(document=OuterRef("pk"))))
    if standing.registers:
        seen |= Q(issuing_unit__unit__in=standing.registers, state__in=SETTLED)
    return seen


def received(standing: Standing) -> QuerySet[Dispatch]:
    """The dispatches to the person's organs that the person may see."""
    opened = Q(unit__in=standing.organ_ids, acknowledged_at__isnull=False)
    return Dispatch.objects.filter(opened | Q(unit__in=standing.registers))


def waiting(organ_ids: frozenset[int]) -> QuerySet[Dispatch]:
    """The dispatches to the organs that their clerks have yet to acknowledge."""
    return Dispatch.objects.filter(unit__in=organ_ids, acknowledged_at__isnull=True)


def may_draft(standing: Standing | None) -> bool:
    """Whether the organ of the post acted from issues documents."""
    return standing is not None and IssuingUnit.objects.filter(unit=standing.organ_id).exists()


def is_of_issuer(standing: Standing, document: Document) -> bool:
    """The person holds a post in the organ that issues the document."""
    return document.issuing_unit.unit_id in standing.organ_ids


def knows_the_sign_off(standing: Standing, document: Document) -> bool:
    """Who was asked and what was said: for the issuing organ and for those who were asked."""
    if is_of_issuer(standing, document) or document.drafter_id == standing.person_id:
        return True
    return Participant.objects.filter(document=document, person=standing.person_id).exists()


def may_edit(standing: Standing, document: Document) -> bool:
    """The drafter works on the text while she serves in the issuing organ."""
    return is_of_issuer(standing, document) and document.drafter_id == standing.person_id


def may_issue(standing: Standing, document: Document) -> bool:
    """The drafter, while she serves there, or a clerk of the issuing organ issues."""
    is_own_clerk = document.issuing_unit.unit_id in standing.clerk_of
    return is_own_clerk or may_edit(standing, document)


def may_acknowledge(standing: Standing, dispatch: Dispatch) -> bool:
    """A clerk of the organ it was sent to acknowledges."""
    return dispatch.unit_id in standing.clerk_of


def may_see_readers(standing: Standing, document: Document) -> bool:
    """Those who answer for the issue see who read it: drafter, own clerks and leaders."""
    keeps_the_register = document.issuing_unit.unit_id in standing.registers
    return keeps_the_register or may_edit(standing, document)


def _organs(posts: list[appointments.Held]) -> dict[int, int]:
    """The organ of each unit that the posts are in; units that are in none are left out."""
    ways = units.paths({post.unit_id for post in posts})
    above = {
        unit_id: [unit.id for unit in way if unit.kind in units.ORGAN_LIKE]
        for unit_id, way in ways.items()
    }
    return {unit_id: organs[-1] for unit_id, organs in above.items() if organs}


def _clerk_of(posts: list[appointments.Held], organs: dict[int, int]) -> frozenset[int]:
    return frozenset(
        organs[post.unit_id]
        for post in posts
        if post.function == "clerk" and post.unit_id in organs
    )
