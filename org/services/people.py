"""People join, and their phone numbers are shown to those who may see them."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from core import audit, crypto, db
from core.actor import Actor
from org import errors, names, policies
from org.kinds import AppointmentKind, PostFunction
from org.models import Person
from org.services import appointments


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
    order: int = 0,
) -> Admitted:
    """A person nobody knew before holds a main appointment in the unit."""
    if not policies.may_manage_people(actor, unit_id, at=now):
        raise errors.OutOfScope
    person = _create(name=name, phone=phone, job_level=job_level, now=now)
    appointment_id = appointments.appoint(
        actor=actor,
        person_id=person.pk,
        unit_id=unit_id,
        title=title,
        function=function,
        kind=AppointmentKind.MAIN,
        order=order,
        now=now,
    )
    audit.record(
        actor=actor,
        action="org.person.admitted",
        object_kind="org.person",
        object_id=person.pk,
        unit_id=unit_id,
        now=now,
        detail={"name": name},
    )
    return Admitted(person_id=person.pk, appointment_id=appointment_id)


@db.service
def reveal_phone(*, actor: Actor, person_id: int, now: datetime) -> str:
    """The person's whole phone number, and that it was looked at stands in the audit log."""
    person = Person.objects.filter(pk=person_id).first()
    if person is None:
        raise errors.PersonNotFound
    if not policies.may_reveal_phone(actor, person_id, at=now):
        raise errors.OutOfScope
    audit.record(
        actor=actor,
        action="org.phone.revealed",
        object_kind="org.person",
        object_id=person_id,
        now=now,
    )
    return crypto.decrypt_text(bytes(person.phone_cipher)) if person.phone_cipher else ""


def _create(*, name: str, phone: str, job_level: str, now: datetime) -> Person:
    pinyin, initials = names.reading(name)
    return Person.objects.create(
        public_id=uuid.uuid4(),
        name=name,
        pinyin=pinyin,
        initials=initials,
        phone_cipher=crypto.encrypt_text(phone) if phone else None,
        phone_index=crypto.blind_index(phone) if phone else None,
        job_level=job_level,
        created_at=now,
    )
