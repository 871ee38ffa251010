"""Writes a plan for people in bulk; org.services.imports holds the transaction and the rights."""

import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime, time
from typing import Any, Final

from django.db.models import Max
from django.utils import timezone

from core import crypto, events
from core.actor import Actor
from org import names
from org.events import AppointmentEnded
from org.exchange.people_plan import Begin, PeoplePlan, PersonAct
from org.kinds import AppointmentKind, ChangeKind, DepartureReason, PostFunction
from org.models import Appointment, OrgChange, Person, Post, Unit
from org.services import departures
from org.writing import headcounts, search_rows, tenures

BATCH: Final = 1_000
Tell = Callable[[int, int], None]
"""Takes how many are done of how many; raises where the import was cancelled meanwhile."""


def lock(plan: PeoplePlan) -> None:
    """Units first, then people, each in order of id, as everybody who appoints does."""
    units = {begin.unit_id for act in plan.acts for begin in act.begins}
    units |= {end.unit_id for act in plan.acts for end in act.ends}
    # Whoever leaves does so everywhere: all of his units come before anybody's row.
    leaving = [act.person_id for act in plan.acts if act.leaves and act.person_id]
    held = Appointment.objects.filter(person_id__in=leaving).values_list("unit_id", flat=True)
    tenures.lock_places(units.union(held))
    tenures.lock_units(units)
    tenures.lock_people(act.person_id for act in plan.acts if act.person_id)


def write(
    plan: PeoplePlan,
    *,
    actor: Actor,
    approved_by: int | None,
    basis: str,
    now: datetime,
    tell: Tell,
) -> None:
    """All of the plan is done: people, posts, appointments, search rows, headcounts, history."""
    going = [act for act in plan.acts if act.leaves]
    staying = [act for act in plan.acts if not act.leaves]
    total = len(plan.acts) * 2
    people = _people(staying, now=now)
    tell(len(staying), total)
    _end(staying, now=now)
    _adjust(staying)
    begun = _begin(staying, people, now=now)
    tell(len(staying) * 2, total)
    _note(staying, people, begun, actor=actor, approved_by=approved_by, basis=basis, now=now)
    for done, act in enumerate(going, start=1):
        if act.person_id is not None:
            departures.leave(
                actor=actor,
                person_id=act.person_id,
                reason=DepartureReason.MOVED_AWAY,
                note="全量同步：名单中没有",
                basis=basis,
                now=now,
            )
        tell(len(staying) * 2 + done * 2, total)
    tell(total, total)


def _people(acts: Sequence[PersonAct], *, now: datetime) -> dict[int, int]:
    """Row → person, the new ones made and the known ones changed."""
    new = [act for act in acts if act.person_id is None]
    made = Person.objects.bulk_create((_person(act, now) for act in new), batch_size=BATCH)
    changed = {act.person_id: act.details for act in acts if act.person_id and act.details}
    held = list(Person.objects.filter(pk__in=changed).order_by("pk"))
    for person in held:
        _change(person, changed[person.pk])
    fields = ["name", "pinyin", "initials", "phone_cipher", "phone_index", "staff_number",
              "job_level"]  # fmt: skip
    Person.objects.bulk_update(held, fields, batch_size=BATCH)
    renamed = [person.pk for person in held if "name" in changed[person.pk]]
    appointments = Appointment.objects.filter(person_id__in=renamed)
    search_rows.write(list(appointments.values_list("pk", flat=True)))
    rows = {act.row: person.pk for act, person in zip(new, made, strict=True)}
    return rows | {act.row: act.person_id for act in acts if act.person_id}


def _person(act: PersonAct, now: datetime) -> Person:
    person = Person(public_id=uuid.uuid4(), created_at=now)
    _change(person, act.details)
    return person


def _change(person: Person, details: dict[str, str]) -> None:
    if name := details.get("name"):
        person.name = name
        person.pinyin, person.initials = names.reading(name)
    if phone := details.get("phone"):
        person.phone_cipher = crypto.encrypt_text(phone)
        person.phone_index = crypto.blind_index(phone)
    person.staff_number = details.get("staff_number", person.staff_number)
    person.job_level = details.get("job_level", person.job_level)


def _end(acts: Sequence[PersonAct], *, now: datetime) -> None:
    ids = [end.appointment_id for act in acts for end in act.ends]
    held = list(Appointment.objects.select_for_update(no_key=True).filter(pk__in=ids))
    befores = [headcounts.term(appointment) for appointment in held]
    for appointment in held:
        appointment.valid_to = now
    Appointment.objects.bulk_update(held, ["valid_to"], batch_size=BATCH)
    afters = [headcounts.term(appointment) for appointment in held]
    headcounts.note_appointments(zip(befores, afters, strict=True))
    for appointment in held:
        events.publish(
            AppointmentEnded(appointment_id=appointment.pk, person_id=appointment.person_id)
        )


def _adjust(acts: Sequence[PersonAct]) -> None:
    wanted = {adjust.appointment_id: adjust for act in acts for adjust in act.adjusts}
    held = list(Appointment.objects.select_for_update(no_key=True).filter(pk__in=wanted))
    for appointment in held:
        appointment.order = wanted[appointment.pk].order
        appointment.office_phone = wanted[appointment.pk].office_phone
    Appointment.objects.bulk_update(held, ["order", "office_phone"], batch_size=BATCH)


