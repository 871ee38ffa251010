"""The users and groups of one subtree, as provisioning systems see them (org.scim).

A user is a person with an account whose main post stands at or below the root; a group is a unit
below it (whoever stands in the root's own list is in no group). What lies outside is as good as
absent. The subtree is the live range of the
tree in every statement.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from django.db import connection

from org.models import Unit
from org.names import SHORT_NAME_AT_MOST
from org.queries.units import ORGAN_LIKE

_HOLDS: Final = "a.valid_from <= %(at)s AND (a.valid_to IS NULL OR a.valid_to > %(at)s)"
_BELOW: Final = "u.tree_id = r.tree_id AND u.lft BETWEEN r.lft AND r.rght"
_USERS: Final = f"""
  FROM org_unit r JOIN org_unit u ON {_BELOW}
  JOIN org_appointment a ON a.unit_id = u.id AND a.kind = 'main' AND {_HOLDS}
  JOIN org_person p ON p.id = a.person_id AND p.status = 'active'
  JOIN org_account c ON c.person_id = p.id
  JOIN org_post t ON t.id = a.post_id
  LEFT JOIN org_scimuser s ON s.person_id = p.id
 WHERE r.id = %(root)s"""
# A page of a small range in order of people: the planner would walk all people of the province to
# spare a sort, for it does not know the range.
_LISTED_USERS: Final = _USERS.replace(
    "JOIN org_person p ON p.id = a.person_id AND p.status = 'active'",
    "JOIN LATERAL (SELECT * FROM org_person o WHERE o.id = a.person_id"
    " AND o.status = 'active' OFFSET 0) p ON TRUE",
)
# All users of a city or a province: counted unit by unit from whole tables, for the planner does
# not know how wide the range is and would look up each person.
_ALL_USERS: Final = f"""
SELECT coalesce(sum(held.users), 0)::bigint FROM org_unit r JOIN org_unit u ON {_BELOW}
  JOIN (SELECT a.unit_id, count(*) AS users FROM org_appointment a
          JOIN org_person p ON p.id = a.person_id AND p.status = 'active'
          JOIN org_account c ON c.person_id = p.id
         WHERE a.kind = 'main' AND {_HOLDS} GROUP BY a.unit_id OFFSET 0) held
    ON held.unit_id = u.id
 WHERE r.id = %(root)s"""
_SMALL_FROM_LEVEL: Final = 3
_ORGAN: Final = """(SELECT o.name FROM org_unit o WHERE o.tree_id = u.tree_id AND o.lft <= u.lft
   AND o.rght >= u.rght AND o.kind = ANY(%(organs)s) ORDER BY o.lft DESC LIMIT 1)"""
_USER_COLUMNS: Final = f"""p.id, p.public_id, c.id, c.username, p.name, c.is_active, t.title,
  p.staff_number, u.id, u.name, {_ORGAN}, coalesce(s.external_id, ''),
  coalesce(s.attributes, '{{}}'::jsonb), p.created_at,
  greatest(coalesce(s.modified_at, p.created_at), a.valid_from), a.id"""

# Who is a member: whoever holds a post in the unit itself and is a user of the same root.
_MEMBERS: Final = f"""
SELECT DISTINCT a.unit_id, p.id, p.public_id, p.name FROM org_appointment a
  JOIN org_person p ON p.id = a.person_id AND p.status = 'active'
  JOIN org_account c ON c.person_id = p.id
 WHERE {_HOLDS} AND EXISTS (
   SELECT 1 FROM org_appointment m JOIN org_unit u ON u.id = m.unit_id
     JOIN org_unit r ON r.id = %(root)s AND {_BELOW}
    WHERE m.person_id = p.id AND m.kind = 'main' AND m.valid_from <= %(at)s
      AND (m.valid_to IS NULL OR m.valid_to > %(at)s))"""
_UNITS: Final = f"""
  FROM org_unit r JOIN org_unit u ON {_BELOW} AND u.valid_from <= %(at)s
   AND (u.valid_to IS NULL OR u.valid_to > %(at)s)
  LEFT JOIN org_unit above ON above.id = u.parent_id
  LEFT JOIN org_scimgroup s ON s.unit_id = u.id
 WHERE r.id = %(root)s"""
_GROUPS: Final = f"{_UNITS} AND u.id <> r.id"
_GROUP_COLUMNS: Final = f"""u.id, u.name, u.short_name, u.code, u.kind, u.parent_id, above.name,
  coalesce(s.external_id, ''), coalesce(s.was_provisioned, FALSE), u.valid_from,
  greatest(u.valid_from, u.changed_at, s.modified_at),
  (SELECT coalesce(bit_xor(hashint8extended(held.id, 0)), 0) FROM ({_MEMBERS}
     AND a.unit_id = u.id) held (unit_id, id, public_id, name))"""

_NAME_PARTS: Final = ("formatted_name", "family_name", "given_name")
SAID: Final = "s.attributes -> 'said'"
KEPT: Final = "s.attributes -> 'kept'"
"""Of a user: what the provisioning system said, and what the directory made of it."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """What is said of a user; None where nothing is."""

    user_name: str
    external_id: str | None = None
    display_name: str | None = None
    formatted_name: str | None = None
    family_name: str | None = None
    given_name: str | None = None
    nick_name: str | None = None
    title: str | None = None
    active: bool | None = None
    employee_number: str | None = None
    organization: str | None = None
    department: str | None = None
    emails: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Where:
    """A condition in SQL, and its values by name. Values never stand in the text."""

    sql: str = "TRUE"
    values: Mapping[str, Any] = field(default_factory=dict)
    is_plain: bool = False
    """Whether it narrows nothing down but the place to go on from."""


@dataclass(frozen=True, slots=True)
class Reach:
    """What one token sees: the root of its subtree, at an instant."""

    root_id: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Slice:
    """Which part of what was found is wanted, in which order."""

    order: str
    offset: int = 0
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class Membership:
    """A unit in which a user holds a post."""

    unit_id: int
    unit_name: str


@dataclass(frozen=True, slots=True)
class UserRow:
    """A user with all that is said of one."""

    person_id: int
    public_id: str
    account_id: int
    username: str
    name: str
    is_active: bool
    title: str
    staff_number: str
    unit_id: int
    unit_name: str
    organ_name: str
    external_id: str
    attributes: dict[str, Any]
    created_at: datetime
    modified_at: datetime
    appointment_id: int
    groups: tuple[Membership, ...]


@dataclass(frozen=True, slots=True)
class Member:
    """A user in a group."""

    person_id: int
    public_id: str
    name: str


@dataclass(frozen=True, slots=True)
class GroupRow:
    """A group; `mark` changes with its members, which are loaded only where they are wanted."""

    unit_id: int
    name: str
    short_name: str
    code: str
    kind: str
    parent_id: int | None
    parent_name: str
    external_id: str
    was_provisioned: bool
    created_at: datetime
    modified_at: datetime
    mark: int
    members: tuple[Member, ...]

    @property
    def has_plain_short_name(self) -> bool:
        """Whether nobody has given the unit another short name than its name."""
        return self.short_name in ("", self.name[:SHORT_NAME_AT_MOST])


def spoken(row: UserRow) -> Spoken:
    """What is said of the user now: the provisioning system's words while they still hold.

    Where the directory has changed since, it speaks for itself.
    """
    said = row.attributes.get("said", {})
    kept = row.attributes.get("kept", {})
    names = (
        {key: said.get(key) for key in ("display_name", *_NAME_PARTS)}
        if kept.get("name") == row.name
        else {"display_name": row.name, "formatted_name": row.name}
    )
    places = (
        {key: said.get(key) for key in ("organization", "department")}
        if kept.get("unit_id") == row.unit_id
        else {"organization": row.organ_name or None, "department": row.unit_name}
    )
    user_name = said.get("user_name", "")
    return Spoken(
        user_name=user_name if user_name.lower() == row.username else row.username,
        external_id=row.external_id or None,
        nick_name=said.get("nick_name"),
        title=said.get("title") if kept.get("title") == row.title else row.title,
        active=said.get("active") if kept.get("active") == row.is_active else row.is_active,
        employee_number=row.staff_number or None,
        emails=tuple(said.get("emails", ())),
        **names,
        **places,
    )


def users(reach: Reach, where: Where, part: Slice) -> list[UserRow]:
    """The users that meet the condition, in order."""
    source = _LISTED_USERS if where.is_plain and _is_small(reach.root_id) else _USERS
    rows = _fetch(
        f"SELECT {_USER_COLUMNS} {source} AND {where.sql}"
        f" ORDER BY {part.order} OFFSET %(offset)s LIMIT %(limit)s",
        reach,
        where,
        offset=part.offset,
        limit=part.limit,
        organs=list(ORGAN_LIKE),
    )
    held = _groups_of(reach, [row[0] for row in rows])
    return [UserRow(*_user_columns(row, held)) for row in rows]


def count_users(reach: Reach, where: Where) -> int:
    """How many users meet the condition."""
    if where.is_plain and not _is_small(reach.root_id):
        return int(_fetch(_ALL_USERS, reach, Where())[0][0])
    return int(_fetch(f"SELECT count(*) {_USERS} AND {where.sql}", reach, where)[0][0])


def groups(reach: Reach, where: Where, part: Slice, *, with_members: bool) -> list[GroupRow]:
    """The groups that meet the condition, in order; members cost a statement more."""
    rows = _fetch(
        f"SELECT {_GROUP_COLUMNS} {_GROUPS} AND {where.sql}"
        f" ORDER BY {part.order} OFFSET %(offset)s LIMIT %(limit)s",
        reach,
        where,
        offset=part.offset,
        limit=part.limit,
    )
    members = _members_of(reach, [row[0] for row in rows]) if with_members else {}
    return [GroupRow(*_group_columns(row, members)) for row in rows]


def count_groups(reach: Reach, where: Where) -> int:
    """How many groups meet the condition."""
    return int(_fetch(f"SELECT count(*) {_GROUPS} AND {where.sql}", reach, where)[0][0])


def user(reach: Reach, public_id: str) -> UserRow | None:
    """The user with this id, if the token sees one."""
    where = Where("p.public_id = %(wanted)s::uuid", {"wanted": public_id})
    found = users(reach, where, Slice("p.id", limit=1))
    return found[0] if found else None


def user_of_person(reach: Reach, person_id: int) -> UserRow | None:
    """The person as a user, if the token sees her."""
    found = users(reach, Where("p.id = %(wanted)s", {"wanted": person_id}), Slice("p.id", limit=1))
    return found[0] if found else None


def group(reach: Reach, unit_id: int, *, with_members: bool = True) -> GroupRow | None:
    """The group with this id, if the token sees one."""
    where = Where("u.id = %(wanted)s", {"wanted": unit_id})
    found = groups(reach, where, Slice("u.id", limit=1), with_members=with_members)
    return found[0] if found else None


def people_of(reach: Reach, public_ids: Collection[str]) -> dict[str, int]:
    """The users' person ids by public id; whoever the token does not see is left out."""
    where = Where("p.public_id = ANY(%(wanted)s::uuid[])", {"wanted": list(public_ids)})
    rows = _fetch(f"SELECT p.public_id, p.id {_USERS} AND {where.sql}", reach, where)
    return {str(row[0]): row[1] for row in rows}


