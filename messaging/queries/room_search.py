"""A person's conversations by what they are called and by who is in them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import connection

from core.actor import Actor
from messaging import membership
from org.queries import naming, people

# Everybody in these conversations is looked at once, however many of them he is in.
_FOUND: Final = f"""
WITH {membership.PERIODS_OF}, mine AS MATERIALIZED (
    SELECT c.*, CASE WHEN c.kind = 'direct' THEN (
               SELECT part::bigint FROM unnest(string_to_array(c.direct_key, ':')) part
                WHERE part::bigint <> p.person_id LIMIT 1) END AS peer_id
      FROM period p JOIN messaging_conversation c ON c.id = p.conversation_id
     WHERE p.left_seq IS NULL AND (c.last_seq > 0 OR c.created_by_id = p.person_id)
), present AS MATERIALIZED ({membership.PRESENT_BY_ROWS}
), somebody AS MATERIALIZED (
    SELECT DISTINCT person_id FROM present WHERE person_id <> ALL(%(person_ids)s::bigint[])
), named AS MATERIALIZED (
    SELECT s.person_id FROM somebody s WHERE {naming.is_named("s.person_id")}
), having_one AS MATERIALIZED (
    SELECT a.conversation_id, min(a.person_id) AS person_id
      FROM present a JOIN named n ON n.person_id = a.person_id GROUP BY a.conversation_id
)
SELECT c.id, c.kind, c.title, c.member_count, c.peer_id, m.person_id
  FROM mine c
  LEFT JOIN having_one m ON m.conversation_id = c.id
   AND (c.kind = 'direct' OR strpos(lower(c.title), %(words)s) = 0)
 WHERE strpos(lower(c.title), %(words)s) > 0 OR m.person_id IS NOT NULL
 ORDER BY c.kind <> 'direct' AND m.person_id IS NOT NULL, c.last_at DESC, c.id DESC
 LIMIT %(limit)s"""


@dataclass(frozen=True, slots=True)
class Room:
    """A conversation that was found, and by which of its members if not by its own name."""

    conversation_id: int
    kind: str
    title: str
    member_count: int
    peer_id: int | None
    by_member: str


def rooms(*, actor: Actor, text: str, limit: int, at: datetime) -> list[Room]:
    """The actor's conversations with the text in their title, then those with such a member.

    Direct ones are found by the other person. In conversations without rows nobody is looked for.
    """
    words = text.replace("\x00", "").strip().lower()
    if not words:
        return []
    values = {
        "person_ids": [actor.require_person()],
        "words": words,
        "limit": limit,
        **naming.values(words),
    }
    with connection.cursor() as cursor:
        cursor.execute(_FOUND, values)
        rows = cursor.fetchall()
    named = {key for row in rows for key in row[4:] if key is not None}
    known = people.names(sorted(named), at=at)
    return [
        Room(
            conversation_id=room_id,
            kind=kind,
            title=title or (known[peer_id].name if peer_id in known else ""),
            member_count=count,
            peer_id=peer_id,
            by_member=known[member_id].name if member_id in known and kind != "direct" else "",
        )
        for room_id, kind, title, count, peer_id, member_id in rows
    ]
