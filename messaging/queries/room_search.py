"""A person's conversations by what they are called and by who is in them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import connection

from core.actor import Actor
from messaging import membership
from org.queries import naming, people

_FOUND: Final = f"""
WITH {membership.PERIODS_OF}, mine AS (
    SELECT c.*, CASE WHEN c.kind = 'direct' THEN (
               SELECT part::bigint FROM unnest(string_to_array(c.direct_key, ':')) part
                WHERE part::bigint <> p.person_id LIMIT 1) END AS peer_id
      FROM period p JOIN messaging_conversation c ON c.id = p.conversation_id
     WHERE p.left_seq IS NULL AND (c.last_seq > 0 OR c.created_by_id = p.person_id)
)
SELECT c.id, c.kind, c.title, c.member_count, c.peer_id, m.person_id
  FROM mine c
  LEFT JOIN LATERAL (
    SELECT a.person_id FROM ({membership.PRESENT_BY_ROWS}) a
     WHERE c.kind <> 'direct' AND a.person_id <> ALL(%(person_ids)s::bigint[])
       AND strpos(lower(c.title), %(words)s) = 0 AND {naming.is_named("a.person_id")}
     ORDER BY a.person_id LIMIT 1) m ON TRUE
 WHERE CASE WHEN c.kind = 'direct' THEN {naming.is_named("c.peer_id")}
            ELSE strpos(lower(c.title), %(words)s) > 0 OR m.person_id IS NOT NULL END
 ORDER BY m.person_id IS NOT NULL, c.last_at DESC, c.id DESC LIMIT %(limit)s"""


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
            by_member=known[member_id].name if member_id in known else "",
        )
        for room_id, kind, title, count, peer_id, member_id in rows
    ]
