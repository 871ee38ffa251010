"""Units are added, renamed, moved and abolished by the administrators of their place."""

import uuid
from collections.abc import Mapping
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Q

from core import audit, db
from core.actor import Actor
from org import codes, errors, headcounts, names, policies, search_rows, tree
from org.kinds import UnitKind, UnitOrigin
from org.models import Appointment, Unit
from org.queries import units as queries


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
    sort: int = 0,
    phone: str = "",
    address: str = "",
) -> int:
    """A new unit stands below the parent; returns its id.

    Inner departments and the like get a code of ours; organs bring their unified social credit
    code or get a temporary one, regions bring their statistics code. `level` is the parent's
    except for regions and groups.
    """
    _permit(actor, parent_id, at=now)
    unit = Unit(
        code=_code_for(kind, code),
        name=name,
        short_name=_short(name, short_name),
        kind=kind,
        sort=sort,
        valid_from=now,
        phone=phone,
        address=address,
        origin=UnitOrigin.ENTERED,
    )
    _insert_below(parent_id, unit, level, at=now)
    # The parent's row is locked only now: it may have been abolished or moved meanwhile.
    _standing(parent_id, at=now)
    _permit(actor, parent_id, at=now)
    detail = {"parent_id": parent_id, "name": name, "kind": kind.value, "code": unit.code}
    _record(actor, "org.unit.added", unit.pk, now, detail)
    return unit.pk


@db.service
def add_root(*, actor: Actor, name: str, code: str, level: int, now: datetime) -> int:
    """A new tree begins with this region. Only the platform itself may do this."""
    if actor.kind != "system":
        raise errors.OutOfScope
    unit = Unit(
        code=code,
        name=name,
        short_name=_short(name, ""),
        kind=UnitKind.REGION,
        level=level,
        valid_from=now,
        origin=UnitOrigin.ENTERED,
    )
    tree.insert(unit, parent_id=None)
    _record(actor, "org.unit.added", unit.pk, now, {"name": name, "code": code})
    return unit.pk


@db.service
def rename(*, actor: Actor, unit_id: int, name: str, short_name: str = "", now: datetime) -> None:
    """The unit carries the new names from now on.

    A region takes the right over the one above it: a county does not rename itself.
    """
    before = _standing(unit_id, at=now)
    _permit_rename(actor, before, at=now)
    tree.rename(unit_id=unit_id, name=name, short_name=_short(name, short_name))
    # The row is locked only now: the unit may have been moved out of the scope meanwhile.
    _permit_rename(actor, _standing(unit_id, at=now), at=now)
    _record(actor, "org.unit.renamed", unit_id, now, {"before": before.name, "after": name})


@db.service
def set_code(*, actor: Actor, unit_id: int, code: str, now: datetime) -> None:
    """The organ carries its unified social credit code in place of the temporary one."""
    _permit(actor, unit_id, at=now)
    Unit.objects.select_for_update(no_key=True).filter(pk=unit_id).first()
    unit = _standing(unit_id, at=now)
    _permit(actor, unit_id, at=now)
    if not codes.is_temporary(unit.code):
        raise errors.UnitCodeFixed
    given = _credit_code(code.strip().upper())
    try:
        with transaction.atomic():
            Unit.objects.filter(pk=unit_id).update(code=given)
    except IntegrityError as clash:
        raise _taken(given) from clash
    _record(actor, "org.unit.code_set", unit_id, now, {"before": unit.code, "after": given})


@db.service
def move(*, actor: Actor, unit_id: int, parent_id: int, now: datetime) -> int:
    """The unit stands with all below it under another parent; returns how many units moved.

    Takes the right over where it stood and over where it goes: nobody moves his own root.
    """
    unit = _standing(unit_id, at=now)
    _permit_both(actor, unit, parent_id, at=now)
    if queries.is_within(parent_id, unit_id):
        raise errors.UnitBelowItself
    _require_allowed(_standing(parent_id, at=now), unit)
    moved = tree.move(unit_id=unit_id, parent_id=parent_id)
    # Only now are the rows locked: what was judged above may have changed, the old parent too.
    for standing_id in (unit_id, parent_id):
        _standing(standing_id, at=now)
    _permit(actor, moved.old_parent_id or unit_id, at=now)
    _permit(actor, parent_id, at=now)
    headcounts.note_move(
        unit_id=unit_id, old_parent_id=moved.old_parent_id, new_parent_id=parent_id
    )
    search_rows.write_below(unit_id)
    detail = {"before": moved.old_parent_id, "after": parent_id, "units": moved.units}
    _record(actor, "org.unit.moved", unit_id, now, detail)
    return moved.units


