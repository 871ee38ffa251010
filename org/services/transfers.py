"""People are transferred: the main post ends in one place and begins in another, at one instant."""

from dataclasses import dataclass
from datetime import datetime

from core import db
from core.actor import Actor
from org import errors, policies
from org.kinds import AdminRole, AppointmentKind, ChangeKind, PostFunction, RequestKind
from org.models import Appointment, Person, Unit
from org.queries import units
from org.services import changes, requests
from org.writing import guards, tenures


@dataclass(frozen=True, slots=True)
class Destination:
    """Which post somebody takes on, and where."""

    unit_id: int
    title: str
    function: PostFunction
    rank: int | None = None
    office_phone: str = ""


@db.service
def transfer(
    *,
    actor: Actor,
    person_id: int,
    to: Destination,
    now: datetime,
    from_appointment_id: int | None = None,
    effective_at: datetime | None = None,
    basis: str = "",
    reorganisation_id: int | None = None,
    approved_by: int | None = None,
) -> requests.Done | requests.Asked:
    """The person's main post stands in the other unit from the instant on; other posts stay.

    Takes the right over people at both ends; with that at one end alone the other is asked first.
    `from_appointment_id` is the main post that the caller saw: AppointmentChanged where it stands
    no longer, so that of two transfers at once one wins.
    """
    guards.require_other(actor, person_id, errors.OwnAppointment)
    source = _main_post(person_id, at=now)
    asked_of = _other_end(actor, source.unit_id, to.unit_id, approved_by, at=now)
    if asked_of is not None:
        _require_seen(source, from_appointment_id)
        _require_known(actor, source, to, asked_of, at=now)
        return _ask(actor, source, to, asked_of, effective_at, basis, now=now)
    held = _locked(source, to, from_appointment_id, at=now)
    made = _carry_over(held, to, effective_at or now, now=now)
    changes.note(
        actor=actor,
        kind=ChangeKind.TRANSFER,
        unit_id=to.unit_id,
        person_id=person_id,
        before={"unit_id": held.unit_id, "title": held.post.title},
        after=_told(made, to),
        now=now,
        basis=basis,
        reorganisation_id=reorganisation_id,
        approved_by=approved_by,
    )
    return requests.Done(id=made.pk)


def _locked(
    source: Appointment, to: Destination, seen_id: int | None, *, at: datetime
) -> Appointment:
    """The main post, behind both units and the person; somebody else may have been faster."""
    tenures.lock_places([source.unit_id, to.unit_id])
    tenures.lock_units([to.unit_id])
    tenures.lock_person(source.person_id)
    held = _main_post(source.person_id, at=at)
    if held.pk != source.pk:
        raise errors.AppointmentChanged
    _require_seen(held, seen_id)
    return held


def _told(made: Appointment, to: Destination) -> dict[str, object]:
    return {
        "unit_id": to.unit_id,
        "title": to.title,
        "valid_from": made.valid_from.isoformat(),
    }


def _main_post(person_id: int, *, at: datetime) -> Appointment:
    """The main post of the instant; AppointmentNotFound for somebody without one."""
    rows = Appointment.objects.select_related("post").filter(
        person_id=person_id, kind=AppointmentKind.MAIN, valid_from__lte=at
    )
    for held in rows.order_by("-valid_from"):
        if held.valid_to is None or held.valid_to > at:
            return held
    raise errors.AppointmentNotFound


def _require_seen(held: Appointment, appointment_id: int | None) -> None:
    if appointment_id is not None and held.pk != appointment_id:
        raise errors.AppointmentChanged


def _other_end(
    actor: Actor, from_id: int, to_id: int, approved_by: int | None, *, at: datetime
) -> int | None:
    """The end over which the actor has no right and nobody has agreed yet, if any."""
    may_send = policies.may_manage_people(actor, from_id, at=at)
    may_receive = policies.may_manage_people(actor, to_id, at=at)
    if not may_send and not may_receive:
        raise errors.OutOfScope
    if may_send and may_receive:
        return None
    other = to_id if may_send else from_id
    if approved_by is None:
        return other
    if not policies.holds(approved_by, AdminRole.PEOPLE, other, at=at):
        raise errors.OutOfScope
    return None


def _require_known(
    actor: Actor, source: Appointment, to: Destination, asked_of: int, *, at: datetime
) -> None:
    """What the request tells of the other end is not hidden from whoever asks."""
    if asked_of == to.unit_id:
        guards.require_shown(actor, to.unit_id, at=at)
    else:
        guards.require_known(actor, source.person_id, errors.AppointmentNotFound, at=at)


def _carry_over(
    held: Appointment, to: Destination, effective_at: datetime, *, now: datetime
) -> Appointment:
    if held.unit_id == to.unit_id:
        raise errors.SameUnit
    tenures.require_near(effective_at, now=now)
    # At the same instant the former post never was: somebody new is placed in one go.
    if effective_at < held.valid_from:
        raise errors.AppointmentDates(reason="调动须晚于原任职开始的时间")
    tenures.stop(held, at=effective_at, now=now)
    return tenures.begin(
        person_id=held.person_id,
        post=tenures.post(to.unit_id, to.title, to.function, to.rank),
        kind=AppointmentKind.MAIN,
        term=tenures.Term(effective_at),
        now=now,
        office_phone=to.office_phone,
    )


def _ask(
    actor: Actor,
    held: Appointment,
    to: Destination,
    asked_of: int,
    effective_at: datetime | None,
    basis: str,
    *,
    now: datetime,
) -> requests.Asked:
    if held.unit_id == to.unit_id:
        raise errors.SameUnit
    if not Unit.objects.filter(pk=to.unit_id, valid_to__isnull=True).exists():
        raise errors.UnitNotFound
    named = units.names([held.unit_id, to.unit_id])
    person = Person.objects.get(pk=held.person_id)
    summary = (
        f"将{person.name}由“{named[held.unit_id].name}”{held.post.title}"
        f"调动到“{named[to.unit_id].name}”任{to.title}"
    )
    payload = {
        "person_id": held.person_id,
        "from_appointment_id": held.pk,
        "unit_id": to.unit_id,
        "title": to.title,
        "function": to.function.value,
        "rank": to.rank,
        "office_phone": to.office_phone,
        "effective_at": effective_at.isoformat() if effective_at else None,
        "basis": basis,
    }
    return requests.ask(
        actor=actor,
        kind=RequestKind.TRANSFER,
        unit_id=asked_of,
        role=AdminRole.PEOPLE,
        payload=payload,
        summary=summary[:400],
        now=now,
    )
