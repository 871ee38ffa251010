"""Units of one name below one unit: refused where somebody names one, else told apart."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Final

from core.errors import DomainError
from org import errors
from org.models import Unit
from org.queries import obstacles, units

NAME_AT_MOST: Final = 120


def clash(parent_id: int | None, name: str, *, but: Collection[int] = ()) -> list[DomainError]:
    """Why no unit of this name may come below the parent; empty where it may.

    Those in `but` are not counted: the unit itself, or what makes way for it. Whoever writes holds
    the parent's row, so that no two come in at once.
    """
    if parent_id is None:
        return []
    named = Unit.objects.filter(parent_id=parent_id, name=name, valid_to=None)
    if not named.exclude(pk__in=but).exists():
        return []
    parent = units.names([parent_id])[parent_id]
    return [errors.UnitNameTaken(parent=parent.name, name=name)]


def told_apart(unit_ids: Sequence[int], into_id: int | None) -> Mapping[int, str]:
    """The new names of the parts of merged units that meet a part of the same name.

    What stands below the unit that goes on keeps its name; the others bear the name of the unit
    that they come from before their own.
    """
    brought = obstacles.parts_of(unit_ids)
    taken = {part.name for part in obstacles.parts_of([into_id])} if into_id else set()
    counted = Counter(part.name for part in brought)
    former = units.names(unit_ids)
    meeting = [part for part in brought if counted[part.name] > 1 or part.name in taken]
    taken |= {part.name for part in brought} - {part.name for part in meeting}
    named: dict[int, str] = {}
    for part in meeting:
        above = former[part.parent_id].name if part.parent_id in former else ""
        named[part.id] = _free(f"{above}{part.name}"[:NAME_AT_MOST], taken)
        taken.add(named[part.id])
    return named


def _free(name: str, taken: Collection[str]) -> str:
    number, found = 1, name
    while found in taken:
        number += 1
        found = f"{name[: NAME_AT_MOST - 5]}（{number}）"
    return found