@db.service
def abolish(*, actor: Actor, unit_id: int, now: datetime) -> None:
    """The unit stands no longer; its row stays, so that history can name it.

    UnitInUse while units or people are in it. Takes the right over the unit above it.
    """
    unit = _standing(unit_id, at=now)
    _permit(actor, unit.parent_id or unit_id, at=now)
    locked = Unit.objects.select_for_update(no_key=True).get(pk=unit_id)
    _permit(actor, locked.parent_id or unit_id, at=now)
    if locked.valid_to is not None:
        raise errors.UnitAbolished
    lasting = Q(valid_to__isnull=True) | Q(valid_to__gt=now)
    if (
        Unit.objects.filter(lasting, parent_id=unit_id).exists()
        or Appointment.objects.filter(lasting, unit_id=unit_id).exists()
    ):
        raise errors.UnitInUse
    Unit.objects.filter(pk=unit_id).update(valid_to=now)
    _record(actor, "org.unit.abolished", unit_id, now, {"name": unit.name, "code": unit.code})


def _record(
    actor: Actor, action: str, unit_id: int, now: datetime, detail: Mapping[str, object]
) -> None:
    audit.record(
        actor=actor,
        action=action,
        object_kind="org.unit",
        object_id=unit_id,
        unit_id=unit_id,
        now=now,
        detail=detail,
    )


def _insert_below(parent_id: int, unit: Unit, level: int | None, *, at: datetime) -> None:
    parent = _standing(parent_id, at=at)
    unit.level = level if level is not None else _level_below(parent, UnitKind(unit.kind))
    _require_allowed(parent, unit)
    try:
        with transaction.atomic():
            tree.insert(unit, parent_id=parent_id)
    except IntegrityError as clash:
        raise _taken(unit.code) from clash


def _taken(code: str) -> errors.UnitCodeTaken:
    holder = queries.by_code(code)
    return errors.UnitCodeTaken(unit_code=code, holder=f"“{holder.name}”" if holder else "")


def _short(name: str, short_name: str) -> str:
    return (short_name or name)[: names.SHORT_NAME_AT_MOST]


def _permit(actor: Actor, unit_id: int, *, at: datetime) -> None:
    if not policies.may_manage_units(actor, unit_id, at=at):
        raise errors.OutOfScope


def _permit_rename(actor: Actor, unit: Unit, *, at: datetime) -> None:
    judged = policies.names_from(unit.pk, kind=unit.kind, parent_id=unit.parent_id)
    _permit(actor, judged, at=at)


def _permit_both(actor: Actor, unit: Unit, parent_id: int, *, at: datetime) -> None:
    _permit(actor, unit.parent_id or unit.pk, at=at)
    _permit(actor, parent_id, at=at)


def _standing(unit_id: int, *, at: datetime) -> Unit:
    unit = Unit.objects.filter(pk=unit_id).first()
    if unit is None:
        raise errors.UnitNotFound
    if unit.valid_to is not None and unit.valid_to <= at:
        raise errors.UnitAbolished
    return unit


def _level_below(parent: Unit, kind: UnitKind) -> int:
    below = kind in (UnitKind.REGION, UnitKind.GROUP)
    return min(6, parent.level + 1) if below else parent.level


def _require_allowed(parent: Unit, unit: Unit) -> None:
    if not policies.may_contain(policies.place_of(parent), policies.place_of(unit)):
        raise errors.KindNotAllowedHere(
            parent=UnitKind(parent.kind).label, child=UnitKind(unit.kind).label
        )


def _code_for(kind: UnitKind, code: str) -> str:
    given = code.strip().upper()
    if kind is UnitKind.ORGAN:
        return _credit_code(given) if given else codes.temporary_code()
    if kind in (UnitKind.REGION, UnitKind.GROUP):
        if not given.isdecimal() or not given.isascii() or len(given) > 15:
            raise errors.BadUnitCode(unit_code=given, reason="应为不超过 15 位的数字")
        return given
    return f"N{uuid.uuid4().hex[:15].upper()}"


def _credit_code(given: str) -> str:
    fault = codes.credit_fault(given)
    if fault:
        raise errors.BadUnitCode(unit_code=given, reason=fault)
    return given
