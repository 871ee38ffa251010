"""Units become one, and one gives off others: with their parts, their people and their rights."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from django.db.models import Q

from core import audit, db
from core.actor import Actor
from org import errors, policies, tree
from org.kinds import AdminRole, ChangeKind, RequestKind, UnitKind
from org.models import AdminGrant, Unit
from org.queries import impact, namesakes, obstacles
from org.queries import units as queries
from org.queries.obstacles import Part
from org.services import changes, requests
from org.services.requests import Asked
from org.writing import founding, guards, inheritance, pasts, relocation
from org.writing.inheritance import Carried, Passed
from org.writing.orders import Order


@dataclass(frozen=True, slots=True)
class NewUnit:
    """The unit that merged units become; it stands where the first of them stood."""

    name: str
    short_name: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class Merged:
    """The unit that goes on, how many units came below it and how many people into it."""

    unit_id: int
    units: int
    people: int


@dataclass(frozen=True, slots=True)
class Split:
    """The units that were given off, in the order asked for."""

    unit_ids: tuple[int, ...]


@db.service
def merge(
    *,
    actor: Actor,
    unit_ids: Sequence[int],
    now: datetime,
    into_id: int | None = None,
    new: NewUnit | None = None,
    basis: str = "",
    reorganisation_id: int | None = None,
    approved_by: int | None = None,
) -> Merged | Asked:
    """What stood below the units and who served in them goes over; they stand no longer.

    Into a unit that stands, or into a new one beside the first. Takes the right over what is above
    all of them and over the unit that goes on; a second person for organs, regions and more than
    fifty people. Posts keep their titles; rights pass as `inheritance.pass_rights` says.
    """
    order = Order(actor, now, basis, reorganisation_id, approved_by)
    if (into_id is None) == (new is None):
        raise errors.NothingToMerge
    _permit(actor, unit_ids, into_id, at=now)
    tree.hold_all(subtrees=unit_ids, units=[into_id] if into_id else [])
    merged = _permit(actor, unit_ids, into_id, at=now)
    obstacles.raise_first(obstacles.to_merge(unit_ids, into_id, at=now))
    if approved_by is None and _takes_two(actor, merged, at=now):
        return _ask_to_merge(order, merged, into_id, new)
    return _merge(order, merged, into_id, new)


@db.service
def split(
    *,
    actor: Actor,
    unit_id: int,
    new_units: Sequence[Part],
    now: datetime,
    basis: str = "",
    reorganisation_id: int | None = None,
    approved_by: int | None = None,
) -> Split | Asked:
    """New units stand beside the unit, each with the parts and people it was given.

    The unit goes on with the rest. Takes the right over the unit above; more than fifty people
    take a second person. Rights over parts that move go with them, none are given over new units.
    """
    order = Order(actor, now, basis, reorganisation_id, approved_by)
    guards.leaving(actor, unit_id, at=now)
    tree.hold_all(subtrees=[unit_id])
    unit = guards.leaving(actor, unit_id, at=now)
    obstacles.raise_first(obstacles.to_split(unit_id, new_units, at=now))
    people = impact.impact_of_split(unit_id, parts=new_units, at=now).people
    if approved_by is None and policies.needs_second_person(
        actor, RequestKind.MASS_CHANGE, people=people
    ):
        return _ask_to_split(order, unit, new_units)
    given = _give_off(unit, new_units, at=now)
    for new, parts, carried in given:
        _note_new(order, new)
        _note_parts(order, parts, new.pk)
        _note_people(order, carried, new.pk)
    ids = [new.pk for new, _, _ in given]
    changes.note(
        **order.told, kind=ChangeKind.SPLIT, unit_id=unit_id, before={}, after={"new_ids": ids}
    )
    return Split(unit_ids=tuple(ids))


def _permit(
    actor: Actor, unit_ids: Sequence[int], into_id: int | None, *, at: datetime
) -> list[Unit]:
    merged = [guards.leaving(actor, unit_id, at=at) for unit_id in unit_ids]
    if not merged:
        raise errors.NothingToMerge
    if into_id is not None:
        guards.permit(actor, into_id, at=at)
        guards.standing(into_id)
    return merged


def _takes_two(actor: Actor, merged: Sequence[Unit], *, at: datetime) -> bool:
    people = impact.touched([unit.pk for unit in merged], at=at).people
    if policies.merger_takes_two(actor, {unit.kind for unit in merged}, people=people):
        return True
    # Rights over what is merged go on over the whole: as much as granting them there.
    stands = Q(valid_until__isnull=True) | Q(valid_until__gt=at)
    roots = [unit.pk for unit in merged]
    passed = AdminGrant.objects.filter(stands, root_id__in=roots, revoked_at__isnull=True)
    level = min(unit.level for unit in merged)
    return any(
        policies.needs_second_person(actor, RequestKind.GRANT, role=AdminRole(role), level=level)
        for role in passed.values_list("role", flat=True)
    )


def _merge(
    order: Order, merged: Sequence[Unit], into_id: int | None, new: NewUnit | None
) -> Merged:
    """Everything is locked and written before the first note is taken."""
    at, ids = order.now, [unit.pk for unit in merged]
    into = _unit_that_goes_on(merged, into_id, new, now=at)
    held = inheritance.locked_appointments(unit_ids=ids, at=at)
    brought = obstacles.parts_of(ids)
    renamed = _tell_apart(namesakes.told_apart(ids, into.pk), at=at)
    parts = _bring(brought, into.pk, at=at)
    carried = inheritance.carry(held, into_id=into.pk, at=at)
    passed = inheritance.pass_rights(order.actor, ids, into_id=into.pk, at=at)
    inheritance.pass_lines(ids, into_id=into.pk, at=at)
    inheritance.close(ids, successor_ids=[into.pk], at=at)
    if new is not None:
        _note_new(order, into)
    _note_renamed(order, brought, renamed)
    _note_parts(order, parts, into.pk)
    _note_people(order, carried, into.pk)
    _record_rights(order, passed, into.pk)
    units = sum(count for _, count in parts)
    people = len({one.person_id for one in carried})
    _note_merged(order, merged, into.pk, units=units, people=people)
    requests.lapse(actor=order.actor, unit_ids=ids, now=at)
    return Merged(unit_id=into.pk, units=units, people=people)


def _note_merged(
    order: Order, merged: Sequence[Unit], into_id: int, *, units: int, people: int
) -> None:
    for unit in merged:
        changes.note(
            **order.told,
            kind=ChangeKind.MERGE,
            unit_id=unit.pk,
            before={"name": unit.name, "code": unit.code},
            after={"into_id": into_id},
        )
    ids = [unit.pk for unit in merged]
    changes.note(
        **order.told,
        kind=ChangeKind.MERGE,
        unit_id=into_id,
        before={},
        after={"merged_ids": ids, "units": units, "people": people},
        action="org.unit.enlarged",
    )


def _ask_to_split(order: Order, unit: Unit, new_units: Sequence[Part]) -> Asked:
    return requests.ask(
        actor=order.actor,
        kind=RequestKind.MASS_CHANGE,
        unit_id=unit.parent_id or unit.pk,
        role=AdminRole.ORG,
        payload={
            "act": "mergers.split",
            "unit_id": unit.pk,
            "new_units": [asdict(part) for part in new_units],
            "basis": order.basis,
        },
        summary=f"从“{unit.name}”分出{_quoted(part.name for part in new_units)}",
        effects=impact.impact_of_split(unit.pk, parts=new_units, at=order.now).notes,
        now=order.now,
    )


def _ask_to_merge(
    order: Order, merged: Sequence[Unit], into_id: int | None, new: NewUnit | None
) -> Asked:
    ids = [unit.pk for unit in merged]
    into_name = new.name if new else queries.names([into_id])[into_id].name if into_id else ""
    verb = "合并为" if new else "并入"
    above = [unit.parent_id or unit.pk for unit in merged]
    foreseen = impact.impact_of_merge(ids, into_id=into_id, new_name=into_name, at=order.now)
    return requests.ask(
        actor=order.actor,
        kind=RequestKind.MASS_CHANGE,
        unit_id=guards.lowest_above([*above, *([into_id] if into_id else [])]),
        role=AdminRole.ORG,
        payload={
            "act": "mergers.merge",
            "unit_ids": ids,
            "into_id": into_id,
            "new": asdict(new) if new else None,
            "basis": order.basis,
        },
        summary=f"把{_quoted(unit.name for unit in merged)}{verb}“{into_name}”",
        effects=foreseen.notes,
        now=order.now,
    )


def _unit_that_goes_on(
    merged: Sequence[Unit], into_id: int | None, new: NewUnit | None, *, now: datetime
) -> Unit:
    if into_id is not None:
        return Unit.objects.get(pk=into_id)
    if new is None:
        raise errors.NothingToMerge
    first, room = merged[0], tree.room_below(_above(merged[0]))
    wanted = founding.Wanted(
        name=new.name,
        short_name=new.short_name,
        code=new.code,
        kind=UnitKind(first.kind),
        level=first.level,
    )
    return founding.found(wanted, room=room, now=now, replacing=[unit.pk for unit in merged])


def _give_off(
    unit: Unit, new_units: Sequence[Part], *, at: datetime
) -> list[tuple[Unit, list[tuple[queries.UnitName, int]], list[Carried]]]:
    """Everything is locked and written for all of them before the first note is taken."""
    wanted = [held for part in new_units for held in part.appointment_ids]
    held = {one.pk: one for one in inheritance.locked_appointments(appointment_ids=wanted, at=at)}
    parts = {part.id: part for part in obstacles.parts_of([unit.pk])}
    given = []
    for part in new_units:
        level = unit.level if part.kind == unit.kind else None
        new = founding.found(
            founding.Wanted(
                name=part.name,
                short_name=part.short_name,
                code=part.code,
                kind=UnitKind(part.kind),
                level=level,
            ),
            room=tree.room_below(_above(unit)),
            now=at,
        )
        brought = _bring([parts[one] for one in part.department_ids], new.pk, at=at)
        people = [held[one] for one in part.appointment_ids if one in held]
        given.append((new, brought, inheritance.carry(people, into_id=new.pk, at=at)))
        inheritance.follow([unit.pk], [new.pk], at=at)
    return given


def _above(unit: Unit) -> int:
    if unit.parent_id is None:
        raise errors.KindNotAllowedHere(parent="—", child=UnitKind(unit.kind).label)
    return unit.parent_id


def _bring(
    parts: Iterable[queries.UnitName], into_id: int, *, at: datetime
) -> list[tuple[queries.UnitName, int]]:
    """Each part stands below the other unit; with how many units came with it."""
    return [
        (part, relocation.relocate(Unit.objects.get(pk=part.id), parent_id=into_id, at=at))
        for part in parts
    ]


def _tell_apart(names: Mapping[int, str], *, at: datetime) -> Mapping[int, str]:
    """The parts bear their new names; the names by part, as they were given."""
    pasts.keep(names, at=at)
    shorts = dict(Unit.objects.filter(pk__in=names).values_list("pk", "short_name"))
    formers = dict(Unit.objects.filter(pk__in=names).values_list("pk", "name"))
    for unit_id, name in names.items():
        kept = shorts[unit_id] if shorts[unit_id] != formers[unit_id] else ""
        tree.rename(unit_id=unit_id, name=name, short_name=founding.short(name, kept))
    return names


def _note_renamed(
    order: Order, parts: Iterable[queries.UnitName], names: Mapping[int, str]
) -> None:
    for part in parts:
        if part.id in names:
            changes.note(
                **order.told,
                kind=ChangeKind.RENAME,
                unit_id=part.id,
                before={"name": part.name},
                after={"name": names[part.id]},
            )


def _note_new(order: Order, unit: Unit) -> None:
    after = {"name": unit.name, "kind": unit.kind, "code": unit.code, "parent_id": unit.parent_id}
    changes.note(**order.told, kind=ChangeKind.CREATE, unit_id=unit.pk, before={}, after=after)


def _note_parts(order: Order, parts: Iterable[tuple[queries.UnitName, int]], into_id: int) -> None:
    for part, units in parts:
        changes.note(
            **order.told,
            kind=ChangeKind.MOVE,
            unit_id=part.id,
            before={"parent_id": part.parent_id},
            after={"parent_id": into_id, "units": units},
        )


def _note_people(order: Order, carried: Iterable[Carried], into_id: int) -> None:
    for one in carried:
        changes.note(
            **order.told,
            kind=ChangeKind.TRANSFER,
            unit_id=into_id,
            person_id=one.person_id,
            before={"unit_id": one.unit_id, "title": one.title},
            after={"unit_id": into_id, "title": one.title, "kind": one.kind},
        )


def _record_rights(order: Order, passed: Iterable[Passed], into_id: int) -> None:
    for right in passed:
        told = {"person_id": right.person_id, "role": right.role}
        _record_right(order, "org.grant.revoked", right.grant_id, right.unit_id, told)
        if right.successor_grant_id is not None:
            given = {**told, "unit_id": into_id}
            _record_right(order, "org.grant.given", right.successor_grant_id, into_id, given)


def _record_right(
    order: Order, action: str, grant_id: int, unit_id: int, detail: Mapping[str, object]
) -> None:
    audit.record(
        actor=order.actor,
        action=action,
        object_kind="org.grant",
        object_id=grant_id,
        unit_id=unit_id,
        now=order.now,
        detail=detail,
    )


def _quoted(names: Iterable[str]) -> str:
    return "、".join(f"“{name}”" for name in names)
