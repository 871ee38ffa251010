"""People leave with a list of what is to be handed over, and people who left come back."""

from dataclasses import dataclass
from datetime import datetime

from core import audit, db, events
from core.actor import Actor, ActorKind
from org import errors, policies
from org.events import HandoverSettled, PersonLeft
from org.kinds import (
    AppointmentKind,
    ChangeKind,
    DepartureReason,
    HandoverKind,
    PersonStatus,
    PostFunction,
)
from org.models import Appointment, Handover, HandoverItem, Person
from org.queries import accounts as account_queries
from org.queries import appointments as appointment_queries
from org.queries import departures as queries
from org.services import accounts, appointments, authority, changes
from org.writing import guards, tenures


@dataclass(frozen=True, slots=True)
class Owned:
    """Something of an app that the person who left was in charge of."""

    subject: str
    title: str
    address: str = ""
    advice: str = ""
    """Who must do what, where naming a successor does not settle it."""


@db.service
def leave(
    *,
    actor: Actor,
    person_id: int,
    reason: DepartureReason,
    now: datetime,
    note: str = "",
    basis: str = "",
) -> int:
    """The person belongs to the organisation no longer; returns the handover's id.

    All appointments have ended, the account is disabled with its sessions, every right is revoked.
    Takes the right over people where the main post is (or was last): HoldsGreaterRights.
    """
    home_id = _permit_leave(actor, person_id, at=now)
    person = tenures.lock_person(person_id)
    _require_no_more_rights(actor, person_id, at=now)
    handover = Handover.objects.create(
        person=person,
        unit_id=home_id,
        reason=reason,
        note=note,
        left_at=now,
        opened_by_id=actor.person_id,
    )
    _list_own(handover, at=now)
    ended = _end_everything(actor, person, reason, now=now)
    changes.note(
        actor=actor,
        kind=ChangeKind.END,
        unit_id=home_id,
        person_id=person_id,
        before=ended,
        after={"reason": reason.value, "note": note},
        now=now,
        basis=basis,
        action="org.person.left",
    )
    events.publish(PersonLeft(person_id=person_id, handover_id=handover.pk))
    return handover.pk


@db.service
def rejoin(
    *,
    actor: Actor,
    person_id: int,
    unit_id: int,
    title: str,
    function: PostFunction,
    now: datetime,
    basis: str = "",
) -> int:
    """The person serves again, with a main post in the unit; returns the appointment's id.

    Takes the right over people there and where the person served last. The account stays disabled
    and the rights stay revoked: both are given anew by whoever answers for them.
    """
    _permit(actor, person_id, at=now)
    tenures.lock_places([unit_id])
    person = Person.objects.select_for_update(no_key=True).filter(pk=person_id).first()
    if person is None:
        raise errors.PersonNotFound
    if person.status != PersonStatus.LEFT:
        raise errors.StillServes
    open_one = Handover.objects.filter(person_id=person_id, returned_at__isnull=True)
    if open_one.filter(reason=DepartureReason.DIED).exists():
        raise errors.DiedNoReturn
    person.status = PersonStatus.ACTIVE
    person.save(update_fields=["status"])
    open_one.update(returned_at=now)
    appointment_id = appointments.appoint(
        actor=actor,
        person_id=person_id,
        unit_id=unit_id,
        title=title,
        function=function,
        kind=AppointmentKind.MAIN,
        now=now,
        basis=basis,
    )
    _record(actor, "org.person.returned", person_id, unit_id, {"title": title}, now=now)
    return appointment_id


@db.service
def settle(*, actor: Actor, item_id: int, now: datetime, successor_id: int | None = None) -> None:
    """The item is seen to: by the successor where one is named, else simply done.

    The app that listed it hears of the successor and hands over what can be handed over.
    """
    item = _item(actor, item_id, at=now)
    if successor_id is not None:
        if successor_id == actor.person_id:
            raise errors.OwnSuccession
        guards.require_known(actor, successor_id, errors.SuccessorUnfit, at=now)
        serves = appointment_queries.of_person(successor_id, at=now)
        if successor_id == item.handover.person_id or not serves:
            raise errors.SuccessorUnfit
    item.successor_id = successor_id
    item.done_at = now
    item.done_by_id = actor.person_id
    item.save(update_fields=["successor", "done_at", "done_by"])
    _close_if_done(item.handover, now=now)
    detail: dict[str, object] = {"name": item.title, "person_id": successor_id}
    _note_item(actor, "org.handover.settled", item, detail, now=now)
    if successor_id is not None:
        events.publish(
            HandoverSettled(
                item_id=item.pk,
                kind=item.kind,
                subject=item.subject,
                person_id=item.handover.person_id,
                successor_id=successor_id,
            )
        )


@db.service
def reopen(*, actor: Actor, item_id: int, now: datetime) -> None:
    """The item is to be seen to again; what went over to the successor stays with him."""
    item = _item(actor, item_id, at=now)
    item.successor_id = None
    item.result = ""
    item.done_at = None
    item.done_by_id = None
    item.save(update_fields=["successor", "result", "done_at", "done_by"])
    Handover.objects.filter(pk=item.handover_id).update(closed_at=None)
    _note_item(actor, "org.handover.reopened", item, {"name": item.title}, now=now)


