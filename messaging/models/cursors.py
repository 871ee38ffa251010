"""The write path of reading: the one way in which a cursor moves, but for a message's own sender.

What many have read is written by one statement, as the log is by its own (`log.say`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import connection

from messaging import membership
from messaging.models.conversations import Conversation
from messaging.models.receipts import ReadCursor

# Of the readings of one person in one conversation the newest that the log holds counts: its moment
# is that of the mark. Cursors are taken in the order of their conversations, as everybody does who
# holds several: so no two processes wait for each other.
_ADVANCE: Final = f"""
WITH told AS MATERIALIZED (
    SELECT t.person_id, t.conversation_id, t.seq, t.read_at
      FROM unnest(%(person_ids)s::bigint[], %(conversation_ids)s::bigint[], %(seqs)s::bigint[],
                  %(moments)s::timestamptz[]) AS t (person_id, conversation_id, seq, read_at)
), allowed AS MATERIALIZED (
    SELECT t.person_id, t.conversation_id, c.last_seq
      FROM (SELECT DISTINCT person_id, conversation_id FROM told) t
      JOIN messaging_conversation c ON c.id = t.conversation_id
     WHERE {membership.has_member("t.person_id")}
), moved AS (
    INSERT INTO messaging_readcursor AS held (conversation_id, person_id, read_seq, read_at)
    SELECT DISTINCT ON (t.conversation_id, t.person_id)
           t.conversation_id, t.person_id, t.seq, t.read_at
      FROM told t JOIN allowed USING (person_id, conversation_id)
     WHERE t.seq <= allowed.last_seq
     ORDER BY t.conversation_id, t.person_id, t.seq DESC, t.read_at
    ON CONFLICT (conversation_id, person_id) DO UPDATE
        SET read_seq = EXCLUDED.read_seq, read_at = EXCLUDED.read_at
        WHERE held.read_seq < EXCLUDED.read_seq
    RETURNING conversation_id, person_id, read_seq, read_at
), marked AS (
    INSERT INTO messaging_readmark (conversation_id, person_id, read_seq, read_at)
    SELECT conversation_id, person_id, read_seq, read_at FROM moved
)
SELECT a.person_id, a.conversation_id, a.last_seq, m.read_seq
  FROM allowed a LEFT JOIN moved m USING (person_id, conversation_id)"""


@dataclass(frozen=True, slots=True)
class Reading:
    """The person saw everything up to the entry at that moment."""

    person_id: int
    conversation_id: int
    seq: int
    read_at: datetime


@dataclass(frozen=True, slots=True)
class Place:
    """One person in one conversation that she is in: how far both are."""

    last_seq: int
    moved_to: int | None
    """Where her cursor stands since now; None where it stood there already, or beyond."""


def advance(readings: Sequence[Reading]) -> dict[tuple[int, int], Place]:
    """No cursor stands before what its person read; it never goes back. One statement for all.

    By person and conversation. Whoever is not in a conversation is left out, and what is beyond
    the log moves nothing.
    """
    asked: dict[str, Any] = {
        "person_ids": [one.person_id for one in readings],
        "conversation_ids": [one.conversation_id for one in readings],
        "seqs": [one.seq for one in readings],
        "moments": [one.read_at for one in readings],
    }
    with connection.cursor() as cursor:
        cursor.execute(_ADVANCE, asked)
        return {
            (person_id, conversation_id): Place(last_seq, moved_to)
            for person_id, conversation_id, last_seq, moved_to in cursor.fetchall()
        }


def has_read_all(person_id: int, held: Conversation) -> bool:
    """Whether the person has read whatever was said in the conversation, which is locked."""
    own = ReadCursor.objects.filter(conversation=held, person_id=person_id)
    return (
        held.last_countable_seq == 0 or own.filter(read_seq__gte=held.last_countable_seq).exists()
    )
