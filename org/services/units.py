"""Units are added, named, described, coded and abolished by the administrators of their place."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import IntegrityError, transaction

from core import db
from core.actor import Actor, ActorKind
from org import codes, errors, names, policies, tree
from org.kinds import AdminRole, ChangeKind, RequestKind, UnitKind, UnitNature, UnitOrigin
from org.models import Unit
from org.queries import impact, namesakes, obstacles
from org.queries import units as queries
from org.services import changes, requests
from org.services.requests import Asked, Done
from org.writing import founding, guards, inheritance, pasts
from org.writing.orders import Order

_NAMES: Final = frozenset({"short_name", "other_names"})


@dataclass(frozen=True, slots=True)
class Details:
    """What is said of a unit besides its name and code; None leaves a detail as it is."""

    short_name: str | None = None
    other_names: Sequence[str] | None = None
    nature: UnitNature | str | None = None
    phone: str | None = None
    address: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """How the unit stood for whoever wants it changed; what is None was not looked at."""

    name: str | None = None
    details: Details = Details()


@db.service
def add(
    *,
    actor: Actor,
    parent_id: int,
    name: str,
    kind: UnitKind,
    now: datetime,
    code: str = "",
    short_name: str = "",
    level: int | None = None,
    sort: int | None = None,
    phone: str = "",
    address: str = "",
    other_names: Sequence[str] = (),
    nature: UnitNature | str = "",
    remark: str = "",
    basis: str = "",
    reorganisation_id: int | None = None,
    approved_by: int | None = None,
) -> int:
    """A new unit stands below the parent, last unless `sort` says otherwise; returns its id.

    Inner departments and the like get a code of ours; organs bring their unified social credit
    code or get a temporary one, regions bring their statistics code. `level` is the parent's
    except for regions and groups.
    """
    order = Order(actor, now, basis, reorganisation_id, approved_by)
    wanted = founding.Wanted(
        name, kind, short_name, code, level, sort, phone, address, other_names, nature, remark
    )
    return _add(order, parent_id, wanted)


@db.service
def add_root(*, actor: Actor, name: str, code: str, level: int, now: datetime) -> int:
    """A new tree begins with this region. Only the platform itself may do this."""
    if actor.kind is not ActorKind.SYSTEM:
        raise errors.OutOfScope
    unit = Unit(
        code=code,
        name=name,
        short_name=founding.short(name, ""),
        kind=UnitKind.REGION,
        level=level,
        valid_from=now,
        origin=UnitOrigin.ENTERED,
    )
    tree.insert(unit, parent_id=None)
    after = {"name": name, "kind": unit.kind, "code": code}
    changes.note(
        actor=actor, kind=ChangeKind.CREATE, unit_id=unit.pk, before={}, after=after, now=now
    )
    return unit.pk


@db.service
def rename(
    *,
    actor: Actor,
    unit_id: int,
    name: str,
    now: datetime,
    short_name: str = "",
    basis: str = "",
    reorganisation_id: int | None = None,
    approved_by: int | None = None,
    seen: Seen | None = None,
) -> None:
    """The unit carries the new names from now on; the old ones stay in its history.

    A region takes the right over the one above it: a county does not rename itself. Names that
    it carries already change nothing. UnitChanged where it is no longer as it was seen.
    """
    order = Order(actor, now, basis, reorganisation_id, approved_by)
    unit = guards.naming(actor, unit_id, at=now)
    if unit.parent_id is not None:
        # No sibling comes in or is renamed while its row is held: no two take one name.
        tree.hold(unit.parent_id)
    tree.hold(unit_id)
    unit = guards.naming(actor, unit_id, at=now)
    _require_seen(unit, seen)
    before = {"name": unit.name, "short_name": unit.short_name}
    after = {"name": name, "short_name": founding.short(name, short_name)}
    if before == after:
        return
    if unit.name != name:
        obstacles.raise_first(namesakes.clash(unit.parent_id, name, but=[unit_id]))
    pasts.keep([unit_id], at=now)
    tree.rename(unit_id=unit_id, **after)
    changes.note(
        **order.told,
        kind=ChangeKind.RENAME,
        unit_id=unit_id,
        before=before,
        after=after,
    )


@db.service
def update(
    *,
    actor: Actor,
    unit_id: int,
    details: Details,
    now: datetime,
    basis: str = "",
    reorganisation_id: int | None = None,
    approved_by: int | None = None,
    seen: Seen | None = None,
) -> None:
    """The unit is described as given; what it says already changes nothing.

    A region's other names take the right over the one above it, as its name does. UnitChanged
    where it is no longer as it was seen.
    """
    order = Order(actor, now, basis, reorganisation_id, approved_by)
    guards.permit(actor, unit_id, at=now)
    tree.hold(unit_id)
    unit = guards.standing(unit_id)
    guards.permit(actor, unit_id, at=now)
    _require_seen(unit, seen)
    before, after = _differences(unit, details)
    if not after:
        return
    if _NAMES & after.keys():
        guards.permit_naming(actor, unit, at=now)
        pasts.keep([unit_id], at=now)
    Unit.objects.filter(pk=unit_id).update(**after, **_searched(unit, after))
    changes.note(
        **order.told,
        kind=ChangeKind.UPDATE,
        unit_id=unit_id,
        before=before,
        after=after,
    )


@db.service
def set_code(
    *,
    actor: Actor,
    unit_id: int,
    code: str,
    now: datetime,
    basis: str = "",
    reorganisation_id: int | None = None,
    approved_by: int | None = None,
) -> None:
    """The unit carries the code; the old one still finds it.

    An organ's temporary code gives way to its unified social credit code, once. Regions and
    groups get another when divisions are redrawn, from those above them. Ours never change.
    """
    order = Order(actor, now, basis, reorganisation_id, approved_by)
    guards.naming(actor, unit_id, at=now)
    tree.hold(unit_id)
    unit = guards.naming(actor, unit_id, at=now)
    if not founding.is_coded_by_state(unit.kind) and not codes.is_temporary(unit.code):
        raise errors.UnitCodeFixed
    given = _code_below(unit, code)
    if given == unit.code:
        return
    pasts.keep([unit_id], at=now)
    try:
        with transaction.atomic():
            Unit.objects.filter(pk=unit_id).update(code=given)
    except IntegrityError as clash:
        raise founding.taken(given) from clash
    changes.note(
        **order.told,
        kind=ChangeKind.CODE,
        unit_id=unit_id,
        before={"code": unit.code},
        after={"code": given},
    )


@db.service
def abolish(
    *,
    actor: Actor,
    unit_id: int,
    now: datetime,
    successor_id: int | None = None,
    basis: str = "",
    reorganisation_id: int | None = None,
    approved_by: int | None = None,
) -> Done | Asked:
    """The unit stands no longer; its row stays, so that history can name it.

    Its code leads to the successor, where one is named. UnitInUse while units or people are in
    it, UnitAdministered while rights are granted over it. Takes the right over the unit above it,
    and a second person for an organ, a region and whatever had people or parts.
    """
    order = Order(actor, now, basis, reorganisation_id, approved_by)
    guards.leaving(actor, unit_id, at=now)
    guards.require_shown(actor, successor_id, at=now)
    tree.hold_all(subtrees=[unit_id], units=[successor_id] if successor_id else [])
    unit = guards.leaving(actor, unit_id, at=now)
    obstacles.raise_first(obstacles.to_abolish(unit_id, at=now, successor_id=successor_id))
    if approved_by is None and policies.needs_second_person(
        actor,
        RequestKind.ABOLISH_UNIT,
        unit_kind=unit.kind,
        has_history=obstacles.has_history(unit_id, actor=actor),
    ):
        return _ask_to_abolish(order, unit, successor_id)
    inheritance.leave_lines([unit_id], at=now)
    inheritance.close([unit_id], successor_ids=[successor_id] if successor_id else [], at=now)
    changes.note(
        **order.told,
        kind=ChangeKind.ABOLISH,
        unit_id=unit_id,
        before={"name": unit.name, "code": unit.code},
        after={"successor_ids": [successor_id]} if successor_id else {},
    )
    requests.lapse(actor=actor, unit_ids=[unit_id], now=now)
    return Done()


def _add(order: Order, parent_id: int, wanted: founding.Wanted) -> int:
    guards.permit(order.actor, parent_id, at=order.now)
    room = tree.room_below(parent_id)
    guards.permit(order.actor, parent_id, at=order.now)
    if room.parent.is_abolished:
        raise errors.UnitAbolished
    unit = founding.found(wanted, room=room, now=order.now)
    changes.note(
        **order.told,
        kind=ChangeKind.CREATE,
        unit_id=unit.pk,
        before={},
        after={
            "name": unit.name,
            "kind": str(unit.kind),
            "code": unit.code,
            "parent_id": parent_id,
        },
    )
    return unit.pk


def _code_below(unit: Unit, code: str) -> str:
    """The code, checked against the kind of the unit and the code of the one above it."""
    above = queries.names([unit.parent_id]).get(unit.parent_id) if unit.parent_id else None
    parent_code = above.code if above else ""
    return founding.code_for(UnitKind(unit.kind), code, level=unit.level, parent_code=parent_code)


def _ask_to_abolish(order: Order, unit: Unit, successor_id: int | None) -> Asked:
    foreseen = impact.impact_of_abolish(unit.pk, at=order.now, successor_id=successor_id)
    return requests.ask(
        actor=order.actor,
        kind=RequestKind.ABOLISH_UNIT,
        unit_id=unit.parent_id or unit.pk,
        role=AdminRole.ORG,
        payload={"unit_id": unit.pk, "successor_id": successor_id, "basis": order.basis},
        summary=f"撤销“{unit.name}”",
        effects=foreseen.notes,
        now=order.now,
    )


def _searched(unit: Unit, after: dict[str, object]) -> dict[str, object]:
    """The columns that searches read, where a name changes that they hold."""
    if not _NAMES & after.keys():
        return {}
    for name in _NAMES & after.keys():
        setattr(unit, name, after[name])
    return names.unit_search(unit.name, unit.short_name, unit.other_names)


def _require_seen(unit: Unit, seen: Seen | None) -> None:
    if seen is None:
        return
    _, moved = _differences(unit, seen.details)
    if moved or seen.name not in (None, unit.name):
        raise errors.UnitChanged


def _differences(unit: Unit, details: Details) -> tuple[dict[str, object], dict[str, object]]:
    """What the details would change: the columns as they are, and as they would be."""
    given: dict[str, object] = {
        "short_name": details.short_name,
        "other_names": None if details.other_names is None else list(details.other_names),
        "nature": details.nature,
        "phone": details.phone,
        "address": details.address,
        "note": details.note,
    }
    after = {
        name: value
        for name, value in given.items()
        if value is not None and value != getattr(unit, name)
    }
    return {name: getattr(unit, name) for name in after}, after
