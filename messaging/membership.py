"""Who is, and was, in a conversation: the one notion of it (docs/adr/0021-membership.md).

Direct conversations, groups and small unit conversations have a row for each period. Of a virtual
conversation the appointments of now say who is in; rows tell what they cannot: periods that ended,
when somebody joined after the founding, and guests. Whoever administers a unit by org's grants
administers its conversation while he is in it. Whoever needs members joins with `period` here
and never reads messaging_member.

Joining within a virtual conversation is told by the appointment's begin, as the number that the log
had reached by then, until a handler of org's news has written it down.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db import connection

from org.queries import belonging


def has_member(person_id: str) -> str:
    """A condition on `c`, a row of messaging_conversation: the person is in it now.

    `person_id` is an SQL expression.
    """
    return f"""(
    EXISTS (
        SELECT 1 FROM messaging_member m
         WHERE m.conversation_id = c.id AND m.person_id = {person_id} AND m.left_seq IS NULL
           AND (NOT c.is_virtual OR m.source = 'invited'))
    OR (c.is_virtual AND {belonging.serves_below(person_id, "c.unit_id")})
)"""


HAS_MEMBER: Final = has_member("%(person_id)s")

_PEOPLE: Final = "%(person_ids)s::bigint[]"
_UNIT: Final = "(SELECT c.unit_id FROM messaging_conversation c WHERE c.id = %(conversation_id)s)"


# What newcomers saw when somebody joined `t` at `j.seq`: by the policy of then, as with rows.
_SHOWN: Final = """coalesce((SELECT p.newcomers_see FROM messaging_newcomerspast p
                    WHERE p.conversation_id = t.id AND p.until_seq >= j.seq
                    ORDER BY p.until_seq LIMIT 1), t.newcomers_see)"""


def _among_administrators(person_id: str, _unit_id: str) -> str:
    """Of one conversation: its unit's administrators are found once, however many people."""
    return f"{person_id} IN ({belonging.administrators(_UNIT)})"


def _periods(
    *, rows: str, serving: str, administers: Callable[[str, str], str] = belonging.administers
) -> str:
    """The CTE `period` of the rows, and of those who serve now where the conversation is virtual.

    Who has an open row there is told by it rather than by the appointment.
    """
    return f"""
serving AS (
    SELECT c.id, c.unit_id, c.created_at, c.newcomers_see, s.person_id, s.since FROM {serving}
), period AS (
    SELECT m.conversation_id, m.person_id, m.joined_seq, m.left_seq,
           coalesce(m.history_from_seq, m.joined_seq) AS sees_from_seq,
           coalesce(m.history_to_seq, m.left_seq) AS sees_to_seq,
           CASE WHEN m.role = 'member' AND m.left_seq IS NULL AND c.kind = 'unit'
                 AND {administers("m.person_id", "c.unit_id")} THEN 'admin' ELSE m.role END AS role,
           m.source
      FROM messaging_member m JOIN messaging_conversation c ON c.id = m.conversation_id
     WHERE {rows} AND (NOT c.is_virtual OR m.left_seq IS NOT NULL OR m.source = 'invited')
    UNION ALL
    SELECT t.id, t.person_id, coalesce(m.joined_seq, j.seq), NULL,
           CASE WHEN m.id IS NOT NULL THEN coalesce(m.history_from_seq, m.joined_seq)
                WHEN j.seq > 1 AND {_SHOWN} = 'everything' THEN 1 ELSE j.seq END,
           NULL,
           CASE WHEN coalesce(m.role, 'member') = 'member'
                 AND {administers("t.person_id", "t.unit_id")} THEN 'admin'
                ELSE coalesce(m.role, 'member') END,
           'org'
      FROM serving t
      LEFT JOIN messaging_member m
        ON m.conversation_id = t.id AND m.person_id = t.person_id AND m.left_seq IS NULL
     CROSS JOIN LATERAL (
        SELECT CASE WHEN m.id IS NOT NULL OR t.since <= t.created_at THEN 1
                    ELSE messaging_seq_before(t.id, t.since) + 1 END AS seq) j
     WHERE m.id IS NULL OR m.source = 'org'
)"""


