"""Of which words the blocks of the search are made, and which blocks are missing."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import connection

from messaging import signatures
from messaging.models import Conversation, Message, SearchBlock
from messaging.queries import spoken

ENTRIES: Final = 64
"""Entries of a block. Blocks begin at 1, 65, 129 …"""

_SAID: Final = f"""
SELECT e.kind, e.sender_id, {spoken.WORDS}
  FROM messaging_message e {spoken.JOINED}
 WHERE e.conversation_id = %(conversation_id)s
   AND e.seq BETWEEN %(first)s AND %(last)s AND {spoken.IS_SEARCHED}"""
_BEHIND: Final = f"""
SELECT c.id FROM messaging_conversation c
 WHERE c.id > %(after)s AND c.last_seq >= {ENTRIES} AND c.last_seq >= {ENTRIES} + coalesce((
       SELECT b.last_seq FROM messaging_searchblock b WHERE b.conversation_id = c.id
        ORDER BY b.first_seq DESC LIMIT 1), 0)
 ORDER BY c.id LIMIT %(limit)s"""


@dataclass(frozen=True, slots=True)
class Said:
    """One message as the search sees it."""

    kind: str
    sender_id: int | None
    words: str


@dataclass(frozen=True, slots=True)
class Missing:
    """A block that is full and not written yet."""

    first_seq: int
    last_seq: int
    begins_at: datetime
    ends_at: datetime


def said(conversation_id: int, first_seq: int, last_seq: int) -> list[Said]:
    """What was said there and can still be read."""
    values = {"conversation_id": conversation_id, "first": first_seq, "last": last_seq}
    return [Said(*row) for row in _fetch(_SAID, values)]


def tokens(messages: Iterable[Said]) -> set[str]:
    """What the signature of a block of these messages admits."""
    found: set[str] = set()
    for one in messages:
        found |= signatures.grams(one.words or "")
        found.add(signatures.of_kind(one.kind))
        if one.sender_id is not None:
            found.add(signatures.of_sender(one.sender_id))
    return found


def missing(conversation_id: int, *, last_seq: int, limit: int) -> list[Missing]:
    """The next full blocks of the log that are not written, in their order."""
    rows = SearchBlock.objects.filter(conversation_id=conversation_id).order_by("-first_seq")
    known = rows.values_list("last_seq", flat=True).first() or 0
    firsts = range(known + 1, last_seq - ENTRIES + 2, ENTRIES)[:limit]
    edges = {seq for first in firsts for seq in (first, first + ENTRIES - 1)}
    at = dict(
        Message.objects.filter(conversation_id=conversation_id, seq__in=edges).values_list(
            "seq", "created_at"
        )
    )
    return [
        Missing(first, first + ENTRIES - 1, at[first], at[first + ENTRIES - 1]) for first in firsts
    ]


def behind(*, after: int, limit: int) -> Sequence[int]:
    """Conversations with a full block that is not written, by id from `after` on."""
    return [row[0] for row in _fetch(_BEHIND, {"after": after, "limit": limit})]


def conversation_ids(*, after: int, limit: int) -> list[int]:
    """All conversations by id, some at a time."""
    rows = Conversation.objects.filter(pk__gt=after).order_by("pk")
    return list(rows.values_list("pk", flat=True)[:limit])


def _fetch(statement: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())
