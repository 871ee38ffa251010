"""What the dialogs about units have in common: whose they are, and where they lead."""

from collections.abc import Collection
from datetime import datetime

from django.urls import reverse

from core.actor import Actor
from org import errors as org_errors
from org import placing
from org import policies as org_policies
from org.kinds import Scene, UnitKind
from org.queries import units, visibility
from workbench.forms.base import Choices

# The kind that is added most often where it may stand comes first, regions last.
_BY_USE = (
    UnitKind.DEPARTMENT,
    UnitKind.ORGAN,
    UnitKind.FIELD_OFFICE,
    UnitKind.TEMPORARY,
    UnitKind.VIRTUAL,
    UnitKind.LINE_FOLDER,
    UnitKind.GROUP,
    UnitKind.REGION,
)


def managed(actor: Actor, unit_id: int, *, at: datetime) -> units.UnitCard:
    """The unit, for its administrator; UnitNotFound for anybody else."""
    if not org_policies.may_manage_units(actor, unit_id, at=at):
        raise org_errors.UnitNotFound
    return units.card(unit_id, at=at, viewer=visibility.viewer_of(actor, at=at))


def shown(actor: Actor, unit_ids: Collection[int], *, at: datetime) -> list[units.UnitName]:
    """The units that were picked, without those that the actor does not see."""
    viewer = visibility.viewer_of(actor, at=at)
    seen = visibility.shown_units(unit_ids, viewer=viewer, scene=Scene.TREE)
    return list(units.names(seen).values())


def leaving(actor: Actor, unit_id: int, *, at: datetime) -> units.UnitCard:
    """The unit, for whoever administers the one above it too: OutOfScope for its own only."""
    unit = managed(actor, unit_id, at=at)
    if not org_policies.may_manage_units(actor, unit.parent_id or unit_id, at=at):
        raise org_errors.OutOfScope
    return unit


def named(actor: Actor, unit_id: int, *, at: datetime) -> units.UnitCard:
    """The unit, for whoever may give it names and codes."""
    unit = managed(actor, unit_id, at=at)
    judged = org_policies.names_from(unit_id, kind=unit.kind, parent_id=unit.parent_id)
    if not org_policies.may_manage_units(actor, judged, at=at):
        raise org_errors.OutOfScope
    return unit


def kinds_below(kind: str, level: int) -> Choices:
    """What may stand directly below such a unit, the likeliest first; empty below a leaf."""
    place = placing.Place(kind, level)
    levels = (level, min(level + 1, 6))
    return [
        (one.value, str(one.label))
        for one in _BY_USE
        if any(placing.may_contain(place, placing.Place(one.value, each)) for each in levels)
    ]


def page_of(unit_id: int) -> str:
    """The page of 系统管理 with the unit open."""
    return f"{reverse('administration')}?unit={unit_id}"