def place(reach: Reach, *, organization: str, department: str) -> int | None:
    """The unit that the words mean, by code or name; None where they mean none or several."""
    base = reach.root_id
    if organization:
        organ = _named(reach, reach.root_id, organization, "u.kind = ANY(%(organs)s)")
        if organ is None:
            return None
        base = organ
    if not department:
        return base if organization else None
    return _named(reach, base, department, "TRUE")


def _named(reach: Reach, base_id: int, words: str, kinds: str) -> int | None:
    where = Where(
        f"(u.code = upper(%(words)s) OR u.name = %(words)s) AND {kinds}", {"words": words}
    )
    rows = _fetch(
        f"SELECT u.id {_UNITS} AND {where.sql} ORDER BY u.lft LIMIT 2",
        Reach(base_id, reach.at),
        where,
        organs=list(ORGAN_LIKE),
    )
    return rows[0][0] if len(rows) == 1 else None


def _is_small(root_id: int) -> bool:
    level = Unit.objects.filter(pk=root_id).values_list("level", flat=True).first()
    return level is not None and level >= _SMALL_FROM_LEVEL


def _user_columns(row: tuple[Any, ...], held: Mapping[int, list[Membership]]) -> tuple[Any, ...]:
    groups = tuple(held.get(row[0], ()))
    return (row[0], str(row[1]), *row[2:12], json.loads(row[12]), *row[13:], groups)


