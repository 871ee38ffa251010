"""Units move below other units, and take their place among their siblings."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from core import db
from core.actor import Actor
from org import errors, policies, tree
from org.kinds import AdminRole, ChangeKind, RequestKind
from org.models import Unit
from org.queries import impact, namesakes, obstacles
from org.queries import units as queries
from org.services import changes, requests
from org.services.requests import Asked
from org.writing import founding, guards, pasts, relocation
from org.writing.orders import Order

_ARRANGE = """
UPDATE org_unit u SET sort = v.sort FROM unnest(%s::bigint[], %s::int[]) v(id, sort)
 WHERE u.id = v.id"""


@dataclass(frozen=True, slots=True)
class Moved:
    """How many units moved."""

    units: int


@db.service
def move(
    *,
    actor: Actor,
    unit_id: int,
    parent_id: int,
    now: datetime,
    basis: str = "",
    reorganisation_id: int | None = None,
    approved_by: int | None = None,
) -> Moved | Asked:
    """The unit stands with all below it under another parent, behind what stands there.

    Takes the right over where it stood and over where it goes, the latter the actor's or that of
    whoever approved: nobody moves his own root. More than fifty people take a second person.
    """
    order = Order(actor, now, basis, reorganisation_id, approved_by)
    _permit(actor, unit_id, parent_id, approved_by=approved_by, at=now)
    tree.hold_all(subtrees=[unit_id], units=[parent_id])
    unit = _permit(actor, unit_id, parent_id, approved_by=approved_by, at=now)
    obstacles.raise_first(obstacles.to_move(unit_id, parent_id, at=now))
    obstacles.raise_first(namesakes.clash(parent_id, unit.name, but=[unit_id]))
    people = impact.touched([unit_id], at=now).people
    if approved_by is None and policies.needs_second_person(
        actor, RequestKind.MASS_CHANGE, people=people
    ):
        return _ask_to_move(order, unit, parent_id)
    moved = relocation.relocate(unit, parent_id=parent_id, at=now)
    changes.note(
        **order.told,
        kind=ChangeKind.MOVE,
        unit_id=unit_id,
        before={"parent_id": unit.parent_id},
        after={"parent_id": parent_id, "units": moved},
    )
    return Moved(units=moved)


@db.service
def offer(*, actor: Actor, unit_id: int, parent_id: int, now: datetime, basis: str = "") -> Asked:
    """The other side is asked to take the unit in; its administrators approve or refuse.

    Takes the right over where the unit stands. OtherSideIsOwn where the actor administers the new
    place too and needs not ask.
    """
    unit = guards.leaving(actor, unit_id, at=now)
    guards.require_shown(actor, parent_id, at=now)
    obstacles.raise_first(obstacles.to_move(unit_id, parent_id, at=now))
    obstacles.raise_first(namesakes.clash(parent_id, unit.name, but=[unit_id]))
    if policies.may_manage_units(actor, parent_id, at=now):
        raise errors.OtherSideIsOwn
    return requests.ask(
        actor=actor,
        kind=RequestKind.MOVE_UNIT,
        unit_id=parent_id,
        role=AdminRole.ORG,
        payload=_payload(unit_id, parent_id, basis),
        summary=_summary(unit, parent_id),
        effects=impact.impact_of_move(actor, unit_id, parent_id=parent_id, at=now).notes,
        now=now,
    )


@db.service
def reorder(
    *,
    actor: Actor,
    unit_id: int,
    before_id: int | None,
    now: datetime,
    basis: str = "",
    reorganisation_id: int | None = None,
    approved_by: int | None = None,
) -> None:
    """The unit stands right before its sibling, or last (None); the others keep their order.

    Takes the right over the unit above. Where it stands there already nothing changes.
    """
    order = Order(actor, now, basis, reorganisation_id, approved_by)
    unit = guards.leaving(actor, unit_id, at=now)
    tree.hold_children(unit.parent_id)
    unit = guards.leaving(actor, unit_id, at=now)
    obstacles.raise_first(obstacles.to_reorder(unit_id, before_id, at=now))
    siblings = _siblings(unit)
    was = [one.pk for one in siblings]
    placed = _placed(was, unit_id, before_id)
    if placed == was:
        return
    _write_order(siblings, placed, unit_id, at=now)
    shown = {one.pk for one in siblings if one.valid_to is None}
    changes.note(
        **order.told,
        kind=ChangeKind.REORDER,
        unit_id=unit_id,
        before={"position": _position(unit_id, was, shown)},
        after={"position": _position(unit_id, placed, shown)},
    )


def _permit(
    actor: Actor, unit_id: int, parent_id: int, *, approved_by: int | None, at: datetime
) -> Unit:
    unit = guards.leaving(actor, unit_id, at=at)
    guards.permit_receiving(actor, parent_id, approved_by=approved_by, at=at)
    return unit


def _ask_to_move(order: Order, unit: Unit, parent_id: int) -> Asked:
    return requests.ask(
        actor=order.actor,
        kind=RequestKind.MASS_CHANGE,
        unit_id=guards.lowest_above([unit.parent_id or unit.pk, parent_id]),
        role=AdminRole.ORG,
        payload=_payload(unit.pk, parent_id, order.basis),
        summary=_summary(unit, parent_id),
        effects=impact.impact_of_move(
            order.actor, unit.pk, parent_id=parent_id, at=order.now
        ).notes,
        now=order.now,
    )


def _payload(unit_id: int, parent_id: int, basis: str) -> Mapping[str, object]:
    return {"act": "moves.move", "unit_id": unit_id, "parent_id": parent_id, "basis": basis}


def _summary(unit: Unit, parent_id: int) -> str:
    names = queries.names([parent_id, *([unit.parent_id] if unit.parent_id else [])])
    old = f"从“{names[unit.parent_id].name}”" if unit.parent_id else ""
    return f"把“{unit.name}”{old}移到“{names[parent_id].name}”之下"


def _siblings(unit: Unit) -> list[Unit]:
    """All units below the same parent in their order, abolished ones too: they come back as_of."""
    rows = Unit.objects.filter(parent_id=unit.parent_id)
    return list(rows.only("pk", "sort", "valid_to").order_by("sort", "pk"))


def _placed(siblings: Sequence[int], unit_id: int, before_id: int | None) -> list[int]:
    rest = [one for one in siblings if one != unit_id]
    place = len(rest) if before_id is None else rest.index(before_id)
    return [*rest[:place], unit_id, *rest[place:]]


def _position(unit_id: int, order: Sequence[int], shown: Collection[int]) -> int:
    """Which one it is of those that stand, the first being 1."""
    return [one for one in order if one in shown].index(unit_id) + 1


def _write_order(
    siblings: Sequence[Unit], order: Sequence[int], unit_id: int, *, at: datetime
) -> None:
    """The numbers that must change do: one where there is room between neighbours, else all."""
    sorts = {one.pk: one.sort for one in siblings}
    place = order.index(unit_id)
    low = sorts[order[place - 1]] if place else sorts[order[1]] - 2 * founding.SORT_STEP
    high = sorts[order[place + 1]] if place + 1 < len(order) else low + 2 * founding.SORT_STEP
    new = (
        {unit_id: (low + high) // 2}
        if high - low > 1
        else {one: number * founding.SORT_STEP for number, one in enumerate(order, start=1)}
    )
    changed = {one: sort for one, sort in new.items() if sort != sorts[one]}
    pasts.keep(changed, at=at)
    with connection.cursor() as cursor:
        cursor.execute(_ARRANGE, [list(changed), list(changed.values())])
