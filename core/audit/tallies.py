"""How often each actor was refused of late, and what of it has no entry in the log yet."""

import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from core.actor import Actor

SINGLY_AT_MOST: Final = 30
"""Refusals of an actor within a minute that have an entry each. Then each doubling has one."""
NAMED_AT_MOST: Final = 60
"""Different places that one entry names: as many as there can be below `denials.PATIENCE`."""
REMEMBERED_AT_MOST: Final = 10_000
WHILE: Final = timedelta(minutes=1)

_Who = tuple[str, int | None, int | None, str]


@dataclass(frozen=True, slots=True)
class Refused:
    """One refusal: who was refused what, and when."""

    actor: Actor
    code: str
    path: str
    at: datetime

    @property
    def who(self) -> _Who:
        """The account, whatever post and address it acts from."""
        return (self.actor.kind.value, self.actor.account_id, self.actor.app_id, self.actor.name)


@dataclass(frozen=True, slots=True)
class Place:
    """What was asked for, and from where."""

    path: str
    address: str
    appointment_id: int | None


@dataclass(slots=True)
class Untold:
    """Refusals of one actor that have no entry yet; the last of them stands for all."""

    last: Refused
    number: int = 0
    places: set[Place] = field(default_factory=set)

    def add(self, refused: Refused) -> None:
        """One more, which is the last."""
        self.last = refused
        self.number += 1
        actor = refused.actor
        self._keep({Place(refused.path, actor.address, actor.appointment_id)})

    def join(self, others: "Untold") -> None:
        """Those that could not be told before count with these."""
        self.number += others.number
        self._keep(others.places)

    def _keep(self, places: set[Place]) -> None:
        for place in places:
            if len(self.places) < NAMED_AT_MOST:
                self.places.add(place)


@dataclass(slots=True)
class _Minute:
    """What one actor was refused since it began."""

    began_at: datetime
    refused: int = 0
    untold: Untold | None = None


class Tally:
    """What this process knows of it. Whatever leaves it is handed to somebody who tells it."""

    def __init__(self) -> None:
        self._minutes: dict[_Who, _Minute] = {}
        """Those that began first stand first."""
        self._owed: dict[_Who, Untold] = {}
        """What is left of minutes that are over, or could not be told."""
        self._lock = threading.Lock()

    def count(self, refused: Refused) -> tuple[int, Untold | None]:
        """How many it is within the minute, and what is to be told with it; None: nothing yet."""
        with self._lock:
            self._end_those_over(refused.at)
            minute = self._minutes.get(refused.who)
            if minute is None:
                if len(self._minutes) >= REMEMBERED_AT_MOST:
                    self._end_first()
                minute = self._minutes[refused.who] = _Minute(refused.at)
            minute.refused += 1
            untold = minute.untold or Untold(refused)
            untold.add(refused)
            is_told = _is_told(minute.refused)
            minute.untold = None if is_told else untold
            return minute.refused, untold if is_told else None

    def owed(self, *, at: datetime) -> list[Untold]:
        """What is left of the minutes that are over by then: tell it, or give it back."""
        with self._lock:
            self._end_those_over(at)
            owed, self._owed = self._owed, {}
            return list(owed.values())

    def give_back(self, untold: Untold) -> None:
        """It could not be told: whoever tells next takes it up."""
        with self._lock:
            self._owe(untold)

    def _end_those_over(self, at: datetime) -> None:
        while self._minutes and at - next(iter(self._minutes.values())).began_at >= WHILE:
            self._end_first()

    def _end_first(self) -> None:
        minute = self._minutes.pop(next(iter(self._minutes)))
        if minute.untold is not None:
            self._owe(minute.untold)

    def _owe(self, untold: Untold) -> None:
        before = self._owed.get(untold.last.who)
        if before is not None:
            before.join(untold)
        elif len(self._owed) < REMEMBERED_AT_MOST:
            self._owed[untold.last.who] = untold


def _is_told(number: int) -> bool:
    times, rest = divmod(number, SINGLY_AT_MOST)
    return number <= SINGLY_AT_MOST or (rest == 0 and times & (times - 1) == 0)
