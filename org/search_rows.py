"""Keeps the rows that searches for people read in step with appointments and the tree."""

from collections.abc import Collection

from django.db import connection

from org import names
from org.kinds import AppointmentKind
from org.models import Appointment, AppointmentSearch
from org.queries import units
from org.queries.directory import ANCHORS
from org.queries.units import UnitName

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
    """The rows of all appointments at and below the unit stand under its present place."""
    with connection.cursor() as cursor:
        # Unit by unit: the planner does not know how few a range holds, and would read them all.
        cursor.execute(
            "SELECT a.id FROM org_unit r JOIN org_unit u ON u.tree_id = r.tree_id"
            " AND u.lft BETWEEN r.lft AND r.rght CROSS JOIN LATERAL ("
            "SELECT a.id FROM org_appointment a WHERE a.unit_id = u.id OFFSET 0) a WHERE r.id = %s",
            [unit_id],
        )
        write([row[0] for row in cursor.fetchall()])


def _organ(path: list[UnitName]) -> int | None:
    return next((unit.id for unit in reversed(path) if unit.kind in units.ORGAN_LIKE), None)


def anchors(path: list[UnitName]) -> dict[str, int | None]:
    """The city, county and township on a path."""
    found: dict[str, int | None] = dict.fromkeys(ANCHORS.values())
    for unit in path:
        if unit.kind == "region" and unit.level in ANCHORS:
            found[ANCHORS[unit.level]] = unit.id
    return found
