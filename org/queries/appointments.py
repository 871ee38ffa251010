"""Who holds which post in which unit at an instant."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import connection

from core import paging
from org.kinds import AppointmentKind, PostFunction
from org.queries import units

_ROSTER: Final = paging.Cursors("org.roster", tuple[int, int, int])
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
    office_phone: str
    valid_from: datetime
    valid_to: datetime | None


@dataclass(frozen=True, slots=True)
class Tenure:
    """One appointment of a person, past, present or to come, with where it was held."""

    id: int
    unit_id: int
    unit_path: str
    title: str
    kind: str
    kind_name: str
    office_phone: str
    valid_from: datetime
    valid_to: datetime | None
    standing: str
    """past, present or coming."""


@dataclass(frozen=True, slots=True)
class Ended:
    """An appointment that is over, and the post taken on at the instant of its end, if any."""

    person_id: int
    unit_name: str
    title: str
    kind_name: str
    ended_at: datetime
    next_unit_name: str
    next_title: str


@dataclass(frozen=True, slots=True)
class RosterLine:
    """One appointment in a unit as its administrators see it, with its dates."""

    appointment_id: int
    person_id: int
    name: str
    staff_number: str
    job_level: str
    title: str
    function: str
    kind: str
    rank: int
    order: int
    office_phone: str
    valid_from: datetime
    valid_to: datetime | None
    is_coming: bool

    @property
    def kind_name(self) -> str:
        """The kind of appointment in words."""
        return str(AppointmentKind(self.kind).label)


def of_person(person_id: int, *, at: datetime) -> list[Held]:
    """The person's appointments, the main one first."""
    return _held(f"a.person_id = %(id)s AND {_HOLDS} ORDER BY {_MAIN_FIRST}", id=person_id, at=at)


def by_id(appointment_id: int, *, at: datetime) -> Held | None:
    """The appointment if it stands at that instant."""
    found = _held(f"a.id = %(id)s AND {_HOLDS}", id=appointment_id, at=at)
    return found[0] if found else None


def lasting(appointment_id: int, *, at: datetime) -> Held | None:
    """The appointment if it stands at that instant or is still to come."""
    found = _held(
        "a.id = %(id)s AND (a.valid_to IS NULL OR a.valid_to > %(at)s)", id=appointment_id, at=at
    )
    return found[0] if found else None


def ended(appointment_id: int, *, at: datetime) -> Ended | None:
    """The appointment once it is over; None before, and for one that never was."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT a.person_id, u.name, p.title, a.kind, a.valid_to, n.name, q.title"
            " FROM org_appointment a JOIN org_post p ON p.id = a.post_id"
            " JOIN org_unit u ON u.id = a.unit_id"
            " LEFT JOIN org_appointment b ON b.person_id = a.person_id AND b.kind = a.kind"
            "  AND b.valid_from = a.valid_to"
            " LEFT JOIN org_post q ON q.id = b.post_id LEFT JOIN org_unit n ON n.id = b.unit_id"
            " WHERE a.id = %(id)s AND a.valid_to <= %(at)s ORDER BY b.id LIMIT 1",
            {"id": appointment_id, "at": at},
        )
        row = cursor.fetchone()
    if row is None:
        return None
    kind = str(AppointmentKind(row[3]).label)
    return Ended(row[0], row[1], row[2], kind, row[4], row[5] or "", row[6] or "")


def in_unit(unit_id: int, *, at: datetime) -> list[Held]:
    """The appointments in the unit itself, by rank, then order."""
    return _held(
        f'a.unit_id = %(id)s AND {_HOLDS} ORDER BY p.rank, a."order", a.id', id=unit_id, at=at
    )


def home_unit(person_id: int, *, at: datetime) -> int | None:
    """The unit whose administrators of people are in charge of the person.

    That of the main post; of the last one where there is none at the instant; of any appointment
    where there never was a main one. None for somebody who never served.
    """
    found = _ids(
        f"SELECT a.unit_id FROM org_appointment a WHERE a.person_id = %(id)s"
        f" ORDER BY a.kind <> 'main', NOT ({_HOLDS}), a.valid_from DESC, a.id DESC LIMIT 1",
        id=person_id,
        at=at,
    )
    return found[0] if found else None


def ranks_in(unit_id: int, *, at: datetime) -> dict[int, int]:
    """Every appointment in the unit itself with the rank of its post, in their order."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT a.id, p.rank FROM org_appointment a JOIN org_post p ON p.id = a.post_id"
            f' WHERE a.unit_id = %(id)s AND {_HOLDS} ORDER BY p.rank, a."order", a.id',
            {"id": unit_id, "at": at},
        )
        return dict(cursor.fetchall())