def _group_columns(row: tuple[Any, ...], held: Mapping[int, list[Member]]) -> tuple[Any, ...]:
    return (*row[:6], row[6] or "", *row[7:], tuple(held.get(row[0], ())))


def _groups_of(reach: Reach, person_ids: list[int]) -> dict[int, list[Membership]]:
    found: dict[int, list[Membership]] = {}
    rows = _fetch(
        f"""SELECT DISTINCT a.person_id, u.id, u.name FROM org_unit r JOIN org_unit u ON {_BELOW}
              JOIN org_appointment a ON a.unit_id = u.id AND {_HOLDS}
             WHERE r.id = %(root)s AND u.id <> r.id AND a.person_id = ANY(%(people)s)
             ORDER BY 1, 2""",
        reach,
        Where(values={"people": person_ids}),
    )
    for person_id, unit_id, name in rows:
        found.setdefault(person_id, []).append(Membership(unit_id, name))
    return found


def _members_of(reach: Reach, unit_ids: list[int]) -> dict[int, list[Member]]:
    found: dict[int, list[Member]] = {}
    rows = _fetch(
        f"{_MEMBERS} AND a.unit_id = ANY(%(units)s) ORDER BY 1, 2",
        reach,
        Where(values={"units": unit_ids}),
    )
    for unit_id, person_id, public_id, name in rows:
        found.setdefault(unit_id, []).append(Member(person_id, str(public_id), name))
    return found


def _fetch(sql: str, reach: Reach, where: Where, **further: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, {"root": reach.root_id, "at": reach.at, **where.values, **further})
        return list(cursor.fetchall())
