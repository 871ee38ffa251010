"""People join, what is known of them changes, and phones are shown to those who may see them."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from core import audit, crypto, db
from core.actor import Actor, ActorKind
from org import errors, names, policies
from org.kinds import AppointmentKind, PostFunction
from org.models import Appointment, Person
from org.queries import appointments as appointment_queries
from org.services import _credentials, appointments
from org.writing import guards, search_rows


@dataclass(frozen=True, slots=True)
class Admitted:
    """A new person and the first appointment."""

    person_id: int
    appointment_id: int


@db.service
def admit(
    *,
    actor: Actor,
    name: str,
    unit_id: int,
    title: str,
    function: PostFunction,
    now: datetime,
    phone: str = "",
    job_level: str = "",
    staff_number: str = "",
    order: int | None = None,
    rank: int | None = None,
    office_phone: str = "",
    valid_from: datetime | None = None,
    basis: str = "",
) -> Admitted:
    """A person nobody knew before holds a main appointment in the unit."""
    if not policies.may_manage_people(actor, unit_id, at=now):
        raise errors.OutOfScope
    person = _create(
        name=name, phone=phone, job_level=job_level, staff_number=staff_number, now=now
    )
    appointment_id = appointments.appoint(
        actor=actor,
        person_id=person.pk,
        unit_id=unit_id,
        title=title,
        function=function,
        kind=AppointmentKind.MAIN,
        rank=rank,
        order=order,
        office_phone=office_phone,
        valid_from=valid_from,
        now=now,
        basis=basis,
    )
    _record(actor, "org.person.admitted", person.pk, unit_id, {"name": name}, now=now)
    return Admitted(person_id=person.pk, appointment_id=appointment_id)


@db.service
def update(
    *,
    actor: Actor,
    person_id: int,
    now: datetime,
    name: str | None = None,
    phone: str | None = None,
    job_level: str | None = None,
    staff_number: str | None = None,
) -> None:
    """What is given replaces what was known; the search finds the person by the new name.

    Takes the right over the unit of the main post (the last one, after leaving). One's own record
    is for another administrator to change, the phone number aside.
    """
    person = Person.objects.select_for_update(no_key=True).filter(pk=person_id).first()
    if person is None:
        _permit_update(actor, person_id, is_phone_only=False, at=now)
        raise errors.PersonNotFound
    given = {"name": name, "job_level": job_level, "staff_number": staff_number}
    changed = {
        field: value.strip()
        for field, value in given.items()
        if value is not None and value.strip() != getattr(person, field)
    }
    phone_changed = phone is not None and phone != _phone(person)
    home_id = _permit_update(actor, person_id, is_phone_only=not changed, at=now)
    if not changed and not phone_changed:
        return
    if "staff_number" in changed and actor.person_id != person_id:
        _credentials.permit_naming(actor, person_id, now=now)
    before = {field: getattr(person, field) for field in changed}
    _write(person, changed, phone if phone_changed else None)
    # The number itself is personal data: the log says that it changed, not to what.
    detail = {"before": before, "after": changed, "phone_changed": phone_changed}
    _record(actor, "org.person.updated", person_id, home_id, detail, now=now)


@db.service
def reveal_phone(*, actor: Actor, person_id: int, now: datetime) -> str:
    """The person's whole phone number, and that it was looked at stands in the audit log."""
    if not policies.may_reveal_phone(actor, person_id, at=now):
        raise errors.OutOfScope
    person = Person.objects.filter(pk=person_id).first()
    if person is None:
        raise errors.PersonNotFound
    _record(actor, "org.phone.revealed", person_id, None, {}, now=now)
    return _phone(person)


def _permit_update(
    actor: Actor, person_id: int, *, is_phone_only: bool, at: datetime
) -> int | None:
    home_id = appointment_queries.home_unit(person_id, at=at)
    if actor.person_id == person_id and is_phone_only:
        return home_id
    guards.require_other(actor, person_id, errors.OwnAppointment)
    if actor.kind is ActorKind.SYSTEM:
        return home_id
    if home_id is None or not policies.may_manage_people(actor, home_id, at=at):
        raise errors.OutOfScope
    return home_id


def _write(person: Person, changed: dict[str, str], phone: str | None) -> None:
    for field, value in changed.items():
        setattr(person, field, value)
    if "name" in changed:
        person.pinyin, person.initials = names.reading(person.name)
    if phone is not None:
        person.phone_cipher = crypto.encrypt_text(phone) if phone else None
        person.phone_index = crypto.blind_index(phone) if phone else None
    person.save()
    if "name" in changed:
        held = Appointment.objects.filter(person_id=person.pk).order_by("pk")
        search_rows.write(list(held.values_list("pk", flat=True)))


def _phone(person: Person) -> str:
    return crypto.decrypt_text(bytes(person.phone_cipher)) if person.phone_cipher else ""


def _create(*, name: str, phone: str, job_level: str, staff_number: str, now: datetime) -> Person:
    pinyin, initials = names.reading(name)
    return Person.objects.create(
        public_id=uuid.uuid4(),
        name=name,
        pinyin=pinyin,
        initials=initials,
        phone_cipher=crypto.encrypt_text(phone) if phone else None,
        phone_index=crypto.blind_index(phone) if phone else None,
        job_level=job_level,
        staff_number=staff_number,
        created_at=now,
    )


def _record(
    actor: Actor,
    action: str,
    person_id: int,
    unit_id: int | None,
    detail: dict[str, object],
    *,
    now: datetime,
) -> None:
    audit.record(
        actor=actor,
        action=action,
        object_kind="org.person",
        object_id=person_id,
        unit_id=unit_id,
        now=now,
        detail=detail,
    )
