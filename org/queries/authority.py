"""What a person may administer, and who may administer a unit."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import connection

from org import policies
from org.kinds import LEVEL_NAMES, AdminRole

_SELECT = """
SELECT g.id, g.person_id, p.name, g.role, g.root_id, r.name, r.level, g.subtree, g.line_id, l.name,
       g.highest_level, g.delegation_depth, g.granted_by_id, b.name, g.passed_on_from_id, g.reason,
       g.valid_from, g.valid_until
  FROM org_admingrant g JOIN org_unit r ON r.id = g.root_id
  JOIN org_person p ON p.id = g.person_id
  LEFT JOIN org_line l ON l.id = g.line_id
  LEFT JOIN org_person b ON b.id = g.granted_by_id"""

_CHAIN = """
WITH RECURSIVE chain AS (
  SELECT id FROM org_admingrant WHERE id = %(id)s
  UNION SELECT g.id FROM org_admingrant g JOIN chain c ON g.passed_on_from_id = c.id
   WHERE g.revoked_at IS NULL)"""


MOST_TOPS: Final = 60
_LINE_TOPS = f"""
SELECT u.id FROM org_admingrant g JOIN org_unit r ON r.id = g.root_id
  JOIN org_lineunit s ON s.line_id = g.line_id AND s.valid_from <= %(at)s
   AND (s.valid_to IS NULL OR s.valid_to > %(at)s)
  JOIN org_unit u ON u.id = s.unit_id AND {policies.REACHES}
 WHERE g.id = %(grant)s AND (u.valid_to IS NULL OR u.valid_to > %(at)s)
 ORDER BY u.tree_id, u.lft LIMIT %(limit)s"""
# Down from the root through what lies above the level, which is little of a tree.
_LEVEL_TOPS = """
WITH RECURSIVE down AS (
  SELECT r.id, r.level, g.highest_level AS floor, r.tree_id, r.lft
    FROM org_admingrant g JOIN org_unit r ON r.id = g.root_id WHERE g.id = %(grant)s
  UNION ALL
  SELECT u.id, u.level, d.floor, u.tree_id, u.lft FROM down d
    JOIN org_unit u ON u.parent_id = d.id AND (u.valid_to IS NULL OR u.valid_to > %(at)s)
   WHERE d.level < d.floor)
