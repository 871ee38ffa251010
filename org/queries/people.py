"""People by id, by unit and by name."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import connection

from core import crypto, paging
from org import errors, policies
from org import names as readings
from org.kinds import AppointmentKind, UnitKind
from org.models import Person, Unit
from org.queries import units

_IN_UNIT: Final = paging.Cursors("org.in_unit", tuple[int, int, int, int])

_LISTED = (
    'a.id, a.person_id, p.name, t.title, t.function, a.kind, u.id, u.name, t.rank, a."order",'
    " u.lft,"
    " (SELECT o.name FROM org_unit o WHERE o.tree_id = u.tree_id AND o.lft <= u.lft"
    "   AND o.rght >= u.rght AND o.kind = ANY(%(organs)s) ORDER BY o.lft DESC LIMIT 1)"
)
_HOLDS = "a.valid_from <= %(at)s AND (a.valid_to IS NULL OR a.valid_to > %(at)s)"

ANCHORS = {2: "city_id", 3: "county_id", 4: "township_id"}
"""Columns of the search rows, by the level of the region they name."""
_WITHIN_ROOT = (
    "JOIN org_unit r ON r.id = %(root)s AND u.tree_id = r.tree_id"
    " AND u.lft BETWEEN r.lft AND r.rght"
)
_OF_ADMINISTRATOR = f"""EXISTS (
  SELECT 1 FROM org_appointment o JOIN org_unit u ON u.id = o.unit_id
   WHERE o.person_id = p.id AND o.valid_from <= %(at)s
     AND (o.valid_to IS NULL OR o.valid_to > %(at)s) AND {policies.ADMINISTERED})"""
_BY_LATIN = "(s.pinyin LIKE %(prefix)s OR s.initials LIKE %(prefix)s)"
_BY_CHARACTERS = "s.grams @> %(grams)s::varchar[] AND s.name LIKE %(infix)s"


@dataclass(frozen=True, slots=True)
class PersonName:
    """A person with the unit and title of the main appointment (empty after leaving)."""

    id: int
    name: str
    unit_id: int | None
    unit_name: str
    title: str


@dataclass(frozen=True, slots=True)
class PersonInUnit:
    """One appointment in a list of people."""

    appointment_id: int
    person_id: int
    name: str
    title: str
    function: str
    kind: str
    kind_name: str
    unit_id: int
    unit_name: str
    rank: int
    order: int
    organ_name: str

    @property
    def place(self) -> str:
        """The unit with the organ it is part of, so that one 综合科 is told from another."""
        if self.organ_name in ("", self.unit_name):
            return self.unit_name
        return f"{self.organ_name} {self.unit_name}"


@dataclass(frozen=True, slots=True)
class CardAppointment:
    """One appointment on a person's card, with the names of all units above, top first."""

    id: int
    unit_id: int
    unit_path: str
    title: str
    function: str
    kind: str
    kind_name: str
    office_phone: str


@dataclass(frozen=True, slots=True)
class PersonCard:
    """A person as colleagues see them; the phone number is masked."""

    id: int
    name: str
    pinyin: str
    job_level: str
    phone_masked: str
    status: str
    appointments: tuple[CardAppointment, ...]


def names(person_ids: Collection[int], *, at: datetime) -> dict[int, PersonName]:
    """The people by id, with where they stood at that instant; unknown ids are left out."""
    if not person_ids:
        return {}
    rows = _fetch(
        f"""
        SELECT DISTINCT ON (p.id) p.id, p.name, u.id, coalesce(u.name, ''), coalesce(t.title, '')
          FROM org_person p
          LEFT JOIN org_appointment a ON a.person_id = p.id AND {_HOLDS}
          LEFT JOIN org_unit u ON u.id = a.unit_id LEFT JOIN org_post t ON t.id = a.post_id
         WHERE p.id = ANY(%(ids)s)
         ORDER BY p.id, a.kind IS DISTINCT FROM 'main', a.valid_from, a.id""",
        {"ids": list(person_ids), "at": at},
    )
    return {row[0]: PersonName(*row) for row in rows}


def in_unit(
    unit_id: int,
    *,
    at: datetime,
    with_below: bool = False,
    limit: int = 50,
    cursor: str | None = None,
) -> paging.Page[PersonInUnit]:
    """The people of a unit (or of all below it too) in their order: by unit, rank, order.

    UnitNotFound for no unit.
    """
    if not Unit.objects.filter(pk=unit_id).exists():
        raise errors.UnitNotFound
    after = _IN_UNIT.decode(cursor) or (-1, -1, -(2**31), 0)
    scope = "u.lft BETWEEN r.lft AND r.rght" if with_below else "u.id = r.id"
    rows = _fetch(
        f"""
        SELECT {_LISTED}
          FROM org_unit r JOIN org_unit u ON u.tree_id = r.tree_id AND {scope}
          JOIN org_appointment a ON a.unit_id = u.id AND {_HOLDS}
          JOIN org_person p ON p.id = a.person_id JOIN org_post t ON t.id = a.post_id
         WHERE r.id = %(id)s
           AND (u.lft, t.rank, a."order", a.id) > (%(lft)s, %(rank)s, %(order)s, %(after)s)
         ORDER BY u.lft, t.rank, a."order", a.id LIMIT %(limit)s""",
        {
            "id": unit_id,
            "at": at,
            "organs": list(units.ORGAN_LIKE),
            "lft": after[0],
            "rank": after[1],
            "order": after[2],
            "after": after[3],
            "limit": limit + 1,
        },
    )
    items = [_in_unit(row) for row in rows[:limit]]
    last = rows[limit - 1] if len(rows) > limit else None
    following = _IN_UNIT.encode((last[10], last[8], last[9], last[0])) if last else None
    return paging.Page(items, following)


