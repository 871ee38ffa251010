"""Numbers with slack for a tree: pure arithmetic, no database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

# Numbers that a unit without parts gets, when there is plenty. bigint holds 2^43 of these.
LEAF = 1 << 20
# Leaves that fit below a unit with parts before it has to be widened, at the least.
SPARE = 16


@dataclass(frozen=True, slots=True)
class Place:
    """Numbers of one unit, counted from the top of the plan; depth 0 is the top itself."""

    lft: int
    rght: int
    depth: int


@dataclass(frozen=True, slots=True)
class Plan:
    """Places of a unit and all below it, within `width` numbers from 0."""

    width: int
    places: dict[int, Place]


def leaf_width(free: int) -> int:
    """Numbers for a new unit in a hole of `free`: an eighth, so that others fit after it."""
    return max(2, min(LEAF, free // 8))


def plan(
    top: int, children: Mapping[int, Sequence[int]], *, spared: Mapping[int, int] | None = None
) -> Plan:
    """Numbers for `top` and everything that `children` hangs below it, with fresh slack.

    A unit's slack is half of what its parts take, at least SPARE leaves and room for one more
    part as large as the largest, plus what `spared` asks for. Units that `children` doesn't reach
    from `top` get no place.
    """
    extra = spared or {}
    order = _preorder(top, children)
    widths: dict[int, int] = {}
    for unit, _depth in reversed(order):
        parts = children.get(unit, ())
        content = sum(widths[part] for part in parts)
        largest = max((widths[part] for part in parts), default=0)
        slack = max(content // 2, largest, LEAF * SPARE) if parts else LEAF - 2
        widths[unit] = content + slack + extra.get(unit, 0) + 2
    places: dict[int, Place] = {}
    next_free: dict[int, int] = {}
    start = {top: 0}
    for unit, depth in order:
        first = start.pop(unit)
        places[unit] = Place(lft=first, rght=first + widths[unit] - 1, depth=depth)
        next_free[unit] = first + 1
        for part in children.get(unit, ()):
            start[part] = next_free[unit]
            next_free[unit] += widths[part]
    return Plan(width=widths[top], places=places)


def _preorder(top: int, children: Mapping[int, Sequence[int]]) -> list[tuple[int, int]]:
    order: list[tuple[int, int]] = []
    waiting = [(top, 0)]
    while waiting:
        unit, depth = waiting.pop()
        order.append((unit, depth))
        waiting.extend((part, depth + 1) for part in reversed(children.get(unit, ())))
    return order
