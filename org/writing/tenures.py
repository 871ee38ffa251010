"""Writes appointments: they begin, end and change here, whichever service asks for it.

Whatever is derived from an appointment is kept in step: the search row, the headcounts, the news
that it ended. Rights are the services' matter; each function runs in their transaction.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import IntegrityError, transaction
from django.db.models import Max

from core import events
from org import errors
from org.events import AppointmentEnded, AppointmentsBegan
from org.kinds import AppointmentKind, PersonStatus, PostFunction
from org.models import Appointment, Person, Post, Unit
from org.writing import headcounts, search_rows

RANKS: Final = {
    PostFunction.HEAD: 10,
    PostFunction.DEPUTY: 20,
    PostFunction.CLERK: 60,
    PostFunction.STAFF: 80,
}
STEP: Final = 10
"""Between the orders of neighbours, so that one can be put between two."""
BACK_AT_MOST: Final = timedelta(days=92)
"""Papers arrive late, but who belonged where decides what he may read: not by years."""
AHEAD_AT_MOST: Final = timedelta(days=366)
PLANNED_AT_MOST: Final = timedelta(days=366 * 60)
_TOLD_TOGETHER: Final = 500


@dataclass(frozen=True, slots=True)
class Term:
    """From when until (not including) when; None: until somebody ends it."""

    valid_from: datetime
    valid_to: datetime | None = None


def term(*, now: datetime, valid_from: datetime | None, valid_to: datetime | None) -> Term:
    """The term that was asked for, from now where nothing is said; AppointmentDates."""
    begins = valid_from or now
    require_near(begins, now=now)
    if valid_to is not None and valid_to <= begins:
        raise errors.AppointmentDates(reason="结束须晚于开始")
    if valid_to is not None and valid_to > now + PLANNED_AT_MOST:
        raise errors.AppointmentDates(reason="结束时间太远")
    return Term(begins, valid_to)


def require_near(at: datetime, *, now: datetime) -> None:
    """AppointmentDates for an instant too long past or too far ahead to appoint or end at."""
    if at < now - BACK_AT_MOST:
        raise errors.AppointmentDates(reason=f"最多补办 {BACK_AT_MOST.days} 天以内的任免")
    if at > now + AHEAD_AT_MOST:
        raise errors.AppointmentDates(reason=f"最多提前 {AHEAD_AT_MOST.days} 天办理")


def lock_units(unit_ids: Iterable[int]) -> dict[int, Unit]:
    """The units, locked in order of id; UnitNotFound, UnitAbolished."""
    wanted = sorted(set(unit_ids))
    rows = Unit.objects.select_for_update(no_key=True).filter(pk__in=wanted).order_by("pk")
    found = {unit.pk: unit for unit in rows}
    if len(found) < len(wanted):
        raise errors.UnitNotFound
    if any(unit.valid_to is not None for unit in found.values()):
        raise errors.UnitAbolished
    return found


def lock_places(unit_ids: Iterable[int]) -> None:
    """The units are locked in order of id, abolished or not."""
    wanted = sorted(set(unit_ids))
    rows = Unit.objects.select_for_update(no_key=True).filter(pk__in=wanted).order_by("pk")
    list(rows.values_list("pk", flat=True))


def lock_people(person_ids: Iterable[int]) -> None:
    """The people are locked in order of id, whether they serve or have left."""
    wanted = sorted(set(person_ids))
    rows = Person.objects.select_for_update(no_key=True).filter(pk__in=wanted).order_by("pk")
    list(rows.values_list("pk", flat=True))


def lock_careers(person_ids: Iterable[int], *, unit_ids: Iterable[int] = ()) -> None:
    """All units where the people ever had a post, and those named, are locked; then the people.

    For whoever goes on to appoint, move or end several of them: one lock after the other, in the
    order in which they come up, would wait in a circle with somebody else.
    """
    wanted = sorted(set(person_ids))
    held = Appointment.objects.filter(person_id__in=wanted).values_list("unit_id", flat=True)
    lock_places([*unit_ids, *held])
    lock_people(wanted)


def lock_person(person_id: int) -> Person:
    """The person, locked: all that changes where somebody serves queues up here."""
    person = Person.objects.select_for_update(no_key=True).filter(pk=person_id).first()
    if person is None or person.status != PersonStatus.ACTIVE:
        raise errors.PersonNotFound
    return person


def post(unit_id: int, title: str, function: PostFunction, rank: int | None = None) -> Post:
    """The unit's post of this title, set up where it has none."""
    given = {"function": function, "rank": RANKS[function] if rank is None else rank}
    found, _ = Post.objects.get_or_create(unit_id=unit_id, title=title, defaults=given)
    return found