def search(
    text: str,
    *,
    at: datetime,
    root_id: int | None = None,
    administrator: policies.Administrator | None = None,
    limit: int = 20,
) -> list[PersonInUnit]:
    """People by any two neighbouring characters of the name, by pinyin or by initials.

    Only those with a post in a unit of the administrator where one is given. SearchTooWide for a
    single Chinese character over a province or a city.
    """
    wanted = "".join(text.replace("\x00", "").split()).lower()
    if not wanted:
        return []
    within = _WITHIN_ROOT if root_id is not None else ""
    rows = _fetch(
        f"""
        SELECT {_LISTED}
          FROM org_appointmentsearch s JOIN org_appointment a ON a.id = s.appointment_id
           AND {_HOLDS}
          JOIN org_unit u ON u.id = a.unit_id {within}
          JOIN org_person p ON p.id = a.person_id JOIN org_post t ON t.id = a.post_id
         WHERE {_matches(wanted, root_id)} AND {_OF_ADMINISTRATOR if administrator else "TRUE"}
         ORDER BY s.initials <> %(exact)s, length(s.name), s.pinyin, u.level, t.rank, a.id
         LIMIT %(limit)s""",
        {
            "at": at,
            "organs": list(units.ORGAN_LIKE),
            "root": root_id,
            "grams": readings.probe(wanted),
            "infix": f"%{_literal(wanted)}%",
            "prefix": f"{_literal(wanted)}%",
            "exact": wanted,
            "limit": limit,
            **(administrator.values if administrator else {}),
        },
    )
    return [_in_unit(row) for row in rows]


def card(person_id: int, *, at: datetime) -> PersonCard:
    """The person with all appointments of that instant; PersonNotFound."""
    person = Person.objects.filter(pk=person_id).first()
    if person is None:
        raise errors.PersonNotFound
    rows = _fetch(
        f"""
        SELECT a.id, a.unit_id, t.title, t.function, a.kind, a.office_phone
          FROM org_appointment a JOIN org_post t ON t.id = a.post_id
         WHERE a.person_id = %(id)s AND {_HOLDS} ORDER BY a.kind <> 'main', a.valid_from, a.id""",
        {"id": person_id, "at": at},
    )
    above = units.paths([row[1] for row in rows])
    return PersonCard(
        id=person.id,
        name=person.name,
        pinyin=person.pinyin,
        job_level=person.job_level,
        phone_masked=masked(_phone(person)),
        status=person.status,
        appointments=tuple(
            CardAppointment(
                id=row[0],
                unit_id=row[1],
                unit_path=" / ".join(unit.name for unit in above[row[1]]),
                title=row[2],
                function=row[3],
                kind=row[4],
                kind_name=AppointmentKind(row[4]).label,
                office_phone=row[5],
            )
            for row in rows
        ),
    )


def masked(phone: str) -> str:
    """The number with its middle hidden: 138****5678; nothing of a short one."""
    if len(phone) < 8:
        return "*" * len(phone)
    return phone[:3] + "*" * (len(phone) - 7) + phone[-4:]


def _phone(person: Person) -> str:
    return crypto.decrypt_text(bytes(person.phone_cipher)) if person.phone_cipher else ""


def _matches(wanted: str, root_id: int | None) -> str:
    latin = readings.is_latin(wanted)
    anchor = _anchor(root_id, is_narrow_enough=latin or len(wanted) > 1)
    return f"{_BY_LATIN if latin else _BY_CHARACTERS}{anchor}"


def _anchor(root_id: int | None, *, is_narrow_enough: bool) -> str:
    """A condition that spares the search the rows of other cities, counties and townships."""
    root = Unit.objects.filter(pk=root_id).first() if root_id is not None else None
    if not is_narrow_enough and (root is None or root.level <= 2):
        raise errors.SearchTooWide
    if root is None or root.kind != UnitKind.REGION or root.level not in ANCHORS:
        return ""
    return f" AND s.{ANCHORS[root.level]} = %(root)s"


def _in_unit(row: tuple[Any, ...]) -> PersonInUnit:
    return PersonInUnit(
        appointment_id=row[0],
        person_id=row[1],
        name=row[2],
        title=row[3],
        function=row[4],
        kind=row[5],
        kind_name=AppointmentKind(row[5]).label,
        unit_id=row[6],
        unit_name=row[7],
        rank=row[8],
        order=row[9],
        organ_name=row[11] or "",
    )


def _literal(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _fetch(sql: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())
