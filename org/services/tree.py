"""Upkeep of the tree's numbers."""

from datetime import datetime

from core import audit, db
from core.actor import Actor, ActorKind
from org import errors, tree
from org.queries import tree as queries


@db.service
def tidy(*, actor: Actor, now: datetime) -> int:
    """`renumber` if units are short of slack or stand out of order; else nothing happens.

    Looking for that needs no lock: writers are held off only when there is something to do.
    """
    _permit(actor)
    if not queries.is_untidy():
        return 0
    return renumber(actor=actor, now=now)


@db.service
def renumber(*, actor: Actor, now: datetime) -> int:
    """Every number is rewritten from `parent_id` with fresh slack; returns how many changed.

    Only for the platform itself: a command or the nightly schedule.
    """
    _permit(actor)
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


def _permit(actor: Actor) -> None:
    if actor.kind is not ActorKind.SYSTEM:
        raise errors.OutOfScope
