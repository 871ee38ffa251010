"""Keeps the headcounts in step with appointments and the tree.

A headcount is the number of people whose *main* post is in a unit or anywhere below it (人), so
a person is counted once, in one place, and the counts of siblings add up to that of the unit above
them. Concurrent posts, secondments and temporary postings do not count.

Whoever writes appointments calls `note_appointment` in the same transaction, whoever moves a unit
calls `note_move` right after org.tree.move, while the tree's MOVES lock is held: the counters
are only written under it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from django.db import connection

from org import tree
from org.kinds import AppointmentKind

_NOTE: Final = """
INSERT INTO org_headcountchange (unit_id, change, effective_at)
SELECT * FROM unnest(%s::bigint[], %s::int[], %s::timestamptz[])"""

# Both chains of parents, the shared part of which cancels out: the province's row is untouched.
_MOVE: Final = """
WITH RECURSIVE up AS (
  SELECT id, parent_id, -1 AS sign FROM org_unit WHERE id = %(old)s
  UNION ALL SELECT id, parent_id, 1 FROM org_unit WHERE id = %(new)s
  UNION ALL SELECT p.id, p.parent_id, up.sign FROM org_unit p JOIN up ON p.id = up.parent_id
), changed AS (SELECT id, sum(sign) AS sign FROM up GROUP BY id HAVING sum(sign) <> 0)
INSERT INTO org_headcount (unit_id, people)
SELECT c.id, c.sign * moved.people FROM changed c
  JOIN org_headcount moved ON moved.unit_id = %(unit)s AND moved.people <> 0
ON CONFLICT (unit_id) DO UPDATE SET people = org_headcount.people + excluded.people"""

_FOLD: Final = """
WITH RECURSIVE due AS (
  DELETE FROM org_headcountchange WHERE effective_at <= %(now)s RETURNING unit_id, change
), up AS (
  SELECT u.id, u.parent_id, d.change FROM org_unit u
    JOIN (SELECT unit_id, sum(change) AS change FROM due GROUP BY unit_id) d ON d.unit_id = u.id
  UNION ALL
  SELECT p.id, p.parent_id, up.change FROM org_unit p JOIN up ON p.id = up.parent_id
), folded AS (
  INSERT INTO org_headcount (unit_id, people)
  SELECT id, sum(change) FROM up GROUP BY id HAVING sum(change) <> 0
  ON CONFLICT (unit_id) DO UPDATE SET people = org_headcount.people + excluded.people
)
SELECT count(*) FROM due"""

# One statement, so one snapshot: an appointment that another transaction is just making is
# missing here together with its change, which stays open.
_REBUILD: Final = """
WITH RECURSIVE main AS (
  SELECT unit_id, valid_from, valid_to FROM org_appointment WHERE kind = 'main'
), closed AS (DELETE FROM org_headcountchange), coming AS (
  INSERT INTO org_headcountchange (unit_id, change, effective_at)
  SELECT unit_id, count(*), valid_from FROM main WHERE valid_from > %(now)s GROUP BY 1, 3
  UNION ALL
  SELECT unit_id, -count(*), valid_to FROM main WHERE valid_to > %(now)s GROUP BY 1, 3
), up AS (
  SELECT u.id, u.parent_id, m.people FROM org_unit u JOIN (
    SELECT unit_id, count(*) AS people FROM main
     WHERE valid_from <= %(now)s AND (valid_to IS NULL OR valid_to > %(now)s) GROUP BY unit_id
  ) m ON m.unit_id = u.id
  UNION ALL
  SELECT p.id, p.parent_id, up.people FROM org_unit p JOIN up ON p.id = up.parent_id
), counted AS (SELECT id, sum(people) AS people FROM up GROUP BY id), emptied AS (
  DELETE FROM org_headcount h WHERE NOT EXISTS (SELECT FROM counted c WHERE c.id = h.unit_id)
)
INSERT INTO org_headcount AS h (unit_id, people) SELECT id, people FROM counted
ON CONFLICT (unit_id) DO UPDATE SET people = excluded.people WHERE h.people <> excluded.people"""


class Dated(Protocol):
    """What of an appointment makes a headcount; org.models.Appointment is one."""

    unit_id: int
    kind: str
    valid_from: datetime
    valid_to: datetime | None


@dataclass(frozen=True, slots=True)
class Term:
    """An appointment as it stood when somebody looked at it."""

    unit_id: int
    kind: str
    valid_from: datetime
    valid_to: datetime | None


def term(appointment: Dated) -> Term:
    """The appointment as it stands now, before it is changed."""
    return Term(
        unit_id=appointment.unit_id,
        kind=appointment.kind,
        valid_from=appointment.valid_from,
        valid_to=appointment.valid_to,
    )


def note_appointment(*, before: Term | None = None, after: Term | None = None) -> None:
    """The headcounts follow one appointment: made (no `before`), changed, or gone (no `after`)."""
    note_appointments([(before, after)])


def note_appointments(changes: Iterable[tuple[Term | None, Term | None]]) -> None:
    """`note_appointment` for many, in one statement. Dates ahead count from their day on."""
    totals: Counter[tuple[int, datetime]] = Counter()
    for before, after in changes:
        for sign, held in ((-1, before), (1, after)):
            if held is None or held.kind != AppointmentKind.MAIN:
                continue
            totals[held.unit_id, held.valid_from] += sign
            if held.valid_to is not None:
                totals[held.unit_id, held.valid_to] -= sign
    rows = [(unit_id, change, at) for (unit_id, at), change in totals.items() if change]
    if not rows:
        return
    with connection.cursor() as cursor:
        cursor.execute(_NOTE, [list(column) for column in zip(*rows, strict=True)])


def note_move(*, unit_id: int, old_parent_id: int | None, new_parent_id: int | None) -> None:
    """The people of the unit count for those above its new place, no longer for the old ones.

    Open changes below the unit need nothing: they are counted where their unit stands when read.
    """
    with connection.cursor() as cursor:
        cursor.execute(_MOVE, {"unit": unit_id, "old": old_parent_id, "new": new_parent_id})


def fold(*, now: datetime) -> int:
    """Changes that are due are added to the counters and gone; returns how many there were.

    Holds off moves of units meanwhile, but neither appointments nor new units.
    """
    tree.hold_moves()
    with connection.cursor() as cursor:
        cursor.execute(_FOLD, {"now": now})
        folded: int = cursor.fetchone()[0]
    return folded


def rebuild(*, now: datetime) -> int:
    """Every counter says what the appointments say; returns how many were wrong or missing."""
    tree.hold_moves()
    with connection.cursor() as cursor:
        cursor.execute(_REBUILD, {"now": now})
        changed: int = cursor.rowcount
    return changed