def _begin(acts: Sequence[PersonAct], people: dict[int, int], *, now: datetime) -> dict[int, int]:
    """Row → appointment."""
    begins = [(people[act.row], begin) for act in acts for begin in act.begins]
    posts = _posts(begin for _, begin in begins)
    founded = dict(
        Unit.objects.filter(pk__in={begin.unit_id for _, begin in begins}).values_list(
            "pk", "valid_from"
        )
    )
    orders = _Orders({begin.unit_id for _, begin in begins})
    made = Appointment.objects.bulk_create(
        (
            Appointment(
                person_id=person_id,
                post=posts[begin.unit_id, begin.title],
                unit_id=begin.unit_id,
                kind=begin.kind,
                order=orders.of(posts[begin.unit_id, begin.title], begin.order),
                office_phone=begin.office_phone,
                valid_from=max(_start(begin.since, now), founded[begin.unit_id]),
                valid_to=begin.until,
            )
            for person_id, begin in begins
        ),
        batch_size=BATCH,
    )
    search_rows.write([appointment.pk for appointment in made])
    headcounts.note_appointments((None, headcounts.term(one)) for one in made)
    for one in made:
        tenures.tell_planned_end(one)
    tenures.tell_begun(sorted({person_id for person_id, _ in begins}))
    return {begin.row: one.pk for (_, begin), one in zip(begins, made, strict=True)}


def _start(since: date | None, now: datetime) -> datetime:
    if since is None:
        return now
    return min(now, timezone.make_aware(datetime.combine(since, time())))


def _posts(begins: Iterable[Begin]) -> dict[tuple[int, str], Post]:
    wanted = {(begin.unit_id, begin.title): begin.function for begin in begins}
    units = {unit_id for unit_id, _ in wanted}

    def held() -> dict[tuple[int, str], Post]:
        rows = Post.objects.filter(unit_id__in=units)
        return {(post.unit_id, post.title): post for post in rows}

    missing = wanted.keys() - held().keys()
    Post.objects.bulk_create(
        (
            Post(
                unit_id=unit_id,
                title=title,
                function=wanted[unit_id, title],
                rank=tenures.RANKS[PostFunction(wanted[unit_id, title])],
            )
            for unit_id, title in sorted(missing)
        ),
        batch_size=BATCH,
    )
    return held()


class _Orders:
    """Whoever has no place of his own stands behind all of the same rank in the unit."""

    def __init__(self, unit_ids: Iterable[int]) -> None:
        rows = (
            Appointment.objects.filter(unit_id__in=set(unit_ids))
            .values_list("unit_id", "post__rank")
            .annotate(last=Max("order"))
            .order_by()
        )
        self._last = {(unit_id, rank): last for unit_id, rank, last in rows}

    def of(self, post: Post, asked: int | None) -> int:
        """The order asked for, or the next that is free."""
        place = (post.unit_id, post.rank)
        given = self._last.get(place, -tenures.STEP) + tenures.STEP if asked is None else asked
        self._last[place] = max(given, self._last.get(place, given))
        return given


def _note(
    acts: Sequence[PersonAct],
    people: dict[int, int],
    begun: dict[int, int],
    *,
    actor: Actor,
    approved_by: int | None,
    basis: str,
    now: datetime,
) -> None:
    """History knows each change; the audit log has one entry for the whole file."""
    OrgChange.objects.bulk_create(
        (
            OrgChange(
                person_id=people[act.row] if act.row else act.person_id,
                actor_person_id=actor.person_id,
                actor_name=actor.name[:80],
                approved_by_id=approved_by,
                basis=basis,
                effective_at=now,
                **change,
            )
            for act in acts
            for change in _changes(act, begun)
        ),
        batch_size=BATCH,
    )


def _changes(act: PersonAct, begun: dict[int, int]) -> Iterator[dict[str, Any]]:
    """What history is told of one person: kind, unit, before, after."""
    here = {(end.unit_id, end.kind): end for end in act.ends}
    retitled = {(one.unit_id, one.kind) for one in act.begins} & here.keys()
    ends = [end for end in act.ends if (end.unit_id, end.kind) not in retitled]
    begins = [one for one in act.begins if (one.unit_id, one.kind) not in retitled]
    for begin in act.begins:
        if (begin.unit_id, begin.kind) in retitled:
            # The same place under another title is a change, as when a person enters it.
            was = {"title": here[begin.unit_id, begin.kind].title}
            now_is = {"appointment_id": begun[begin.row], "title": begin.title}
            yield {"kind": ChangeKind.APPOINT, "unit_id": begin.unit_id, "before": was,
                   "after": now_is}  # fmt: skip
    going_on = {end.kind for end in ends} & {begin.kind for begin in begins}
    is_transfer = AppointmentKind.MAIN.value in going_on
    for end in ends:
        if not (is_transfer and end.kind == AppointmentKind.MAIN):
            before = {"appointment_id": end.appointment_id, "kind": end.kind}
            yield {"kind": ChangeKind.END, "unit_id": end.unit_id, "before": before, "after": {}}
    for begin in begins:
        after = {"appointment_id": begun[begin.row], "unit_id": begin.unit_id,
                 "title": begin.title, "kind": begin.kind}  # fmt: skip
        told: dict[str, Any] = {"unit_id": begin.unit_id, "after": after}
        if is_transfer and begin.kind == AppointmentKind.MAIN:
            left = next(end for end in ends if end.kind == AppointmentKind.MAIN)
            before = {"appointment_id": left.appointment_id, "unit_id": left.unit_id}
            yield {"kind": ChangeKind.TRANSFER, "before": before, **told}
        else:
            yield {"kind": ChangeKind.APPOINT, "before": {}, **told}
    if act.person_id and act.details:
        # That a number changed is told, never the number.
        hidden = {key: "" if key == "phone" else text for key, text in act.details.items()}
        yield {"kind": ChangeKind.UPDATE, "unit_id": None, "before": {}, "after": hidden}
