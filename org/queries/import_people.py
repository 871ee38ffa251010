"""What is known of the people whom a file speaks of, and of the units it puts them in."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import connection
from django.utils import timezone

from core import crypto
from org import policies
from org.exchange import neutral, places
from org.exchange.people_rows import PersonRow
from org.exchange.people_state import Held, Known, PeopleState, Term
from org.exchange.places import Place, Places
from org.queries import units
from org.queries.units import UnitName

_WITHIN: Final = """JOIN org_unit top ON top.id = %(root)s AND u.tree_id = top.tree_id
  AND u.lft BETWEEN top.lft AND top.rght"""
_STANDS: Final = "u.valid_from <= %(at)s AND (u.valid_to IS NULL OR u.valid_to > %(at)s)"
_HOLDS: Final = "a.valid_from <= %(at)s AND (a.valid_to IS NULL OR a.valid_to > %(at)s)"
_ELSEWHERE: Final = "其他单位"
BACK_AT_MOST: Final = timedelta(days=90)
"""A little less than org.writing.tenures allows for a single appointment."""


@dataclass(frozen=True, slots=True)
class Scope:
    """The unit an import is about, and who imports: nothing outside both is seen."""

    root_id: int
    administrator: policies.Administrator
    at: datetime

    @property
    def values(self) -> dict[str, Any]:
        """What the fragments of SQL ask for."""
        return {"root": self.root_id, "at": self.at, **self.administrator.values}


def state(rows: Sequence[PersonRow], scope: Scope, *, whole: bool) -> PeopleState:
    """All that a plan for the rows is made from; with `whole` everybody of the unit besides."""
    found = Places(placed(rows, scope))
    known = _known(_person_ids(rows, scope, whole=whole), scope)
    if whole:
        held = {one.unit_id for person in known.values() for one in person.held if one.is_within}
        found = Places({**found.by_id, **_by_ids(held | {scope.root_id}, scope)}.values())
    today = timezone.localtime(scope.at).date()
    return PeopleState(
        root_id=scope.root_id,
        importer_id=scope.administrator.person_id,
        places=found,
        known=known,
        posts=_posts(found.by_id, {row.title for row in rows}),
        at=scope.at,
        today=today,
        earliest=today - BACK_AT_MOST,
    )


def placed(rows: Iterable[PersonRow], scope: Scope) -> list[Place]:
    """The units that the cells of the rows may mean, within the scope only."""
    rows = list(rows)
    return find_places(
        {row.unit_code for row in rows if row.unit_code},
        places.names_in(row.unit for row in rows if not row.unit_code),
        scope,
    )


def find_places(codes: Collection[str], names: Collection[str], scope: Scope) -> list[Place]:
    """Standing units of the scope with one of the codes or names."""
    condition = "(upper(u.code) = ANY(%(codes)s) OR u.name = ANY(%(names)s))"
    return _places(condition, {"codes": list(codes), "names": list(names)}, scope)


def _by_ids(unit_ids: Collection[int], scope: Scope) -> dict[int, Place]:
    found = _places("u.id = ANY(%(ids)s)", {"ids": list(unit_ids)}, scope)
    return {place.id: place for place in found}


def _places(condition: str, values: dict[str, Any], scope: Scope) -> list[Place]:
    rows = _fetch(
        f"SELECT u.id, u.code, u.name, u.kind, u.level, u.parent_id FROM org_unit u {_WITHIN}"
        f" WHERE {condition} AND {_STANDS} AND {policies.ADMINISTERED}",
        {**values, **scope.values},
    )
    above = units.paths([row[0] for row in rows])
    return [
        Place(uid, code, name, kind, level, parent, tuple(unit.name for unit in above[uid]))
        for uid, code, name, kind, level, parent in rows
    ]


def _person_ids(rows: Sequence[PersonRow], scope: Scope, *, whole: bool) -> list[int]:
    """Whoever has a number, phone or staff number of the rows, or a name of theirs in the unit."""
    everybody = f"""UNION SELECT a.person_id FROM org_appointment a
      JOIN org_unit u ON u.id = a.unit_id {_WITHIN} WHERE {_HOLDS}"""
    return [
        row[0]
        for row in _fetch(
            f"""
            SELECT id FROM org_person WHERE public_id = ANY(%(numbers)s::uuid[])
            UNION SELECT id FROM org_person WHERE phone_index = ANY(%(phones)s)
            UNION SELECT id FROM org_person
                   WHERE staff_number <> '' AND staff_number = ANY(%(staff)s)
            UNION SELECT p.id FROM org_appointment a JOIN org_person p ON p.id = a.person_id
                    JOIN org_unit u ON u.id = a.unit_id {_WITHIN}
                   WHERE p.name = ANY(%(names)s) AND {_HOLDS}
            {everybody if whole else ""}""",
            {
                "numbers": [row.number for row in rows if row.number],
                "phones": [crypto.blind_index(p) for p in {r.phone for r in rows if r.phone}],
                "staff": list({row.staff_number for row in rows if row.staff_number}),
                "names": list({row.name for row in rows}),
                **scope.values,
            },
        )
    ]


def _known(person_ids: list[int], scope: Scope) -> dict[int, Known]:
    held, terms, homes = _appointments(person_ids, scope)
    people = _fetch(
        "SELECT p.id, p.public_id, p.name, p.phone_cipher, p.staff_number, p.job_level, p.status,"
        " EXISTS (SELECT FROM org_admingrant g WHERE g.person_id = p.id AND g.revoked_at IS NULL"
        "         AND (g.valid_until IS NULL OR g.valid_until > %(at)s))"
        " FROM org_person p WHERE p.id = ANY(%(ids)s) ORDER BY p.id",
        {"ids": person_ids, "at": scope.at},
    )
    return {
        person_id: Known(
            id=person_id,
            number=number,
            name=neutral.plain(name),
            phone=crypto.decrypt_text(bytes(sealed)) if sealed else "",
            staff_number=neutral.plain(staff),
            job_level=neutral.plain(level),
            is_active=status == "active",
            administers=administers,
            held=tuple(held.get(person_id, ())),
            terms=tuple(terms.get(person_id, ())),
            home_is_ours=homes.get(person_id, True),
        )
        for person_id, number, name, sealed, staff, level, status, administers in people
    }


def _appointments(
    person_ids: list[int], scope: Scope
) -> tuple[dict[int, list[Held]], dict[int, list[Term]], dict[int, bool]]:
    rows = _fetch(
        f"""
        SELECT a.person_id, a.id, a.unit_id, t.title, t.function, a.kind, a."order", a.office_phone,
               a.valid_from, a.valid_to, {_HOLDS}, {policies.ADMINISTERED},
               u.tree_id = top.tree_id AND u.lft BETWEEN top.lft AND top.rght
          FROM org_appointment a JOIN org_unit u ON u.id = a.unit_id
          JOIN org_post t ON t.id = a.post_id JOIN org_unit top ON top.id = %(root)s
         WHERE a.person_id = ANY(%(ids)s) ORDER BY a.valid_from, a.id""",
        {"ids": person_ids, **scope.values},
    )
    above = units.paths({row[2] for row in rows if row[10] and row[11]})
    held: dict[int, list[Held]] = {}
    homes: dict[int, bool] = {}
    terms: dict[int, list[Term]] = {}
    for (person_id, appointment_id, unit_id, title, function, kind, order, office, begin, end,
         holds, ours, within) in rows:  # fmt: skip
        terms.setdefault(person_id, []).append(Term(unit_id, kind, begin, end))
        homes[person_id] = ours
        if not holds:
            continue
        held.setdefault(person_id, []).append(
            Held(
                id=appointment_id,
                unit_id=unit_id,
                place=_place(above[unit_id]) if ours else _ELSEWHERE,
                title=neutral.plain(title),
                function=function,
                kind=kind,
                order=order,
                office_phone=neutral.plain(office),
                since=timezone.localtime(begin).date(),
                until=end,
                is_ours=ours,
                is_within=within,
            )
        )
    return held, terms, homes


def _place(path: Sequence[UnitName]) -> str:
    names = [unit.name for unit in path]
    return "/".join(names[1:] or names)


def _posts(unit_ids: Collection[int], titles: Collection[str]) -> dict[tuple[int, str], str]:
    rows = _fetch(
        "SELECT unit_id, title, function FROM org_post"
        " WHERE unit_id = ANY(%(units)s) AND title = ANY(%(titles)s)",
        {"units": list(unit_ids), "titles": list(titles)},
    )
    return {(unit_id, title): function for unit_id, title, function in rows}


def _fetch(sql: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())
