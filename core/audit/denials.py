"""Refused attempts: each stands in the log, until one actor makes so many that they are counted.

Whoever asks for what is not his fifty times a second would otherwise write the log full, and lock
its chain against everybody else's acts.
"""

import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from core import errors
from core.actor import Actor
from core.audit import log

SINGLY_AT_MOST: Final = 30
"""Refusals of an actor within a minute that have an entry each. Then each doubling has one."""
PATIENCE: Final = 120
"""Refusals within a minute after which a socket is closed: no client of ours comes near it."""
REMEMBERED_AT_MOST: Final = 10_000
_WHILE: Final = timedelta(minutes=1)

_Who = tuple[str, int | None, int | None, str]


@dataclass(slots=True)
class _Minute:
    """What one actor was refused since it began."""

    began_at: datetime
    refused: int = 0
    untold: int = 0
    """Refusals since the last entry."""


class _Tally:
    """How often each actor was refused of late, as this process knows it."""

    def __init__(self) -> None:
        self._minutes: dict[_Who, _Minute] = {}
        self._lock = threading.Lock()

    def count(self, who: _Who, *, now: datetime) -> tuple[int, int | None]:
        """How many it is within the minute; how many were untold before, if this one is told."""
        with self._lock:
            minute = self._minute(who, now=now)
            minute.refused += 1
            if not _is_told(minute.refused):
                minute.untold += 1
                return minute.refused, None
            untold, minute.untold = minute.untold, 0
            return minute.refused, untold

    def forget(self) -> None:
        """Nobody has been refused anything."""
        with self._lock:
            self._minutes.clear()

    def _minute(self, who: _Who, *, now: datetime) -> _Minute:
        before = self._minutes.pop(who, None)
        if before is None or now - before.began_at >= _WHILE:
            before = _Minute(now, untold=before.untold if before is not None else 0)
        self._minutes[who] = before
        # The first are those that were refused nothing for the longest.
        while len(self._minutes) > REMEMBERED_AT_MOST:
            del self._minutes[next(iter(self._minutes))]
        return before


_tally: Final = _Tally()
forget: Final = _tally.forget


def record_denial(*, actor: Actor, refusal: errors.DomainError, path: str, now: datetime) -> int:
    """The refused attempt stands in the log, in a transaction of its own, or is counted there.

    How many the actor has made within a minute of this process.
    """
    who = (actor.kind.value, actor.account_id, actor.app_id, actor.name)
    refused, untold = _tally.count(who, now=now)
    if untold is None:
        return refused
    detail: dict[str, object] = {"code": refusal.code}
    if untold:
        detail["untold"] = untold
    with transaction.atomic():
        log.record(
            actor=actor,
            action="core.access.denied",
            object_kind="path",
            object_id=path[:80],
            now=now,
            detail=detail,
        )
    return refused


def _is_told(number: int) -> bool:
    times, rest = divmod(number, SINGLY_AT_MOST)
    return number <= SINGLY_AT_MOST or (rest == 0 and times & (times - 1) == 0)
