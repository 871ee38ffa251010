"""Who holds which post in which unit at an instant."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from org.kinds import PostFunction
from org.queries import units

_HOLDS = "a.valid_from <= %(at)s AND (a.valid_to IS NULL OR a.valid_to > %(at)s)"
_MAIN_FIRST = "a.kind <> 'main', a.valid_from, a.id"


@dataclass(frozen=True, slots=True)
class Held:
    """An appointment of one person as it stands at the instant asked for."""

    id: int
    person_id: int
    unit_id: int
    post_id: int
    title: str
    function: str
    kind: str


def of_person(person_id: int, *, at: datetime) -> list[Held]:
    """The person's appointments, the main one first."""
    return _held(f"a.person_id = %(id)s AND {_HOLDS} ORDER BY {_MAIN_FIRST}", id=person_id, at=at)


def by_id(appointment_id: int, *, at: datetime) -> Held | None:
    """The appointment if it stands at that instant."""
    found = _held(f"a.id = %(id)s AND {_HOLDS}", id=appointment_id, at=at)
    return found[0] if found else None


def in_unit(unit_id: int, *, at: datetime) -> list[Held]:
    """The appointments in the unit itself, by rank, then order."""
    return _held(
        f'a.unit_id = %(id)s AND {_HOLDS} ORDER BY p.rank, a."order", a.id', id=unit_id, at=at
    )


def person_ids_in(unit_id: int, *, at: datetime) -> list[int]:
    """The people with an appointment in the unit itself, in ascending order of id."""
    return _ids(
        f"SELECT DISTINCT a.person_id FROM org_appointment a WHERE a.unit_id = %(id)s AND {_HOLDS}"
        " ORDER BY 1",
        id=unit_id,
        at=at,
    )


def person_ids_in_subtree(unit_id: int, *, at: datetime) -> list[int]:
    """The people with an appointment in the unit or anywhere below it, in order of id."""
    return person_ids_in_subtrees([unit_id], at=at)


def person_ids_in_subtrees(unit_ids: Collection[int], *, at: datetime) -> list[int]:
    """The people with an appointment at or below any of the units, each once, in order of id."""
    return _ids(
        "SELECT DISTINCT a.person_id FROM org_unit r JOIN org_unit u ON u.tree_id = r.tree_id"
        " AND u.lft BETWEEN r.lft AND r.rght JOIN org_appointment a ON a.unit_id = u.id"
        f" WHERE r.id = ANY(%(ids)s) AND {_HOLDS} ORDER BY 1",
        ids=list(unit_ids),
        at=at,
    )


def function_holders(unit_id: int, function: PostFunction | str, *, at: datetime) -> list[int]:
    """The people with posts of the function in the unit or its inner departments, by rank.

    Inner departments only: neither subordinate organs nor lower regions are looked into.
    """
    return _ids(
        """
        WITH RECURSIVE inner_unit AS (
          SELECT id FROM org_unit WHERE id = %(id)s
          UNION ALL
          SELECT c.id FROM org_unit c JOIN inner_unit i ON c.parent_id = i.id
           WHERE c.kind = 'department'
        )
        SELECT person_id FROM (
          SELECT a.person_id, min((a.unit_id <> %(id)s)::int * 1000000 + p.rank * 1000 + a."order")
                 AS place
            FROM inner_unit i JOIN org_appointment a ON a.unit_id = i.id
            JOIN org_post p ON p.id = a.post_id"""
        f" WHERE p.function = %(function)s AND {_HOLDS} GROUP BY a.person_id"
        ") holder ORDER BY place, person_id",
        id=unit_id,
        function=str(function),
        at=at,
    )


def head_of(unit_id: int, *, at: datetime) -> int | None:
    """The person who heads the unit itself: of several, the first by rank and order."""
    heads = _ids(
        "SELECT a.person_id FROM org_appointment a JOIN org_post p ON p.id = a.post_id"
        f" WHERE a.unit_id = %(id)s AND p.function = 'head' AND {_HOLDS}"
        ' ORDER BY p.rank, a."order", a.id LIMIT 1',
        id=unit_id,
        at=at,
    )
    return heads[0] if heads else None


def heads_above(unit_id: int, levels: int, *, at: datetime) -> list[int]:
    """The heads of the unit and of those above it, lowest first, at most `levels` of them.

    Units without a head are passed over: the next one up decides.
    """
    found: list[int] = []
    for unit in reversed(units.path(unit_id)):
        head = head_of(unit.id, at=at)
        if head is not None and head not in found:
            found.append(head)
        if len(found) == levels:
            break
    return found


def _held(where: str, **values: Any) -> list[Held]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT a.id, a.person_id, a.unit_id, a.post_id, p.title, p.function, a.kind"
            " FROM org_appointment a JOIN org_post p ON p.id = a.post_id WHERE " + where,
            values,
        )
        return [Held(*row) for row in cursor.fetchall()]


def _ids(sql: str, **values: Any) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return [row[0] for row in cursor.fetchall()]
