"""What can be wrong with a row, and how it is said."""

from dataclasses import dataclass, field
from typing import Final

from org.kinds import FaultGravity

TEXT_AT_MOST: Final = 300


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong. `row` counts from 1 as spreadsheets do; `key` is the field."""

    row: int
    key: str
    code: str
    text: str
    gravity: FaultGravity = FaultGravity.ERROR


@dataclass(slots=True)
class Faults:
    """The faults of one file, in the order they were found."""

    found: list[Fault] = field(default_factory=list)
    rows: set[int] = field(default_factory=set)
    """Rows with at least one error: nothing of them is imported."""

    def error(self, row: int, key: str, code: str, text: str) -> None:
        """The row is not imported."""
        self.found.append(Fault(row, key, code, text[:TEXT_AT_MOST]))
        self.rows.add(row)

    def note(self, row: int, key: str, code: str, text: str) -> None:
        """The row is imported; something about it should be known."""
        self.found.append(Fault(row, key, code, text[:TEXT_AT_MOST], FaultGravity.NOTE))
