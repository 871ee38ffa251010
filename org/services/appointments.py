"""People are appointed to posts, and appointments end."""

from collections.abc import Mapping
from datetime import datetime

from django.db import IntegrityError, transaction

from core import audit, db
from core.actor import Actor
from org import errors, policies, search_rows
from org.kinds import AppointmentKind, PersonStatus, PostFunction
from org.models import Appointment, Person, Post, Unit

RANKS = {
    PostFunction.HEAD: 10,
    PostFunction.DEPUTY: 20,
    PostFunction.CLERK: 60,
    PostFunction.STAFF: 80,
}


@db.service
def appoint(
    *,
    actor: Actor,
    person_id: int,
    unit_id: int,
    title: str,
    function: PostFunction,
    now: datetime,
    kind: AppointmentKind = AppointmentKind.MAIN,
    rank: int | None = None,
    order: int = 0,
    office_phone: str = "",
) -> int:
    """The person holds the post in the unit from now on; returns the appointment's id.

    Takes the right over the unit, and over the person where the person already serves somewhere.
    A post of this title is set up in the unit if it has none.
    """
    if not policies.may_manage_people(actor, unit_id, at=now):
        raise errors.OutOfScope
    _lock_unit(unit_id)
    _lock_person(person_id)
    if not policies.may_appoint(actor, person_id, at=now):
        raise errors.OutOfScope
    post = _post(unit_id, title, function, rank)
    appointment = Appointment(
        person_id=person_id,
        post=post,
        unit_id=unit_id,
        kind=kind,
        order=order,
        office_phone=office_phone,
        valid_from=now,
    )
    _insert(appointment)
    search_rows.write([appointment.pk])
    detail = {"person_id": person_id, "title": title, "kind": kind.value}
    _record(actor, "org.appointment.made", appointment, now, detail)
    return appointment.pk


@db.service
def end(*, actor: Actor, appointment_id: int, now: datetime) -> None:
    """The appointment stands no longer from now on; it stays in the history."""
    appointment = (
        Appointment.objects.select_for_update(no_key=True).filter(pk=appointment_id).first()
    )
    if appointment is None or appointment.valid_to is not None:
        raise errors.AppointmentNotFound
    if not policies.may_manage_people(actor, appointment.unit_id, at=now):
        raise errors.OutOfScope
    Appointment.objects.filter(pk=appointment_id).update(valid_to=now)
    detail = {"person_id": appointment.person_id}
    _record(actor, "org.appointment.ended", appointment, now, detail)


def _lock_unit(unit_id: int) -> None:
    unit = Unit.objects.select_for_update(no_key=True).filter(pk=unit_id).first()
    if unit is None:
        raise errors.UnitNotFound
    if unit.valid_to is not None:
        raise errors.UnitAbolished


def _lock_person(person_id: int) -> None:
    person = Person.objects.select_for_update(no_key=True).filter(pk=person_id).first()
    if person is None or person.status != PersonStatus.ACTIVE:
        raise errors.PersonNotFound


def _post(unit_id: int, title: str, function: PostFunction, rank: int | None) -> Post:
    given = {"function": function, "rank": RANKS[function] if rank is None else rank}
    post, _ = Post.objects.get_or_create(unit_id=unit_id, title=title, defaults=given)
    return post


def _insert(appointment: Appointment) -> None:
    try:
        with transaction.atomic():
            appointment.save(force_insert=True)
    except IntegrityError as clash:
        raise _refusal_of(clash) from clash


def _record(
    actor: Actor,
    action: str,
    appointment: Appointment,
    now: datetime,
    detail: Mapping[str, object],
) -> None:
    audit.record(
        actor=actor,
        action=action,
        object_kind="org.appointment",
        object_id=appointment.pk,
        unit_id=appointment.unit_id,
        now=now,
        detail=detail,
    )


def _refusal_of(clash: IntegrityError) -> errors.MainAppointmentExists | errors.AlreadyAppointed:
    if "org_appointment_one_main" in str(clash):
        return errors.MainAppointmentExists()
    if "org_appointment_no_overlap" in str(clash):
        return errors.AlreadyAppointed()
    raise clash
