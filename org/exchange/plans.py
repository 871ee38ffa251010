"""What an import would do, in the same words for people and for units."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from org.kinds import ImportOutcome

UNCHANGED: Final = "unchanged"
GUARD_SHARE: Final = 20
"""More than one in twenty ending stops a full synchronisation until somebody says it is meant."""
GUARD_FROM: Final = 20
"""Parts with fewer people are not watched by themselves: one who leaves is a twentieth of them."""


@dataclass(frozen=True, slots=True)
class Line:
    """What one row changes, as people read it: label → text. Phone numbers are masked."""

    row: int
    outcome: ImportOutcome
    name: str
    place: str
    before: dict[str, str] = field(default_factory=dict)
    after: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Guarded:
    """More of this unit would end than is done without asking."""

    name: str
    ending: int
    of: int


@dataclass(slots=True)
class Summary:
    """What the page and the second person are told."""

    lines: list[Line] = field(default_factory=list)
    unchanged: int = 0
    touched: int = 0
    """People (or units) that something happens to."""
    guarded: list[Guarded] = field(default_factory=list)

    @property
    def counts(self) -> dict[str, int]:
        """How many rows have which outcome."""
        found = Counter(line.outcome.value for line in self.lines)
        return {
            **{outcome.value: found.get(outcome.value, 0) for outcome in ImportOutcome},
            UNCHANGED: self.unchanged,
            "touched": self.touched,
        }


def guarded(parts: Iterable[tuple[str, int, int]]) -> list[Guarded]:
    """Those of (name, ending, of) of which more than a twentieth ends."""
    return [Guarded(name, ending, of) for name, ending, of in parts if ending * GUARD_SHARE > of]


def digest(acts: Sequence[Any]) -> str:
    """The same for two plans exactly if they do the same."""
    text = json.dumps([asdict(act) for act in acts], sort_keys=True, default=_plain)
    return hashlib.sha256(text.encode()).hexdigest()


def differing(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[dict[str, str], ...]:
    """Both sides of what differs, and nothing else."""
    keys = [key for key in after if after[key] != before.get(key, "")]
    return {k: before.get(k, "") for k in keys}, {k: after[k] for k in keys}


def _plain(value: object) -> str:
    if isinstance(value, date | datetime | UUID):
        return str(value)
    raise TypeError(f"{type(value).__name__} stands in no plan")
