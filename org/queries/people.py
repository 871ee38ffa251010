"""People by id, by unit and by name."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import connection

from core import crypto, paging
from org import errors
from org.kinds import AppointmentKind, MaskedField, PersonStatus, Scene
from org.models import Person
from org.queries import units, visibility
from org.queries.visibility import Sight, Subjects, Viewer

_IN_UNIT: Final = paging.Cursors("org.in_unit", tuple[int, int, int, int])

ORGAN_NAME = (
    "(SELECT o.name FROM org_unit o WHERE o.tree_id = u.tree_id AND o.lft <= u.lft"
    " AND o.rght >= u.rght AND o.kind = ANY(%(organs)s) ORDER BY o.lft DESC LIMIT 1)"
)
# The range by itself, not by a join: units are then read in their order, and no more of them than
# the page takes.
_AT_AND_BELOW: Final = """u.tree_id = (SELECT r.tree_id FROM org_unit r WHERE r.id = %(id)s)
  AND u.lft >= greatest((SELECT r.lft FROM org_unit r WHERE r.id = %(id)s), %(lft)s::bigint)
  AND u.lft <= (SELECT r.rght FROM org_unit r WHERE r.id = %(id)s)"""
_HOLDS = "a.valid_from <= %(at)s AND (a.valid_to IS NULL OR a.valid_to > %(at)s)"


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
    valid_from: datetime
    valid_to: datetime | None


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


@dataclass(frozen=True, slots=True)
class Record:
    """What is known of a person besides where he serves; the phone number is masked."""

    id: int
    name: str
    job_level: str
    staff_number: str
    phone_masked: str
    status: str
    created_at: datetime

    @property
    def has_left(self) -> bool:
        """Whether the person belongs to the organisation no longer."""
        return self.status == PersonStatus.LEFT


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


def listed(sight: Sight) -> str:
    """The columns of a PersonInUnit, as far as they are shown to whoever has this sight."""
    title = sight.shown(MaskedField.TITLE, "t.title")
    function = sight.shown(MaskedField.TITLE, "t.function")
    return (
        f"a.id, a.person_id, p.name, {title}, {function}, a.kind, u.id, u.name, t.rank,"
        f' a."order", u.lft, {ORGAN_NAME}'
    )


def in_unit(
    unit_id: int,
    *,
    at: datetime,
    viewer: Viewer,
    with_below: bool = False,
    limit: int = 50,
    cursor: str | None = None,
) -> paging.Page[PersonInUnit]:
    """The people of a unit (or of all below it too) in their order: by unit, rank, order.

    UnitNotFound for no unit and for one hidden from the viewer.
    """
    visibility.require_unit(unit_id, viewer=viewer, scene=Scene.TREE)
    sight = viewer.sight(Scene.TREE)
    after = _IN_UNIT.decode(cursor) or (-1, -1, -(2**31), 0)
    scope = _AT_AND_BELOW if with_below else "u.id = %(id)s"
    rows = _fetch(
        f"""
        SELECT {listed(sight)}
          FROM org_unit u JOIN org_appointment a ON a.unit_id = u.id AND {_HOLDS}
          JOIN org_person p ON p.id = a.person_id JOIN org_post t ON t.id = a.post_id
         WHERE {scope} AND {sight.shows_holder()}
           AND (u.lft, t.rank, a."order", a.id) > (%(lft)s, %(rank)s, %(order)s, %(after)s)
         ORDER BY u.lft, t.rank, a."order", a.id LIMIT %(limit)s""",
        {
            "id": unit_id,
            "at": at,
            "organs": list(units.ORGAN_LIKE),
            **dict(zip(("lft", "rank", "order", "after"), after, strict=True)),
            "limit": limit + 1,
            **sight.values,
        },
    )
    items = [person_in_unit(row) for row in rows[:limit]]
    last = rows[limit - 1] if len(rows) > limit else None
    following = _IN_UNIT.encode((last[10], last[8], last[9], last[0])) if last else None
    return paging.Page(items, following)


def card(person_id: int, *, at: datetime, viewer: Viewer) -> PersonCard:
    """The person with all appointments of that instant; PersonNotFound.

    Posts in hidden units are left out; someone who serves in hidden units only is not found.
    """
    sight = viewer.sight(Scene.PROFILE)
    person = Person.objects.filter(pk=person_id).first()
    if person is None or not _is_shown(person_id, sight, at=at):
        raise errors.PersonNotFound
    rows = _fetch(
        f"""
        SELECT a.id, a.unit_id, {sight.shown(MaskedField.TITLE, "t.title")},
               {sight.shown(MaskedField.TITLE, "t.function")}, a.kind,
               {sight.shown(MaskedField.OFFICE_PHONE, "a.office_phone")},
               {sight.masks(MaskedField.PHONE)}, {sight.masks(MaskedField.JOB_LEVEL)},
               a.valid_from, a.valid_to
          FROM org_appointment a JOIN org_post t ON t.id = a.post_id
          JOIN org_unit u ON u.id = a.unit_id JOIN org_person p ON p.id = a.person_id
         WHERE a.person_id = %(id)s AND {_HOLDS} AND {sight.shows_unit()}
         ORDER BY a.kind <> 'main', a.valid_from, a.id""",
        {"id": person_id, "at": at, **sight.values},
    )
    # A field is masked where any post that is shown masks it.
    is_phone_masked = any(row[6] for row in rows)
    is_level_masked = any(row[7] for row in rows)
    return PersonCard(
        id=person.id,
        name=person.name,
        pinyin=person.pinyin,
        job_level="" if is_level_masked else person.job_level,
        phone_masked="" if is_phone_masked else masked(_phone(person)),
        status=person.status,
        appointments=_on_card(rows),
    )


def _on_card(rows: list[tuple[Any, ...]]) -> tuple[CardAppointment, ...]:
    above = units.paths([row[1] for row in rows])
    return tuple(
        CardAppointment(
            id=row[0],
            unit_id=row[1],
            unit_path=" / ".join(unit.name for unit in above[row[1]]),
            title=row[2],
            function=row[3],
            kind=row[4],
            kind_name=AppointmentKind(row[4]).label,
            office_phone=row[5],
            valid_from=row[8],
            valid_to=row[9],
        )
        for row in rows
    )


def _is_shown(person_id: int, sight: Sight, *, at: datetime) -> bool:
    """Not hidden, and serves somewhere that is not; whoever left is judged by all former posts."""
    if sight.hidden == Subjects():
        return True
    return bool(
        _fetch(
            f"""
            WITH placed AS (
              SELECT {sight.shows_unit()} AS shown, {_HOLDS} AS holds
                FROM org_appointment a JOIN org_unit u ON u.id = a.unit_id
               WHERE a.person_id = %(id)s)
            SELECT %(id)s <> ALL(%(hidden_people)s) AND coalesce(
              (SELECT bool_or(shown) FROM placed WHERE holds),
              (SELECT bool_or(shown) FROM placed), TRUE)""",
            {"id": person_id, "at": at, **sight.values},
        )[0][0]
    )


def record(person_id: int) -> Record:
    """What is known of the person, for those in charge; PersonNotFound."""
    person = Person.objects.filter(pk=person_id).first()
    if person is None:
        raise errors.PersonNotFound
    return Record(
        id=person.pk,
        name=person.name,
        job_level=person.job_level,
        staff_number=person.staff_number,
        phone_masked=masked(_phone(person)),
        status=person.status,
        created_at=person.created_at,
    )


def masked(phone: str) -> str:
    """The number with its middle hidden: 138****5678; nothing of a short one."""
    if len(phone) < 8:
        return "*" * len(phone)
    return phone[:3] + "*" * (len(phone) - 7) + phone[-4:]


def _phone(person: Person) -> str:
    return crypto.decrypt_text(bytes(person.phone_cipher)) if person.phone_cipher else ""


def person_in_unit(row: tuple[Any, ...]) -> PersonInUnit:
    """One row of `listed` columns."""
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


def _fetch(sql: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())
