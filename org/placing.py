"""What may stand below what: pure rules, no database."""

from dataclasses import dataclass
from typing import Final

from org.kinds import UnitKind

MOST_NESTED: Final = 3
"""Departments below departments: 局 → 处 → 科, and no deeper."""


@dataclass(frozen=True, slots=True)
class Place:
    """What decides which kinds of unit may stand here.

    `departments` counts departments in a row: of what stands, from it upwards; of what is to
    stand below, from it downwards, each itself included.
    """

    kind: str
    level: int
    departments: int = 0


ALLOWED_BELOW: Final[dict[UnitKind, frozenset[UnitKind]]] = {
    UnitKind.REGION: frozenset(
        {
            UnitKind.ORGAN,
            UnitKind.FIELD_OFFICE,
            UnitKind.VIRTUAL,
            UnitKind.TEMPORARY,
            UnitKind.LINE_FOLDER,
        }
    ),
    UnitKind.ORGAN: frozenset(
        {
            UnitKind.ORGAN,
            UnitKind.FIELD_OFFICE,
            UnitKind.DEPARTMENT,
            UnitKind.VIRTUAL,
            UnitKind.TEMPORARY,
        }
    ),
    UnitKind.FIELD_OFFICE: frozenset({UnitKind.DEPARTMENT, UnitKind.TEMPORARY}),
    UnitKind.DEPARTMENT: frozenset({UnitKind.DEPARTMENT}),
    UnitKind.GROUP: frozenset(),
    UnitKind.VIRTUAL: frozenset({UnitKind.VIRTUAL, UnitKind.TEMPORARY}),
    UnitKind.TEMPORARY: frozenset(),
    UnitKind.LINE_FOLDER: frozenset({UnitKind.ORGAN, UnitKind.LINE_FOLDER}),
}
"""Besides regions below regions and groups below villages, whose levels decide."""


def may_contain(parent: Place, child: Place) -> bool:
    """Units of the child's kind and level may stand directly below the parent.

    A region holds regions of a lower level (one may be left out where the state has none: a
    prefecture city without counties); people's groups stand below villages; everything else has
    the level of what it stands below.
    """
    if child.kind == UnitKind.REGION:
        return parent.kind == UnitKind.REGION and child.level > parent.level
    if child.kind == UnitKind.GROUP:
        return parent.kind == UnitKind.REGION and parent.level == 5 and child.level == 6
    allowed = ALLOWED_BELOW[UnitKind(parent.kind)]
    return child.kind in allowed and child.level == parent.level and not too_deep(parent, child)


def too_deep(parent: Place, child: Place) -> bool:
    """More departments would stand below each other than MOST_NESTED."""
    if child.kind != UnitKind.DEPARTMENT:
        return False
    return parent.departments + max(1, child.departments) > MOST_NESTED


def keeps_level(kind: str) -> bool:
    """The level is the unit's own; all other kinds take the level of what they stand below."""
    return kind in (UnitKind.REGION, UnitKind.GROUP)