def begin(
    *,
    person_id: int,
    post: Post,
    kind: AppointmentKind,
    term: Term,
    now: datetime,
    order: int | None = None,
    office_phone: str = "",
) -> Appointment:
    """The person holds the post for the term, behind all of its rank where no order is given.

    The news reaches its handlers when the term begins.
    AppointmentDates where the unit was not there yet, MainAppointmentExists, AlreadyAppointed.
    """
    _require_founded(post.unit_id, term, now=now)
    appointment = Appointment(
        person_id=person_id,
        post=post,
        unit_id=post.unit_id,
        kind=kind,
        order=_last_of_rank(post) + STEP if order is None else order,
        office_phone=office_phone,
        valid_from=term.valid_from,
        valid_to=term.valid_to,
    )
    try:
        with transaction.atomic():
            appointment.save(force_insert=True)
    except IntegrityError as clash:
        raise _refusal_of(clash) from clash
    search_rows.write([appointment.pk])
    headcounts.note_appointment(after=headcounts.term(appointment))
    tell_begun([person_id], at=term.valid_from if term.valid_from > now else None)
    tell_planned_end(appointment)
    return appointment


def stop(appointment: Appointment, *, at: datetime, now: datetime) -> None:
    """The appointment ends at the instant; one that has not begun and would not never was.

    The caller holds the row. The news reaches its handlers when the end does.
    AppointmentDates for an end before somebody began who serves already: what was is not undone.
    MainAppointmentExists, AlreadyAppointed where the end is put off beyond what is to come.
    """
    before = headcounts.term(appointment)
    if appointment.valid_from >= at:
        if appointment.valid_from < now:
            raise errors.AppointmentDates(reason="结束须晚于开始")
        appointment.delete()
        headcounts.note_appointment(before=before)
        return
    appointment.valid_to = at
    try:
        with transaction.atomic():
            appointment.save(update_fields=["valid_to"])
    except IntegrityError as clash:
        raise _refusal_of(clash) from clash
    headcounts.note_appointment(before=before, after=headcounts.term(appointment))
    _tell(appointment, at=at if at > now else None)


def tell_planned_end(appointment: Appointment) -> None:
    """The news that a new appointment ends reaches its handlers when it does; none is no news."""
    if appointment.valid_to is not None:
        _tell(appointment, at=appointment.valid_to)


def tell_begun(person_ids: Sequence[int], *, at: datetime | None = None) -> None:
    """It is known that the people hold new posts, from the instant on or already."""
    for start in range(0, len(person_ids), _TOLD_TOGETHER):
        batch = tuple(person_ids[start : start + _TOLD_TOGETHER])
        events.publish(AppointmentsBegan(person_ids=batch), due_at=at)


def lasting(person_id: int, *, at: datetime) -> list[Appointment]:
    """The person's appointments that stand at the instant or are still to come, locked."""
    rows = Appointment.objects.select_for_update(no_key=True).filter(person_id=person_id)
    return [held for held in rows.order_by("pk") if held.valid_to is None or held.valid_to > at]


def put_in_order(unit_id: int, appointment_ids: Collection[int]) -> None:
    """The appointments of one rank of the unit stand in the order given."""
    places = {held: place * STEP for place, held in enumerate(appointment_ids, start=1)}
    moved = list(Appointment.objects.filter(pk__in=places, unit_id=unit_id).order_by("pk"))
    for appointment in moved:
        appointment.order = places[appointment.pk]
    Appointment.objects.bulk_update(moved, ["order"], batch_size=500)


def _require_founded(unit_id: int, term: Term, *, now: datetime) -> None:
    """Nobody belonged to a unit that was not there; what begins now or later is under its lock."""
    if term.valid_from >= now:
        return
    founded = Unit.objects.values_list("valid_from", flat=True).get(pk=unit_id)
    if term.valid_from < founded:
        raise errors.AppointmentDates(reason="任职不能早于单位设立")


def _last_of_rank(post: Post) -> int:
    here = Appointment.objects.filter(unit_id=post.unit_id, post__rank=post.rank)
    last: int | None = here.aggregate(last=Max("order"))["last"]
    return -STEP if last is None else last


def _tell(appointment: Appointment, *, at: datetime | None) -> None:
    ended = AppointmentEnded(appointment_id=appointment.pk, person_id=appointment.person_id)
    events.publish(ended, due_at=at)


def _refusal_of(clash: IntegrityError) -> errors.MainAppointmentExists | errors.AlreadyAppointed:
    if "org_appointment_one_main" in str(clash):
        return errors.MainAppointmentExists()
    if "org_appointment_no_overlap" in str(clash):
        return errors.AlreadyAppointed()
    raise clash
