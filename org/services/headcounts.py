"""Upkeep of the headcounts; those who appoint and move keep them by org.headcounts."""

from datetime import datetime

from core import audit, db
from core.actor import Actor, ActorKind
from org import errors
from org.queries import headcounts as queries
from org.writing import headcounts


@db.service
def fold(*, actor: Actor, now: datetime) -> int:
    """Changes that are due are added to the counters; returns how many there were.

    Rebuilds all where there are appointments and no counter yet. Only for the platform itself.
    """
    _permit(actor)
    if queries.never_counted():
        return headcounts.rebuild(now=now)
    if not queries.due(at=now):
        # Nothing to add: moves of units are not held off.
        return 0
    return headcounts.fold(now=now)


@db.service
def rebuild(*, actor: Actor, now: datetime) -> int:
    """Every counter says what the appointments say; returns how many were wrong or missing."""
    _permit(actor)
    changed = headcounts.rebuild(now=now)
    audit.record(
        actor=actor,
        action="org.headcounts.rebuilt",
        object_kind="org.headcounts",
        object_id="all",
        now=now,
        detail={"changed": changed},
    )
    return changed


def _permit(actor: Actor) -> None:
    if actor.kind is not ActorKind.SYSTEM:
        raise errors.OutOfScope