SELECT id FROM down WHERE level >= floor ORDER BY tree_id, lft LIMIT %(limit)s"""
_OUTERMOST = """
SELECT u.id FROM org_unit u WHERE u.id = ANY(%(ids)s) AND NOT EXISTS (
  SELECT 1 FROM org_unit o WHERE o.id = ANY(%(ids)s) AND o.id <> u.id
     AND u.tree_id = o.tree_id AND u.lft BETWEEN o.lft AND o.rght)
 ORDER BY u.tree_id, u.lft"""


# The author's rights over the unit for which the other holds none of the same role from as high up.
_OUTRANKED: Final = f"""{policies.ABOVE}
SELECT EXISTS (
  SELECT 1 FROM above a JOIN org_unit r ON r.id = a.id
    JOIN org_admingrant g ON g.root_id = r.id AND (g.subtree OR r.id = %(unit)s)
     AND g.person_id = %(author)s AND g.role = ANY(%(roles)s) AND {policies.LIVE}
   WHERE NOT EXISTS (
     SELECT 1 FROM above b JOIN org_unit o ON o.id = b.id AND o.depth <= r.depth
       JOIN org_admingrant h ON h.root_id = o.id AND (h.subtree OR o.id = %(unit)s)
        AND h.person_id = %(person)s AND h.role = g.role
        AND {policies.LIVE.replace("g.", "h.")}))"""


@dataclass(frozen=True, slots=True)
class Grant:
    """One administrative right of one person, with its limits."""

    id: int
    person_id: int
    person_name: str
    role: str
    role_name: str
    root_id: int
    root_name: str
    root_level: int
    subtree: bool
    line_id: int | None
    line_name: str
    highest_level: int | None
    highest_level_name: str
    delegation_depth: int
    granted_by_id: int | None
    granted_by_name: str
    passed_on_from_id: int | None
    reason: str
    valid_from: datetime
    valid_until: datetime | None

    @property
    def may_delegate(self) -> bool:
        """Whether it may be passed on at all."""
        return self.delegation_depth > 0

    @property
    def wanted(self) -> policies.Wanted:
        """The right as the policies judge it."""
        return policies.Wanted(
            role=AdminRole(self.role),
            root_id=self.root_id,
            subtree=self.subtree,
            line_id=self.line_id,
            highest_level=self.highest_level,
            depth=self.delegation_depth,
            until=self.valid_until,
        )


def is_outranked(
    person_id: int | None,
    author_id: int | None,
    roles: Collection[AdminRole],
    unit_id: int | None,
    *,
    at: datetime,
) -> bool:
    """The author decided over the unit with a right that the person has not, or not so high up.

    An author whose rights have ended outranks nobody.
    """
    values = {
        "person": person_id,
        "author": author_id,
        "roles": [role.value for role in roles],
        "unit": unit_id,
        "at": at,
    }
    with connection.cursor() as cursor:
        cursor.execute(_OUTRANKED, values)
        return bool(cursor.fetchone()[0])


def administers(person_id: int, role: AdminRole | str, unit_id: int, *, at: datetime) -> bool:
    """The person holds the role over the unit at that instant."""
    return policies.holds(person_id, AdminRole(role), unit_id, at=at)


def administered(
    administrator: policies.Administrator, unit_ids: Collection[int], *, at: datetime
) -> set[int]:
    """Those of the units that the administrator's grants cover."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT u.id FROM org_unit u WHERE u.id = ANY(%(ids)s) AND {policies.ADMINISTERED}",
            {"ids": list(unit_ids), "at": at, **administrator.values},
        )
        return {row[0] for row in cursor.fetchall()}


def of_person(person_id: int, *, at: datetime) -> list[Grant]:
    """What the person may administer."""
    return _grants(
        f"WHERE g.person_id = %(id)s AND {policies.LIVE} ORDER BY g.id", id=person_id, at=at
    )


def of_unit(unit_id: int, *, at: datetime) -> list[Grant]:
    """Who may administer the unit, by grants at or above it, the nearest first."""
    sql = f"{policies.ABOVE} {_SELECT} JOIN above ON above.id = r.id JOIN org_unit u"
    condition = f"ON u.id = %(unit)s WHERE {policies.REACHES} AND {policies.LIVE}"
    return _read(f"{sql} {condition} ORDER BY r.depth DESC, g.id", unit=unit_id, at=at)


def by_id(grant_id: int, *, at: datetime) -> Grant | None:
    """The grant, unless it was revoked or has run out."""
    found = _grants(f"WHERE g.id = %(id)s AND {policies.LIVE}", id=grant_id, at=at)
    return found[0] if found else None


def passed_on(grant_id: int, *, at: datetime) -> list[Grant]:
    """All live grants that hang from this one, near ones first: they end with it."""
    sql = f"{_CHAIN} {_SELECT} JOIN chain ON chain.id = g.id AND g.id <> %(id)s"
    return _read(f"{sql} WHERE {policies.LIVE} ORDER BY g.id", id=grant_id, at=at)


def chain(grant_id: int) -> list[int]:
    """The grant and every unrevoked one that hangs from it, run out or not."""
    with connection.cursor() as cursor:
        cursor.execute(f"{_CHAIN} SELECT id FROM chain ORDER BY id", {"id": grant_id})
        return [row[0] for row in cursor.fetchall()]


def granted_by(person_id: int, *, at: datetime) -> list[Grant]:
    """What the person has granted to others, the latest first."""
    return _grants(
        f"WHERE g.granted_by_id = %(id)s AND {policies.LIVE} ORDER BY g.id DESC",
        id=person_id,
        at=at,
    )


def ending(*, at: datetime, until: datetime) -> list[Grant]:
    """The rights that hold now and end before the instant."""
    condition = f"WHERE {policies.LIVE} AND g.valid_until < %(until)s ORDER BY g.id"
    return _grants(condition, at=at, until=until)