def roster(
    unit_id: int, *, at: datetime, limit: int = 50, cursor: str | None = None
) -> paging.Page[RosterLine]:
    """The appointments in the unit itself by rank and order, those to come included."""
    after = _ROSTER.decode(cursor) or (-1, -(2**31), 0)
    with connection.cursor() as rows:
        rows.execute(
            "SELECT a.id, a.person_id, s.name, s.staff_number, s.job_level, p.title, p.function,"
            ' a.kind, p.rank, a."order", a.office_phone, a.valid_from, a.valid_to,'
            " a.valid_from > %(at)s"
            " FROM org_appointment a JOIN org_post p ON p.id = a.post_id"
            " JOIN org_person s ON s.id = a.person_id WHERE a.unit_id = %(id)s"
            " AND (a.valid_to IS NULL OR a.valid_to > %(at)s)"
            ' AND (p.rank, a."order", a.id) > (%(rank)s, %(order)s, %(after)s)'
            ' ORDER BY p.rank, a."order", a.id LIMIT %(limit)s',
            {
                "id": unit_id,
                "at": at,
                "rank": after[0],
                "order": after[1],
                "after": after[2],
                "limit": limit + 1,
            },
        )
        found = [RosterLine(*row) for row in rows.fetchall()]
    shown = found[:limit]
    if len(found) <= limit:
        return paging.Page(shown, None)
    last = shown[-1]
    return paging.Page(shown, _ROSTER.encode((last.rank, last.order, last.appointment_id)))


def tenures(person_id: int, *, at: datetime) -> list[Tenure]:
    """All appointments the person ever had or is to have, the latest beginning first."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT a.id, a.unit_id, p.title, a.kind, a.office_phone, a.valid_from, a.valid_to,"
            " CASE WHEN a.valid_from > %(at)s THEN 'coming' WHEN a.valid_to <= %(at)s THEN 'past'"
            " ELSE 'present' END"
            " FROM org_appointment a JOIN org_post p ON p.id = a.post_id"
            " WHERE a.person_id = %(id)s ORDER BY a.valid_from DESC, a.id DESC",
            {"id": person_id, "at": at},
        )
        rows = cursor.fetchall()
    above = units.paths({row[1] for row in rows})
    return [
        Tenure(
            id=row[0],
            unit_id=row[1],
            unit_path=" / ".join(unit.name for unit in above[row[1]]),
            title=row[2],
            kind=row[3],
            kind_name=str(AppointmentKind(row[3]).label),
            office_phone=row[4],
            valid_from=row[5],
            valid_to=row[6],
            standing=row[7],
        )
        for row in rows
    ]


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
    # Unit by unit: the planner does not know how few a range holds, and would read all units.
    return _ids(
        f"""
        SELECT DISTINCT a.person_id FROM org_unit r CROSS JOIN LATERAL (
            SELECT u.id FROM org_unit u
             WHERE u.tree_id = r.tree_id AND u.lft BETWEEN r.lft AND r.rght OFFSET 0) u
          CROSS JOIN LATERAL (
            SELECT a.person_id FROM org_appointment a
             WHERE a.unit_id = u.id AND {_HOLDS} OFFSET 0) a
         WHERE r.id = ANY(%(ids)s) ORDER BY 1""",
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
    return heads_above_many([unit_id], levels, at=at).get(unit_id, [])


def heads_above_many(
    unit_ids: Collection[int], levels: int, *, at: datetime
) -> dict[int, list[int]]:
    """`heads_above` of many units, in two statements."""
    above = units.paths(unit_ids)
    heads = _heads({unit.id for path in above.values() for unit in path}, at=at)
    found: dict[int, list[int]] = {}
    for unit_id, path in above.items():
        # Of somebody who heads several of them, the lowest counts.
        known = dict.fromkeys(heads[unit.id] for unit in reversed(path) if unit.id in heads)
        found[unit_id] = list(known)[:levels]
    return found


def _heads(unit_ids: Collection[int], *, at: datetime) -> dict[int, int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT ON (a.unit_id) a.unit_id, a.person_id"
            " FROM org_appointment a JOIN org_post p ON p.id = a.post_id"
            f" WHERE a.unit_id = ANY(%(ids)s) AND p.function = 'head' AND {_HOLDS}"
            ' ORDER BY a.unit_id, p.rank, a."order", a.id',
            {"ids": list(unit_ids), "at": at},
        )
        return dict(cursor.fetchall())


def _held(where: str, **values: Any) -> list[Held]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT a.id, a.person_id, a.unit_id, a.post_id, p.title, p.function, a.kind,"
            " a.office_phone, a.valid_from, a.valid_to FROM org_appointment a"
            f" JOIN org_post p ON p.id = a.post_id WHERE {where}",
            values,
        )
        return [Held(*row) for row in cursor.fetchall()]


def _ids(sql: str, **values: Any) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return [row[0] for row in cursor.fetchall()]