# The CTE `period` (conversation_id, person_id, joined_seq, left_seq, sees_from_seq, sees_to_seq,
# role, source), to follow WITH. An entry is for those with joined_seq <= seq < left_seq; it may be
# read by those with sees_from_seq <= seq <= sees_to_seq. What is open has neither left_seq nor
# sees_to_seq, and nobody has two open periods.
# All of the conversation %(conversation_id)s:
PERIODS_IN: Final = _periods(
    rows="m.conversation_id = %(conversation_id)s",
    serving=f"""messaging_conversation c CROSS JOIN LATERAL ({belonging.below("c.unit_id")}) s
     WHERE c.id = %(conversation_id)s AND c.is_virtual""",
    administers=_among_administrators,
)
# Those of %(person_ids)s, an array, in all their conversations:
PERIODS_OF: Final = _periods(
    rows=f"m.person_id = ANY({_PEOPLE})",
    serving=f"""({belonging.above(_PEOPLE)}) s
      JOIN messaging_conversation c
        ON c.unit_id = s.unit_id AND c.kind = 'unit' AND c.is_virtual""",
)
# Those of %(person_ids)s in %(conversation_id)s:
PERIODS_AMONG: Final = _periods(
    rows=f"m.conversation_id = %(conversation_id)s AND m.person_id = ANY({_PEOPLE})",
    serving=f"""messaging_conversation c
     CROSS JOIN LATERAL ({belonging.below_among("c.unit_id", _PEOPLE)}) s
     WHERE c.id = %(conversation_id)s AND c.is_virtual""",
)

# `audience`. Of a virtual conversation moments are compared, not numbers: what was said before
# somebody joined was said earlier, and no number has to be found in the log for each of a hundred
# thousand. How many serve below a unit no planner knows: `+ 0` keeps it from looking up the rows
# one person after the other.
_AUDIENCE_BY_ROWS: Final = """
    SELECT m.person_id FROM messaging_member m
     WHERE m.conversation_id = %(conversation_id)s
       AND m.joined_seq <= %(seq)s AND (m.left_seq IS NULL OR m.left_seq > %(seq)s)
       AND m.person_id IS DISTINCT FROM (SELECT e.sender_id FROM e)"""
_AUDIENCE_BY_POSTS: Final = f"""
    SELECT s.person_id FROM ({belonging.posts_below(_UNIT)}) s
     WHERE s.since <= (SELECT greatest(c.created_at, e.created_at)
                         FROM e JOIN messaging_conversation c ON c.id = e.conversation_id)
       AND s.person_id IS DISTINCT FROM (SELECT e.sender_id FROM e) AND NOT EXISTS (
           SELECT 1 FROM messaging_member m WHERE m.conversation_id = %(conversation_id)s
              AND m.person_id + 0 = s.person_id AND m.left_seq IS NULL)
    UNION
    SELECT m.person_id FROM messaging_member m
     WHERE m.conversation_id = %(conversation_id)s AND m.joined_seq <= %(seq)s
       AND m.person_id IS DISTINCT FROM (SELECT e.sender_id FROM e)
       AND (m.left_seq > %(seq)s OR (m.left_seq IS NULL AND (
           m.source = 'invited' OR {belonging.serves_below("m.person_id", _UNIT)})))"""

# The same of several messages of one sender, the CTE `w` of one row (seqs, times, sender_id; the
# arrays in the order of the log, not empty; how `many`, the `lowest` number): a query of
# (person_id, first, past), the places in them that a period covers. Most periods cover all and need
# no search. Nothing joins with `w`: a hundred thousand rows would carry its arrays along.
_FOUNDED: Final = (
    "(SELECT c.created_at FROM messaging_conversation c WHERE c.id = %(conversation_id)s)"
)
_VIRTUAL_UNIT: Final = f"{_UNIT[:-1]} AND c.is_virtual)"
_W_SEQS: Final = "(SELECT w.seqs FROM w)"
_FIRST: Final = f"""CASE WHEN m.joined_seq <= (SELECT w.lowest FROM w) THEN 0
                ELSE width_bucket(m.joined_seq - 1, {_W_SEQS}) END"""
SPANS: Final = f"""
    SELECT m.person_id, {_FIRST} AS first,
           CASE WHEN m.left_seq IS NULL THEN (SELECT w.many FROM w)
                ELSE width_bucket(m.left_seq - 1, {_W_SEQS}) END AS past
      FROM messaging_conversation c JOIN messaging_member m ON m.conversation_id = c.id
     WHERE c.id = %(conversation_id)s
       AND m.person_id IS DISTINCT FROM (SELECT w.sender_id FROM w)
       AND (NOT c.is_virtual OR m.left_seq IS NOT NULL OR m.source = 'invited')
    UNION ALL
    SELECT s.person_id,
           CASE WHEN m.id IS NOT NULL THEN {_FIRST}
                WHEN s.since <= {_FOUNDED} THEN 0
                ELSE width_bucket(s.since - interval '1 microsecond', (SELECT w.times FROM w)) END,
           (SELECT w.many FROM w)
      FROM (SELECT p.person_id, min(p.since) AS since
              FROM ({belonging.posts_below(_VIRTUAL_UNIT)}) p GROUP BY p.person_id) s
      LEFT JOIN messaging_member m
        ON m.conversation_id = %(conversation_id)s AND m.person_id + 0 = s.person_id
       AND m.left_seq IS NULL
     WHERE s.person_id IS DISTINCT FROM (SELECT w.sender_id FROM w)
       AND (m.id IS NULL OR m.source = 'org')"""