def passable(person_id: int, unit_id: int, *, at: datetime) -> list[Grant]:
    """The person's own grants from which something may be passed on over the unit."""
    return _grants(
        f"""JOIN org_unit u ON u.id = %(unit)s AND {policies.WITHIN}
            WHERE g.person_id = %(id)s AND g.delegation_depth > 0 AND {policies.LIVE}
            ORDER BY g.id""",
        id=person_id,
        unit=unit_id,
        at=at,
    )


def shown_to(person_id: int, unit_ids: Collection[int], *, at: datetime) -> set[int]:
    """Those of the units whose administrators are the person's business.

    Units where some right of the person reaches, and everything above the person's own posts.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT u.id FROM org_unit u WHERE u.id = ANY(%(ids)s) AND (
              EXISTS (SELECT 1 FROM org_admingrant g JOIN org_unit r ON r.id = g.root_id
                       AND {policies.WITHIN} WHERE g.person_id = %(person)s AND {policies.LIVE})
              OR EXISTS (SELECT 1 FROM org_appointment a JOIN org_unit o ON o.id = a.unit_id
                          AND o.tree_id = u.tree_id AND o.lft BETWEEN u.lft AND u.rght
                         WHERE a.person_id = %(person)s AND a.valid_from <= %(at)s
                           AND (a.valid_to IS NULL OR a.valid_to > %(at)s)))""",
            {"ids": list(unit_ids), "person": person_id, "at": at},
        )
        return {row[0] for row in cursor.fetchall()}


def tops(grants: Collection[Grant], *, at: datetime) -> list[int]:
    """The highest units that the grants cover, in the order of the tree, none below another.

    Where a limit leaves many (a line's units in a province), the first of them.
    """
    found = {grant.root_id for grant in grants if _covers_root(grant)}
    with connection.cursor() as cursor:
        for grant in grants:
            if not _covers_root(grant):
                values: dict[str, Any] = {"grant": grant.id, "at": at, "limit": MOST_TOPS}
                cursor.execute(_LINE_TOPS if grant.line_id else _LEVEL_TOPS, values)
                found |= {row[0] for row in cursor.fetchall()}
        cursor.execute(_OUTERMOST, {"ids": list(found)})
        return [row[0] for row in cursor.fetchall()]


def _covers_root(grant: Grant) -> bool:
    return grant.line_id is None and (grant.highest_level or 1) <= grant.root_level


def lines_over(unit_ids: Collection[int]) -> list[tuple[int, str]]:
    """The lines, by id and name, that are kept by these units."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, name FROM org_line WHERE root_id = ANY(%(ids)s) AND ended_at IS NULL"
            " ORDER BY sort, id",
            {"ids": list(unit_ids)},
        )
        return [(row[0], row[1]) for row in cursor.fetchall()]


def officers(*, at: datetime) -> list[Grant]:
    """The system, security and audit administrators of the installation."""
    return _grants(
        f"WHERE g.role IN ('system', 'security', 'audit') AND {policies.LIVE}"
        " ORDER BY g.role, r.depth, g.id",
        at=at,
    )


def _grants(conditions: str, **values: Any) -> list[Grant]:
    return _read(f"{_SELECT} {conditions}", **values)


def _read(sql: str, **values: Any) -> list[Grant]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return [_grant(row) for row in cursor.fetchall()]


def _grant(row: tuple[Any, ...]) -> Grant:
    return Grant(
        id=row[0],
        person_id=row[1],
        person_name=row[2],
        role=row[3],
        role_name=str(AdminRole(row[3]).label),
        root_id=row[4],
        root_name=row[5],
        root_level=row[6],
        subtree=row[7],
        line_id=row[8],
        line_name=row[9] or "",
        highest_level=row[10],
        highest_level_name=LEVEL_NAMES.get(row[10], ""),
        delegation_depth=row[11],
        granted_by_id=row[12],
        granted_by_name=row[13] or "",
        passed_on_from_id=row[14],
        reason=row[15],
        valid_from=row[16],
        valid_until=row[17],
    )
