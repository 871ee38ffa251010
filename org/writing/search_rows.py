"""Keeps the rows that searches for people read in step with appointments and the tree."""

from collections.abc import Collection
from typing import Final

from django.db import connection

from org import names
from org.kinds import AppointmentKind
from org.models import Appointment, AppointmentSearch
from org.queries import units
from org.queries.directory import ANCHORS
from org.queries.units import UnitName

_INSIDE: Final = """EXISTS (SELECT 1 FROM org_unit x WHERE x.id = s.{column}
     AND x.tree_id = r.tree_id AND x.lft BETWEEN r.lft AND r.rght)"""
_COMES_ALONG: Final = ", ".join(
    f"coalesce(%({column})s::bigint, CASE WHEN {_INSIDE.format(column=column)}"
    f" THEN s.{column} END) AS {column}"
    for column in ANCHORS.values()
)
_ANCHORS: Final = ", ".join(ANCHORS.values())
_OLD: Final = ", ".join(f"s.{column}" for column in ANCHORS.values())
_NEW: Final = ", ".join(f"n.{column}" for column in ANCHORS.values())
# Unit by unit, then row by row: the planner does not know how few a range holds, and would read
# all appointments, then all search rows to join them. An array it takes for a few.
_FOLLOW: Final = f"""
WITH n AS MATERIALIZED (
    SELECT s.appointment_id, {_COMES_ALONG}, u.level,
           CASE WHEN {_INSIDE.format(column="organ_id")} THEN s.organ_id
                ELSE %(organ_id)s::bigint END AS organ_id
      FROM org_unit r JOIN org_unit u ON u.tree_id = r.tree_id AND u.lft BETWEEN r.lft AND r.rght
      CROSS JOIN LATERAL (SELECT a.id FROM org_appointment a WHERE a.unit_id = u.id OFFSET 0) a
      CROSS JOIN LATERAL (
        SELECT * FROM org_appointmentsearch s WHERE s.appointment_id = a.id OFFSET 0) s
     WHERE r.id = %(id)s)
UPDATE org_appointmentsearch s SET ({_ANCHORS}, organ_id, level) = ROW({_NEW}, n.organ_id, n.level)
  FROM n
 WHERE s.appointment_id = n.appointment_id
   AND s.appointment_id = ANY(ARRAY(SELECT appointment_id FROM n))
   AND ({_OLD}, s.organ_id, s.level) IS DISTINCT FROM ({_NEW}, n.organ_id, n.level)"""

# A few letters grow when they are lowered (İ).
NAME_AT_MOST = 60


def write(appointment_ids: Collection[int]) -> None:
    """The rows of the appointments say what the tables say now."""
    held = list(
        Appointment.objects.filter(pk__in=appointment_ids)
        .select_related("person", "post")
        .order_by("pk")
    )
    above = units.paths({appointment.unit_id for appointment in held})
    AppointmentSearch.objects.bulk_create(
        [
            AppointmentSearch(
                appointment_id=appointment.pk,
                name=appointment.person.name.lower()[:NAME_AT_MOST],
                pinyin=appointment.person.pinyin,
                initials=appointment.person.initials,
                grams=names.grams(appointment.person.name),
                organ_id=_organ(above[appointment.unit_id]),
                main=appointment.kind == AppointmentKind.MAIN,
                level=above[appointment.unit_id][-1].level,
                rank=appointment.post.rank,
                **anchors(above[appointment.unit_id]),
            )
            for appointment in held
        ],
        update_conflicts=True,
        unique_fields=["appointment"],
        update_fields=[
            "city_id", "county_id", "township_id", "name", "pinyin", "initials", "grams",
            "organ_id", "main", "level", "rank",
        ],
    )  # fmt: skip


def write_below(unit_id: int) -> None:
    """The rows of all appointments at and below the unit stand under its present place.

    What anchors a row inside the subtree moved along with it; the rest is the unit's own.
    """
    path = units.path(unit_id)
    with connection.cursor() as cursor:
        cursor.execute(_FOLLOW, {"id": unit_id, "organ_id": _organ(path), **anchors(path)})


def _organ(path: list[UnitName]) -> int | None:
    return next((unit.id for unit in reversed(path) if unit.kind in units.ORGAN_LIKE), None)


def anchors(path: list[UnitName]) -> dict[str, int | None]:
    """The city, county and township on a path."""
    found: dict[str, int | None] = dict.fromkeys(ANCHORS.values())
    for unit in path:
        if unit.kind == "region" and unit.level in ANCHORS:
            found[ANCHORS[unit.level]] = unit.id
    return found
