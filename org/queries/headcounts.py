"""How many people serve at and below units, from counters: see org.headcounts for what counts.

The counters know the present: `at` is now or an instant ahead. For the past count appointments.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import connection

from org.queries.visibility import Sight, Subjects

_ALL: Final = Sight()
_HOLDS: Final = "a.valid_from <= %(at)s AND (a.valid_to IS NULL OR a.valid_to > %(at)s)"
_PENDING: Final = """pending AS MATERIALIZED (
  SELECT p.tree_id, p.lft, sum(d.change) AS change
    FROM org_headcountchange d JOIN org_unit p ON p.id = d.unit_id
   WHERE d.effective_at <= %(at)s GROUP BY p.id)"""
_COUNTER: Final = """(
  coalesce((SELECT h.people FROM org_headcount h WHERE h.unit_id = u.id), 0)
  + coalesce((SELECT sum(change) FROM pending
               WHERE pending.tree_id = u.tree_id AND pending.lft BETWEEN u.lft AND u.rght), 0)
)::bigint"""

# By induction: where every counter is its own people and the counters right below, all are right.
_WRONG: Final = """
SELECT u.id, u.code, u.name, coalesce(h.people, 0), coalesce(m.people, 0)
       - coalesce(d.change, 0) + coalesce(b.people, 0)
  FROM org_unit u LEFT JOIN org_headcount h ON h.unit_id = u.id
  LEFT JOIN (SELECT unit_id, count(*) AS people FROM org_appointment WHERE kind = 'main'
       AND valid_from <= %(at)s AND (valid_to IS NULL OR valid_to > %(at)s) GROUP BY unit_id
  ) m ON m.unit_id = u.id
  LEFT JOIN (SELECT unit_id, sum(change) AS change FROM org_headcountchange
      WHERE effective_at <= %(at)s GROUP BY unit_id) d ON d.unit_id = u.id
  LEFT JOIN (SELECT c.parent_id, sum(s.people) AS people FROM org_unit c
       JOIN org_headcount s ON s.unit_id = c.id GROUP BY c.parent_id) b ON b.parent_id = u.id
 WHERE coalesce(h.people, 0) <> coalesce(m.people, 0) - coalesce(d.change, 0)
       + coalesce(b.people, 0)
 ORDER BY u.id"""


@dataclass(frozen=True, slots=True)
class HeadcountFault:
    """A unit whose counter is not its own people and the counters right below it."""

    unit_id: int
    code: str
    name: str
    counted: int
    expected: int


def tables(sight: Sight) -> str:
    """The common tables that `shown` reads; their values are `at` and the sight's own."""
    if sight.hidden == Subjects():
        return _PENDING
    return f"""{_PENDING}, unseen AS MATERIALIZED (
      SELECT u.tree_id, u.lft, {_COUNTER} AS people FROM org_unit u
       WHERE u.id = ANY(%(hidden_units)s) AND NOT EXISTS (
         SELECT FROM org_unit o WHERE o.id = ANY(%(hidden_units)s)
            AND o.tree_id = u.tree_id AND o.lft < u.lft AND o.rght > u.rght)
      UNION ALL
      SELECT u.tree_id, u.lft, count(*) FROM org_appointment a JOIN org_unit u ON u.id = a.unit_id
       WHERE a.person_id = ANY(%(hidden_people)s) AND a.kind = 'main' AND {_HOLDS}
         AND {sight.shows_unit()} GROUP BY u.id)"""


def shown(sight: Sight) -> str:
    """The people of a unit `u` and all below it, without those kept from whoever has this sight.

    Who serves in a virtual or temporary unit has the main post elsewhere: of these units the
    people with any post in the unit itself are counted, live.
    """
    unseen = """ - coalesce((SELECT sum(people) FROM unseen
      WHERE unseen.tree_id = u.tree_id AND unseen.lft BETWEEN u.lft AND u.rght), 0)::bigint"""
    return f"""(CASE WHEN u.kind IN ('virtual', 'temporary') THEN (
        SELECT count(DISTINCT a.person_id) FROM org_appointment a
         WHERE a.unit_id = u.id AND {_HOLDS} AND {sight.shows_person("a.person_id")})
      ELSE {_COUNTER}{unseen if sight.hidden != Subjects() else ""} END)"""


def below(unit_ids: Collection[int], *, at: datetime, sight: Sight = _ALL) -> dict[int, int]:
    """The people at and below each of the units; unknown ids are left out.

    What several units have together is `together`: one may stand below another.
    """
    if not unit_ids:
        return {}
    sql = f"""WITH {tables(sight)}
      SELECT u.id, {shown(sight)} FROM org_unit u WHERE u.id = ANY(%(ids)s)"""
    return dict(_fetch(sql, {"ids": list(unit_ids), "at": at, **sight.values}))


def together(unit_ids: Collection[int], *, at: datetime) -> int:
    """The people at and below any of the units, each once: a unit below another adds nobody."""
    if not unit_ids:
        return 0
    sql = f"""WITH {_PENDING} SELECT coalesce(sum({_COUNTER}), 0)::bigint FROM org_unit u
     WHERE u.id = ANY(%(ids)s) AND NOT EXISTS (SELECT FROM org_unit o WHERE o.id = ANY(%(ids)s)
       AND o.tree_id = u.tree_id AND o.lft < u.lft AND o.rght > u.rght)"""
    total: int = _fetch(sql, {"ids": list(unit_ids), "at": at})[0][0]
    return total


def due(*, at: datetime) -> int:
    """The number of changes that wait to be folded."""
    count: int = _fetch(
        "SELECT count(*) FROM org_headcountchange WHERE effective_at <= %(at)s", {"at": at}
    )[0][0]
    return count


def never_counted() -> bool:
    """There are appointments and no counter at all: the tables came with an update."""
    sql = """SELECT NOT EXISTS (SELECT FROM org_headcount)
       AND EXISTS (SELECT FROM org_appointment WHERE kind = 'main')"""
    return bool(_fetch(sql, {})[0][0])


def faults(*, at: datetime) -> list[HeadcountFault]:
    """Every counter compared with appointments, open changes and the counters right below."""
    return [HeadcountFault(*row) for row in _fetch(_WRONG, {"at": at})]


def _fetch(sql: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())
