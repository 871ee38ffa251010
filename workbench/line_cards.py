"""A unit's part in the lines of work, as the card on its page shows it."""

from dataclasses import dataclass
from datetime import datetime

from org.queries import lines
from org.queries.visibility import Viewer


@dataclass(frozen=True, slots=True)
class LineOfUnit:
    """One line of the unit, and who stands above it there."""

    line: lines.LineOfUnit
    above: lines.Competent | None


def of(unit_id: int, *, viewer: Viewer, at: datetime) -> list[LineOfUnit]:
    """Every line in which the unit serves."""
    return [
        LineOfUnit(line, lines.competent_unit(unit_id, line.line_id, at=at, viewer=viewer))
        for line in lines.lines_of([unit_id], at=at).get(unit_id, [])
    ]