# Who is now in the conversations of the CTE `mine` (id, is_virtual) that are kept by rows: a query
# of (conversation_id, person_id).
PRESENT_BY_ROWS: Final = """
    SELECT m.conversation_id, m.person_id
      FROM mine JOIN messaging_member m ON m.conversation_id = mine.id
     WHERE m.left_seq IS NULL AND NOT mine.is_virtual"""

_SOME: Final = f"""
WITH {PERIODS_AMONG}
SELECT person_id, joined_seq, left_seq, sees_from_seq, sees_to_seq, role FROM period
 ORDER BY person_id, joined_seq"""
_PRESENT: Final = f"""
WITH {PERIODS_IN} SELECT person_id FROM period WHERE left_seq IS NULL ORDER BY person_id"""
# The same where rows say it all: it is asked at every send.
_PRESENT_BY_ROWS: Final = """
SELECT person_id FROM messaging_member
 WHERE conversation_id = %(conversation_id)s AND left_seq IS NULL ORDER BY person_id"""
# By rows: who came after one of the entries, unless he could see it in an earlier period.
_UNSEEN: Final = """
SELECT m.person_id, e.seq FROM messaging_member m
 CROSS JOIN unnest(%(seqs)s::bigint[]) AS e (seq)
 WHERE m.conversation_id = %(conversation_id)s AND m.left_seq IS NULL
   AND coalesce(m.history_from_seq, m.joined_seq) > e.seq
   AND NOT EXISTS (
       SELECT 1 FROM messaging_member b
        WHERE b.conversation_id = m.conversation_id AND b.person_id = m.person_id
          AND coalesce(b.history_from_seq, b.joined_seq) <= e.seq
          AND coalesce(b.history_to_seq, b.left_seq) >= e.seq)"""
_IS_MEMBER: Final = f"""
SELECT EXISTS (
    SELECT 1 FROM messaging_conversation c WHERE c.id = %(conversation_id)s AND {HAS_MEMBER})"""


@dataclass(frozen=True, slots=True)
class Period:
    """From which entry until before which (None: still) somebody belongs to a conversation."""

    person_id: int
    joined_seq: int
    left_seq: int | None
    sees_from_seq: int
    """The first entry that may be read: earlier than the joining where newcomers see history."""
    sees_to_seq: int | None
    """The last one: that which tells of the leaving, where one does."""
    role: str

    def shows(self, seq: int) -> bool:
        """Whether the entry may be read."""
        return self.sees_from_seq <= seq and (self.sees_to_seq is None or seq <= self.sees_to_seq)


def is_member(person_id: int, conversation_id: int) -> bool:
    """Whether the person is in the conversation now."""
    with connection.cursor() as cursor:
        cursor.execute(_IS_MEMBER, {"person_id": person_id, "conversation_id": conversation_id})
        return bool(cursor.fetchall()[0][0])


def periods(person_ids: Sequence[int], conversation_id: int) -> list[Period]:
    """All periods of the people in the conversation, by person and time; one query."""
    values: dict[str, Any] = {"person_ids": list(person_ids), "conversation_id": conversation_id}
    with connection.cursor() as cursor:
        cursor.execute(_SOME, values)
        return [Period(*row) for row in cursor.fetchall()]


def present_ids(conversation_id: int, *, is_virtual: bool) -> tuple[int, ...]:
    """The people who are in the conversation now; of a virtual one that may be a whole province."""
    with connection.cursor() as cursor:
        statement = _PRESENT if is_virtual else _PRESENT_BY_ROWS
        cursor.execute(statement, {"conversation_id": conversation_id})
        return tuple(row[0] for row in cursor.fetchall())


def unseen_by(conversation_id: int, seqs: Sequence[int]) -> dict[int, frozenset[int]]:
    """Which of the entries those members of now may not see who may not see all; kept by rows."""
    found: defaultdict[int, set[int]] = defaultdict(set)
    with connection.cursor() as cursor:
        cursor.execute(_UNSEEN, {"conversation_id": conversation_id, "seqs": list(seqs)})
        for person_id, seq in cursor.fetchall():
            found[person_id].add(seq)
    return {person_id: frozenset(kept) for person_id, kept in found.items()}


def audience(*, is_virtual: bool) -> str:
    """A query of person_id: whom the message `e` is for, its sender apart, each once.

    To follow a CTE `e` (conversation_id, seq, created_at, sender_id) of one row, that which
    %(conversation_id)s and %(seq)s name.
    """
    return _AUDIENCE_BY_POSTS if is_virtual else _AUDIENCE_BY_ROWS


def any_present(conversation_id: int, person_ids: Sequence[int]) -> bool:
    """Whether one of the people at least is in the conversation now."""
    return any(period.left_seq is None for period in periods(person_ids, conversation_id))
