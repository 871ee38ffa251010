"""Whoever takes entries of the log away leaves an entry himself."""

from collections.abc import Mapping
from datetime import datetime

from core import db
from core.actor import Actor
from core.audit import log


@db.service
def note_export(*, actor: Actor, asked: Mapping[str, str], count: int, now: datetime) -> None:
    """The log says who took away how many entries, and by which filters."""
    log.record(
        actor=actor,
        action="core.audit.exported",
        object_kind="core.audit",
        object_id="log",
        now=now,
        detail={"asked": dict(asked), "count": count},
    )
