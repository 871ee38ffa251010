"""Refused attempts: each stands in the log, until one actor makes so many that they are counted.

Whoever asks for what is not his fifty times a second would otherwise write the log full, and lock
its chain against everybody else's acts. What was only counted has an entry as well once its minute
is over: with the next refusal of anybody, the next request of somebody signed in, or when the
process is told to stop. Only a process that is killed takes the counts of its last minute along.
"""

from datetime import datetime
from typing import Final

import structlog
from django.db import transaction

from core import errors
from core.actor import Actor
from core.audit import log
from core.audit.tallies import WHILE, Place, Refused, Tally, Untold

PATIENCE: Final = 120
"""Refusals of an actor within a minute after which nothing is said of what is asked for: a socket
is closed, a request is answered with 429. No client of ours comes near it."""

_tally = Tally()
logger = structlog.get_logger(__name__)


def record_denial(*, actor: Actor, refusal: errors.DomainError, path: str, now: datetime) -> int:
    """The refused attempt stands in the log, in a transaction of its own, or is counted there.

    How many the actor has made within a minute of this process.
    """
    number, untold = _tally.count(Refused(actor, refusal.code, path[:80], now))
    tell_counted(now=now)
    if untold is not None:
        _tell(untold)
    return number


def tell_counted(*, now: datetime) -> None:
    """What was counted in minutes that are over stands in the log, or stays owed to it."""
    owed = _tally.owed(at=now)
    for place, untold in enumerate(owed):
        try:
            _tell(untold)
        except Exception:  # whoever asked for something else meanwhile is answered all the same
            logger.exception("counted refusals were not told")
            for left in owed[place + 1 :]:
                _tally.give_back(left)
            return


def tell_all(*, now: datetime) -> None:
    """Everything that was counted stands in the log: the process stops."""
    tell_counted(now=now + WHILE)


def _tell(untold: Untold) -> None:
    """One entry, that of the last refusal, for all of them; without it they stay owed."""
    last = untold.last
    detail: dict[str, object] = {"code": last.code}
    if untold.number > 1:
        detail |= {"untold": untold.number - 1, **_others(last, untold.places)}
    try:
        with transaction.atomic():
            log.record(
                actor=last.actor,
                action="core.access.denied",
                object_kind="path",
                object_id=last.path,
                now=last.at,
                detail=detail,
            )
    except BaseException:
        _tally.give_back(untold)
        raise


def _others(last: Refused, places: set[Place]) -> dict[str, object]:
    """What else was asked for, from which other addresses and posts."""
    found: dict[str, object] = {
        "paths": sorted({one.path for one in places} - {last.path}),
        "addresses": sorted({one.address for one in places} - {last.actor.address}),
        "appointment_ids": sorted(
            {one.appointment_id for one in places if one.appointment_id is not None}
            - {last.actor.appointment_id}
        ),
    }
    return {name: value for name, value in found.items() if value}
