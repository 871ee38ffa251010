"""Upkeep of the tree's numbers."""

from datetime import datetime

from core import audit, db
from core.actor import Actor, ActorKind
from org import errors, tree


@db.service
def renumber(*, actor: Actor, now: datetime) -> int:
    """Every number is rewritten from `parent_id` with fresh slack; returns how many changed.

    Only for the platform itself: a command or the nightly schedule.
    """
    if actor.kind is not ActorKind.SYSTEM:
        raise errors.OutOfScope
    changed = tree.renumber()
    audit.record(
        actor=actor,
        action="org.tree.renumbered",
        object_kind="org.tree",
        object_id="all",
        now=now,
        detail={"changed": changed},
    )
    return changed
