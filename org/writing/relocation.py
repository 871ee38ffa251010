"""Brings a unit below another parent, and all that is derived from its place with it."""

from datetime import datetime
from typing import Final

from django.db import connection

from core import events
from org import placing, tree
from org.events import UnitMoved
from org.models import Unit
from org.writing import founding, headcounts, pasts, search_rows

_BELOW: Final = """
SELECT b.id FROM org_unit r JOIN org_unit b ON b.tree_id = r.tree_id
   AND b.lft BETWEEN r.lft AND r.rght WHERE r.id = %s"""


def relocate(unit: Unit, *, parent_id: int, at: datetime) -> int:
    """The unit stands last below the parent, with all that is below it; returns how many units.

    Names, codes and order below it stay. An organ, and all within it, takes the level of its new
    place. The caller holds the rows (`tree.hold_all`) and has judged what may stand where.
    """
    level = Unit.objects.values_list("level", flat=True).get(pk=parent_id)
    takes_level = not placing.keeps_level(unit.kind) and unit.level != level
    changing = _below(unit.pk) if takes_level else [unit.pk]
    pasts.keep(changing, at=at)
    moved = tree.move(unit_id=unit.pk, parent_id=parent_id)
    Unit.objects.filter(pk=unit.pk).update(sort=founding.behind(parent_id, but=unit.pk))
    if takes_level:
        Unit.objects.filter(pk__in=changing).update(level=level)
    headcounts.note_move(
        unit_id=unit.pk, old_parent_id=moved.old_parent_id, new_parent_id=parent_id
    )
    search_rows.write_below(unit.pk)
    events.publish(
        UnitMoved(
            unit_id=unit.pk,
            old_parent_id=moved.old_parent_id,
            parent_id=parent_id,
            moved_at=at,
        )
    )
    return moved.units


def _below(unit_id: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(_BELOW, [unit_id])
        return [row[0] for row in cursor.fetchall()]
