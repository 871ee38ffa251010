"""People are appointed to posts, appointments change and end."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from core import audit, db
from core.actor import Actor
from org import errors, policies
from org.kinds import AppointmentKind, ChangeKind, PostFunction
from org.models import Appointment, Post
from org.queries import appointments as queries
from org.services import changes
from org.writing import guards, tenures


@dataclass(frozen=True, slots=True)
class _Grounds:
    """On what paper, in which reorganisation, with whose consent."""

    basis: str = ""
    reorganisation_id: int | None = None
    approved_by: int | None = None


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
    order: int | None = None,
    office_phone: str = "",
    valid_from: datetime | None = None,
    valid_to: datetime | None = None,
    basis: str = "",
    reorganisation_id: int | None = None,
    approved_by: int | None = None,
) -> int:
    """The person holds the post for the term, from now on where none is given; returns the id.

    Takes the right over the unit, and over the person where the person serves, or served last.
    """
    if not policies.may_manage_people(actor, unit_id, at=now):
        raise errors.OutOfScope
    tenures.lock_units([unit_id])
    tenures.lock_person(person_id)
    _require_free(actor, person_id, at=now)
    appointment = tenures.begin(
        person_id=person_id,
        post=tenures.post(unit_id, title, function, rank),
        kind=kind,
        term=tenures.term(now=now, valid_from=valid_from, valid_to=valid_to),
        now=now,
        order=order,
        office_phone=office_phone,
    )
    grounds = _Grounds(basis, reorganisation_id, approved_by)
    _note(actor, ChangeKind.APPOINT, appointment, {}, _told(appointment, now), grounds, now)
    return appointment.pk


@db.service
def end(
    *,
    actor: Actor,
    appointment_id: int,
    now: datetime,
    ends_at: datetime | None = None,
    basis: str = "",
    reorganisation_id: int | None = None,
    approved_by: int | None = None,
) -> None:
    """The appointment stands no longer from the instant on (now); it stays in the history.

    An end that was planned is put off or brought forward. One that has not begun by then is gone
    as if it had never been entered; the audit log tells of it.
    """
    at = ends_at or now
    tenures.require_near(at, now=now)
    appointment = _held(actor, appointment_id, at=now)
    told = _told(appointment, now)
    tenures.stop(appointment, at=at, now=now)
    after = {"title": told["title"], "valid_to": at.isoformat()}
    grounds = _Grounds(basis, reorganisation_id, approved_by)
    _note(actor, ChangeKind.END, appointment, told, after, grounds, now)


@db.service
def change(
    *,
    actor: Actor,
    appointment_id: int,
    now: datetime,
    title: str | None = None,
    function: PostFunction | None = None,
    rank: int | None = None,
    order: int | None = None,
    office_phone: str | None = None,
    basis: str = "",
) -> int:
    """The appointment has the order and phone given; returns the id of the one that stands.

    Function and rank are those of a title that the unit does not have yet: PostDiffers.
    What somebody was called stays in the history: another title ends this appointment and begins
    one of the same kind at the same instant.
    """
    appointment = _held(actor, appointment_id, at=now)
    held = appointment.post
    _require_same(held.unit_id, title or held.title, function, rank)
    before = {"title": held.title, **_place(appointment)}
    if order is not None:
        appointment.order = order
    if office_phone is not None:
        appointment.office_phone = office_phone
    appointment.save(update_fields=["order", "office_phone"])
    if title is not None and title != held.title:
        guards.require_other(actor, appointment.person_id, errors.OwnAppointment)
        meant = function or PostFunction(held.function)
        appointment = _go_on(appointment, title, meant, rank, order, now=now)
    after = {"title": title or held.title, **_place(appointment)}
    act = "org.appointment.changed"
    _note(actor, ChangeKind.APPOINT, appointment, before, after, _Grounds(basis), now, act)
    return appointment.pk


@db.service
def reorder(
    *, actor: Actor, appointment_id: int, before_id: int | None, now: datetime
) -> list[int]:
    """The person stands right before the other (None: last) of the same rank in the unit.

    Returns the appointments of the rank in their new order. OtherRank, AppointmentNotFound.
    """
    found = queries.by_id(appointment_id, at=now)
    if found is None or not policies.may_manage_people(actor, found.unit_id, at=now):
        raise errors.OutOfScope
    tenures.lock_units([found.unit_id])
    ranks = queries.ranks_in(found.unit_id, at=now)
    if appointment_id not in ranks or (before_id is not None and before_id not in ranks):
        raise errors.AppointmentNotFound
    if before_id is not None and ranks[before_id] != ranks[appointment_id]:
        raise errors.OtherRank
    peers = [held for held, rank in ranks.items() if rank == ranks[appointment_id]]
    order = _placed(peers, appointment_id, before_id)
    tenures.put_in_order(found.unit_id, order)
    audit.record(
        actor=actor,
        action="org.appointment.reordered",
        object_kind="org.person",
        object_id=found.person_id,
        unit_id=found.unit_id,
        now=now,
        detail={"person_id": found.person_id, "place": order.index(appointment_id) + 1},
    )
    return order


def _require_free(actor: Actor, person_id: int, *, at: datetime) -> None:
    """The person may be appointed by the actor: new, or where the actor administers people."""
    guards.require_other(actor, person_id, errors.OwnAppointment)
    if not policies.may_appoint(actor, person_id, at=at):
        raise errors.OutOfScope
    if queries.of_person(person_id, at=at):
        return
    home_id = queries.home_unit(person_id, at=at)
    if home_id is not None and not policies.may_manage_people(actor, home_id, at=at):
        raise errors.OutOfScope


def _require_same(
    unit_id: int, title: str, function: PostFunction | None, rank: int | None
) -> None:
    """PostDiffers where what is said of a post is not what the unit's post of the title is.

    Others may hold it: who changes it for all of them changes the post.
    """
    for post in Post.objects.filter(unit_id=unit_id, title=title):
        if function not in (None, post.function) or rank not in (None, post.rank):
            raise errors.PostDiffers(title=title)


def _held(actor: Actor, appointment_id: int, *, at: datetime) -> Appointment:
    """The appointment, locked behind its unit and its person; AppointmentNotFound once it ended.

    OutOfScope for another administrator's, and for none at all.
    """
    place = Appointment.objects.filter(pk=appointment_id).values_list("unit_id", "person_id")
    unit_id, person_id = place.first() or (0, 0)
    if not policies.may_manage_people(actor, unit_id, at=at):
        raise errors.OutOfScope
    tenures.lock_places([unit_id])
    tenures.lock_people([person_id])
    appointment = (
        Appointment.objects.select_for_update(no_key=True, of=("self",))
        .select_related("post")
        .filter(pk=appointment_id)
        .first()
    )
    if appointment is None or (appointment.valid_to is not None and appointment.valid_to <= at):
        raise errors.AppointmentNotFound
    return appointment


def _go_on(
    held: Appointment,
    title: str,
    function: PostFunction,
    rank: int | None,
    order: int | None,
    *,
    now: datetime,
) -> Appointment:
    until = held.valid_to
    since = max(now, held.valid_from)
    tenures.stop(held, at=since, now=now)
    return tenures.begin(
        person_id=held.person_id,
        post=tenures.post(held.unit_id, title, function, rank),
        kind=AppointmentKind(held.kind),
        term=tenures.Term(since, until),
        now=now,
        order=order,
        office_phone=held.office_phone,
    )


def _placed(peers: list[int], appointment_id: int, before_id: int | None) -> list[int]:
    rest = [held for held in peers if held != appointment_id]
    at = len(rest) if before_id is None or before_id not in rest else rest.index(before_id)
    return [*rest[:at], appointment_id, *rest[at:]]


def _place(appointment: Appointment) -> dict[str, object]:
    return {"order": appointment.order, "office_phone": appointment.office_phone}


def _told(appointment: Appointment, now: datetime) -> dict[str, object]:
    """What the history says of an appointment; dates only where they were chosen."""
    told: dict[str, object] = {"title": appointment.post.title, "kind": str(appointment.kind)}
    if appointment.valid_from != now:
        told["valid_from"] = appointment.valid_from.isoformat()
    if appointment.valid_to is not None:
        told["valid_to"] = appointment.valid_to.isoformat()
    return told


def _note(
    actor: Actor,
    kind: ChangeKind,
    appointment: Appointment,
    before: Mapping[str, object],
    after: Mapping[str, object],
    grounds: _Grounds,
    now: datetime,
    action: str | None = None,
) -> None:
    changes.note(
        actor=actor,
        kind=kind,
        unit_id=appointment.unit_id,
        person_id=appointment.person_id,
        before=before,
        after=after,
        now=now,
        basis=grounds.basis,
        reorganisation_id=grounds.reorganisation_id,
        approved_by=grounds.approved_by,
        action=action,
    )
