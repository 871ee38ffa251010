"""What operations on units and people ask before they write, and again under their locks."""

from collections.abc import Collection
from datetime import datetime

from core.actor import Actor
from core.errors import DomainError
from org import errors, policies
from org.kinds import AdminRole, Scene
from org.models import Unit
from org.queries import units as queries
from org.queries import visibility


def permit(actor: Actor, unit_id: int, *, at: datetime) -> None:
    """The actor administers the unit; OutOfScope otherwise."""
    if not policies.may_manage_units(actor, unit_id, at=at):
        raise errors.OutOfScope


def permit_leaving(actor: Actor, unit: Unit, *, at: datetime) -> None:
    """The actor administers the unit above: nobody moves or abolishes his own root."""
    permit(actor, unit.parent_id or unit.pk, at=at)


def permit_receiving(
    actor: Actor, parent_id: int, *, approved_by: int | None, at: datetime
) -> None:
    """The actor, or whoever approved for the other side, administers the new place."""
    if approved_by is None or not policies.holds(approved_by, AdminRole.ORG, parent_id, at=at):
        permit(actor, parent_id, at=at)


def permit_naming(actor: Actor, unit: Unit, *, at: datetime) -> None:
    """The actor may give the unit names and codes: a region's come from above it."""
    judged = policies.names_from(unit.pk, kind=unit.kind, parent_id=unit.parent_id)
    permit(actor, judged, at=at)


def require_shown(actor: Actor, unit_id: int | None, *, at: datetime) -> None:
    """UnitNotFound for no unit and for one hidden from the actor, who names it for another's sake.

    What is asked of somebody tells its names back to whoever asks. None names no unit.
    """
    if unit_id is None:
        return
    viewer = visibility.viewer_of(actor, at=at)
    visibility.require_unit(unit_id, viewer=viewer, scene=Scene.TREE)


def require_known(
    actor: Actor, person_id: int, refusal: type[DomainError], *, at: datetime
) -> None:
    """The refusal for a person hidden from the actor, as for one who is not there."""
    viewer = visibility.viewer_of(actor, at=at)
    if not visibility.shown_people([person_id], viewer=viewer, scene=Scene.TREE, at=at):
        raise refusal


def require_other(actor: Actor, person_id: int, refusal: type[DomainError]) -> None:
    """The act is about somebody else than who acts; the refusal otherwise.

    A token acts with its maker's rights: its maker is whom it acts for, whatever kind it is.
    """
    if actor.person_id == person_id:
        raise refusal


def leaving(actor: Actor, unit_id: int, *, at: datetime) -> Unit:
    """The unit, which stands, for whoever administers the one above it; see `permit_leaving`.

    OutOfScope for any other unit, whether there is one or not: an id tells nothing to a stranger.
    """
    unit = Unit.objects.filter(pk=unit_id).first()
    if unit is None:
        permit(actor, unit_id, at=at)
        raise errors.UnitNotFound
    permit_leaving(actor, unit, at=at)
    return _standing(unit)


def naming(actor: Actor, unit_id: int, *, at: datetime) -> Unit:
    """The unit, which stands, for whoever may name it; OutOfScope as `leaving` says it."""
    unit = Unit.objects.filter(pk=unit_id).first()
    if unit is None:
        permit(actor, unit_id, at=at)
        raise errors.UnitNotFound
    permit_naming(actor, unit, at=at)
    return _standing(unit)


def standing(unit_id: int) -> Unit:
    """The unit as the database holds it now; UnitNotFound, UnitAbolished.

    Nobody abolishes ahead of time, and whoever waited for a lock has an older clock than whoever
    held it: an end is an end, whatever the instant.
    """
    unit = Unit.objects.filter(pk=unit_id).first()
    if unit is None:
        raise errors.UnitNotFound
    return _standing(unit)


def lowest_above(unit_ids: Collection[int]) -> int:
    """The lowest unit at or above all of these: whose administrators answer for them together."""
    paths = [[unit.id for unit in path] for path in queries.paths(unit_ids).values()]
    shared: list[int] = [ids[0] for ids in zip(*paths, strict=False) if len(set(ids)) == 1]
    if not shared:
        raise errors.OutOfScope
    return shared[-1]


def _standing(unit: Unit) -> Unit:
    if unit.valid_to is not None:
        raise errors.UnitAbolished
    return unit
