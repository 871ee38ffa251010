"""What the pages about people share: who may see them, and the choices their forms offer."""

from datetime import datetime

from django.urls import reverse

from core.actor import Actor
from org import errors as org_errors
from org import policies as org_policies
from org.kinds import AppointmentKind, DepartureReason, PostFunction
from org.queries import appointments, units, visibility
from workbench.forms.base import Choices


def unit_in_charge(actor: Actor, unit_id: int, *, at: datetime) -> units.UnitCard:
    """The unit whose people the actor administers; UnitNotFound for any other."""
    if not org_policies.may_manage_people(actor, unit_id, at=at):
        raise org_errors.UnitNotFound
    return units.card(unit_id, at=at, viewer=visibility.viewer_of(actor, at=at))


def home_in_charge(actor: Actor, person_id: int, *, at: datetime) -> int:
    """The unit that has the person in its charge; PersonNotFound unless the actor runs it."""
    home_id = _home(actor, person_id, at=at)
    if home_id is None:
        raise org_errors.PersonNotFound
    return home_id


def is_in_charge(actor: Actor, person_id: int, *, at: datetime) -> bool:
    """The actor runs the unit that has the person in its charge: the person's page opens."""
    return _home(actor, person_id, at=at) is not None


def _home(actor: Actor, person_id: int, *, at: datetime) -> int | None:
    home_id = appointments.home_unit(person_id, at=at)
    if home_id is None or not org_policies.may_manage_people(actor, home_id, at=at):
        return None
    return home_id


def held_in_charge(actor: Actor, appointment_id: int, *, at: datetime) -> appointments.Held:
    """The appointment that stands or is to come; AppointmentNotFound outside the actor's scope."""
    held = appointments.lasting(appointment_id, at=at)
    if held is None or not org_policies.may_manage_people(actor, held.unit_id, at=at):
        raise org_errors.AppointmentNotFound
    return held


def functions() -> Choices:
    """What a post may be for."""
    return [(function.value, str(function.label)) for function in PostFunction]


def kinds() -> Choices:
    """How somebody may stand in a unit."""
    return [(kind.value, str(kind.label)) for kind in AppointmentKind]


def reasons() -> Choices:
    """Why somebody may leave."""
    return [(reason.value, str(reason.label)) for reason in DepartureReason]


def page_of_unit(unit_id: int) -> str:
    """The address of the unit's page."""
    return f"{reverse('administration')}?unit={unit_id}"


def page_of_person(person_id: int) -> str:
    """The address of the person's page."""
    return reverse("administration-person", args=[person_id])
