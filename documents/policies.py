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
    Participant,
)
from org.queries import appointments, units

_LEADING = ("head", "deputy")


@dataclass(frozen=True, slots=True)
class Standing:
    """From where a person acts: the organ of the post, and whether it opens the organ's mail."""

    person_id: int
    unit_id: int
    organ_id: int
    organ_name: str
    is_clerk: bool
    leads: bool

    @property
    def keeps_the_register(self) -> bool:
        """Clerks and leaders see all that their organ has signed or been sent."""
        return self.is_clerk or self.leads


def standing_of(actor: Actor, *, at: datetime) -> Standing | None:
    """The actor's standing by the post acted from; None for somebody without one."""
    if actor.person_id is None or actor.appointment_id is None:
        return None
    held = appointments.by_id(actor.appointment_id, at=at)
    if held is None:
        return None
    organ = units.organ_of(held.unit_id)
    return Standing(
        person_id=actor.person_id,
        unit_id=held.unit_id,
        organ_id=organ.id,
        organ_name=organ.name,
        is_clerk=held.function == "clerk",
        leads=held.function in _LEADING and held.unit_id == organ.id,
    )


def visible(standing: Standing) -> Q:
    """The condition on documents that this person may see.

    One's own; those one is or was asked to review, countersign or sign; for clerks and leaders
    what their organ has signed; what was sent to one's organ: the clerk and the leaders at once,
    everybody else once it is acknowledged.
    """
    asked = Participant.objects.filter(document=OuterRef("pk"), person=standing.person_id)
    seen = Q(drafter=standing.person_id)
    seen |= ~Q(state=DocumentState.DRAFT) & Q(Exists(asked))
    seen |= Q(Exists(received(standing).filter(document=OuterRef("pk"))))
    if standing.keeps_the_register:
        seen |= Q(issuing_unit__unit=standing.organ_id, state__in=SETTLED)
    return seen


def received(standing: Standing) -> QuerySet[Dispatch]:
    """The dispatches to the person's organ that the person may see."""
    sent = Dispatch.objects.filter(unit=standing.organ_id)
    return sent if standing.keeps_the_register else sent.filter(acknowledged_at__isnull=False)


def may_edit(standing: Standing, document: Document) -> bool:
    """The drafter works on the text."""
    return document.drafter_id == standing.person_id


def may_issue(standing: Standing, document: Document) -> bool:
    """The drafter or a clerk of the issuing organ numbers, prints and dispatches."""
    is_own_clerk = standing.is_clerk and document.issuing_unit.unit_id == standing.organ_id
    return document.drafter_id == standing.person_id or is_own_clerk


def may_acknowledge(standing: Standing, dispatch: Dispatch) -> bool:
    """A clerk of the organ it was sent to acknowledges."""
    return standing.is_clerk and dispatch.unit_id == standing.organ_id


def may_see_readers(standing: Standing, document: Document) -> bool:
    """Those who answer for the issue see who read it: drafter, own clerks and leaders."""
    is_own = document.issuing_unit.unit_id == standing.organ_id
    return document.drafter_id == standing.person_id or (is_own and standing.keeps_the_register)