@db.service
def add_owned(
    *, actor: Actor, handover_id: int, kind: HandoverKind, owned: list[Owned], now: datetime
) -> None:
    """The handover lists what an app found in the person's charge; told twice, it stands once.

    Only for the platform itself, on the news that somebody left.
    """
    if actor.kind is not ActorKind.SYSTEM:
        raise errors.OutOfScope
    handover = Handover.objects.select_for_update(no_key=True).filter(pk=handover_id).first()
    if handover is None:
        raise errors.HandoverNotFound
    _add(handover, kind, owned)
    if owned:
        Handover.objects.filter(pk=handover_id).update(closed_at=None)


@db.service
def report(*, actor: Actor, item_id: int, result: str, now: datetime) -> None:
    """The item says what became of it; told twice, or of an item reopened since, nothing changes.

    Only for the platform itself, from the app that listed the item.
    """
    if actor.kind is not ActorKind.SYSTEM:
        raise errors.OutOfScope
    item = _item(actor, item_id, at=now)
    if item.done_at is None or item.result:
        return
    item.result = result[:300]
    item.save(update_fields=["result"])
    detail: dict[str, object] = {"name": item.title, "person_id": item.successor_id}
    _note_item(actor, "org.handover.moved", item, detail | {"result": item.result}, now=now)


def _permit(actor: Actor, person_id: int, *, at: datetime) -> int | None:
    """The unit in whose charge the person is; OutOfScope for other units' administrators."""
    home_id = appointment_queries.home_unit(person_id, at=at)
    if actor.kind is ActorKind.SYSTEM:
        return home_id
    if home_id is None or not policies.may_manage_people(actor, home_id, at=at):
        raise errors.OutOfScope
    return home_id


def _permit_leave(actor: Actor, person_id: int, *, at: datetime) -> int | None:
    """The same, for somebody else than the actor; the units of all posts are locked."""
    guards.require_other(actor, person_id, errors.OwnDeparture)
    home_id = _permit(actor, person_id, at=at)
    places = Appointment.objects.filter(person_id=person_id).values_list("unit_id", flat=True)
    tenures.lock_places(list(places))
    return home_id


def _require_no_more_rights(actor: Actor, person_id: int, *, at: datetime) -> None:
    """Whoever could throw out an administrator above him would be rid of him."""
    if queries.out_of_reach(actor, [person_id], at=at):
        raise errors.HoldsGreaterRights


def _disable(actor: Actor, person_id: int, *, now: datetime) -> None:
    account = account_queries.of_person(person_id)
    if account is not None and account.is_active:
        accounts.close(actor=actor, account_id=account.id, now=now)


def _end_everything(
    actor: Actor, person: Person, why: DepartureReason, *, now: datetime
) -> dict[str, object]:
    """How many appointments, those to come included, and how many rights have ended."""
    _disable(actor, person.pk, now=now)
    held = tenures.lasting(person.pk, at=now)
    for appointment in held:
        tenures.stop(appointment, at=now, now=now)
    revoked = authority.end_of_person(
        actor=actor, person_id=person.pk, reason=str(why.label), now=now
    )
    person.status = PersonStatus.LEFT
    person.save(update_fields=["status"])
    return {"appointments": len(held), "grants": revoked}


def _list_own(handover: Handover, *, at: datetime) -> None:
    """What org itself knows: posts that stand empty now, and rights that are revoked."""
    for kind, owned in queries.own_items(handover.person_id, at=at).items():
        found = [Owned(item.subject, item.title, item.address, item.advice) for item in owned]
        _add(handover, kind, found)
    if not HandoverItem.objects.filter(handover=handover).exists():
        Handover.objects.filter(pk=handover.pk).update(closed_at=at)


def _add(handover: Handover, kind: HandoverKind, owned: list[Owned]) -> None:
    HandoverItem.objects.bulk_create(
        [
            HandoverItem(
                handover=handover,
                kind=kind,
                subject=one.subject[:80],
                title=one.title[:200],
                address=one.address[:200],
                advice=one.advice[:200],
            )
            for one in owned
        ],
        ignore_conflicts=True,
    )


def _item(actor: Actor, item_id: int, *, at: datetime) -> HandoverItem:
    """The item, locked; HandoverNotFound for whoever is not in charge of the person."""
    place = HandoverItem.objects.filter(pk=item_id).values_list("handover_id", flat=True).first()
    if place is None:
        raise errors.HandoverNotFound
    handover = Handover.objects.select_for_update(no_key=True).get(pk=place)
    is_in_charge = actor.kind is ActorKind.SYSTEM or (
        handover.unit_id is not None and policies.may_manage_people(actor, handover.unit_id, at=at)
    )
    if not is_in_charge:
        raise errors.HandoverNotFound
    item = HandoverItem.objects.select_for_update(no_key=True).get(pk=item_id)
    item.handover = handover
    return item


def _close_if_done(handover: Handover, *, now: datetime) -> None:
    if not HandoverItem.objects.filter(handover=handover, done_at__isnull=True).exists():
        Handover.objects.filter(pk=handover.pk).update(closed_at=now)


def _note_item(
    actor: Actor, action: str, item: HandoverItem, detail: dict[str, object], *, now: datetime
) -> None:
    handover = item.handover
    _record(actor, action, handover.person_id, handover.unit_id, detail, now=now)


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
