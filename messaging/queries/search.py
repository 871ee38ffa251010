"""Messages by their words, as far as the reader may see them (docs/adr/0026-message-search.md).

Blocks whose signature denies what is looked for are passed over; what is in the others is read and
compared. Both happen inside the reader's own periods, so that what she may not see costs nothing
and counts nowhere. A request looks at a bounded number of blocks and says how far it came.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from django.db import connection

from core import paging
from core.actor import Actor
from messaging import errors, membership, policies, signatures
from messaging.models import Conversation
from messaging.queries import conversations, excerpts, search_blocks, spoken
from messaging.queries.excerpts import Excerpt
from org.queries import people

TERMS_AT_MOST: Final = 4
GRAMS_AT_MOST: Final = 12
"""So many pairs of characters are asked of a signature; the words are compared in full."""
BLOCKS_AT_MOST: Final = 2000
"""So many blocks one request looks into, about 128,000 entries."""
_FIRST_BATCH: Final = 40
_LATEST: Final = 2**62
_END_OF_TIME: Final = datetime(9999, 1, 1, tzinfo=UTC)

_POSITION: Final = paging.Cursors("messaging.search", tuple[datetime, int, int])

# Only what she is in now, and of it all of her periods, as a pull does it.
_SPANS: Final = f"""
WITH {membership.PERIODS_OF}, span AS MATERIALIZED (
    SELECT c.id, p.sees_from_seq AS first, coalesce(p.sees_to_seq, c.last_seq) AS last
      FROM period p JOIN messaging_conversation c ON c.id = p.conversation_id
     WHERE (%(conversation_id)s::bigint IS NULL OR c.id = %(conversation_id)s)
       AND EXISTS (SELECT 1 FROM period now
                    WHERE now.conversation_id = c.id AND now.left_seq IS NULL)
)"""
# What no block tells yet is looked at in pieces as long as blocks. The moments of a piece are found
# one by one: a planner that joins for them would read every message.
_BLOCKS: Final = f"""{_SPANS}, block AS (
    SELECT s.id, greatest(b.first_seq, s.first) AS first, least(b.last_seq, s.last) AS last,
           b.begins_at, b.ends_at
      FROM span s JOIN messaging_searchblock b
        ON b.conversation_id = s.id AND b.first_seq <= s.last AND b.last_seq >= s.first
     WHERE {{admitted}}
    UNION ALL
    SELECT s.id, greatest(piece.first, s.first), least(piece.last, s.last),
           (SELECT e.created_at FROM messaging_message e
             WHERE e.conversation_id = s.id AND e.seq = piece.first),
           (SELECT e.created_at FROM messaging_message e
             WHERE e.conversation_id = s.id AND e.seq = piece.last)
      FROM span s JOIN messaging_conversation c ON c.id = s.id
     CROSS JOIN LATERAL (SELECT coalesce((
        SELECT b.last_seq FROM messaging_searchblock b WHERE b.conversation_id = s.id
         ORDER BY b.first_seq DESC LIMIT 1), 0) AS through) written
     CROSS JOIN LATERAL (
        SELECT g.seq AS first, least(g.seq + {search_blocks.ENTRIES - 1}, c.last_seq) AS last
          FROM generate_series(written.through + 1, c.last_seq, {search_blocks.ENTRIES}) g (seq)
         WHERE g.seq <= s.last AND g.seq + {search_blocks.ENTRIES - 1} >= s.first) piece
)
SELECT id, first, last, ends_at FROM block
 WHERE ends_at >= %(since)s AND begins_at <= %(until)s
 ORDER BY ends_at DESC, id DESC, first DESC LIMIT {BLOCKS_AT_MOST + 1}"""
_HITS: Final = f"""
SELECT e.created_at, e.conversation_id, e.seq, e.kind, e.sender_id, e.source_name, e.words
  FROM (
    SELECT e.*, e.card->>'source_name' AS source_name, {spoken.WORDS} AS words
      FROM unnest(%(ids)s::bigint[], %(firsts)s::bigint[], %(lasts)s::bigint[])
           AS block (id, first, last)
     CROSS JOIN LATERAL (
        SELECT * FROM messaging_message e
         WHERE e.conversation_id = block.id AND e.seq BETWEEN block.first AND block.last
           AND {spoken.IS_SEARCHED} AND e.created_at BETWEEN %(since)s AND %(until)s
           AND {{picked}} OFFSET 0) e
      {spoken.JOINED}
  ) e
 WHERE {{compared}} AND (e.created_at, e.conversation_id, e.seq) < (%(at)s, %(room)s, %(before)s)
 ORDER BY 1 DESC, 2 DESC, 3 DESC LIMIT %(limit)s"""


@dataclass(frozen=True, slots=True)
class Filters:
    """What besides words narrows a search down."""

    conversation_id: int | None = None
    sender_id: int | None = None
    kind: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Hit:
    """A message that was found, with the part of it that has what was looked for."""

    conversation_id: int
    conversation_title: str
    conversation_kind: str
    seq: int
    kind: str
    sender_id: int | None
    sender_name: str
    created_at: datetime
    excerpt: Excerpt


@dataclass(frozen=True, slots=True)
class Found:
    """Messages, the newest first.

    Where `searched_to` is set the search stopped there before the page was full: older ones follow
    by the cursor.
    """

    items: list[Hit]
    next_cursor: str | None
    searched_to: datetime | None


@dataclass(frozen=True, slots=True)
class _Block:
    conversation_id: int
    first: int
    last: int
    ends_at: datetime


_Position = tuple[datetime, int, int]
_Row = tuple[datetime, int, int, str, int | None, str | None, str]


def messages(
    *, actor: Actor, text: str, filters: Filters, cursor: str | None, limit: int, at: datetime
) -> Found:
    """What the actor may read and has all the words; without words whatever passes the filters.

    SearchTooWide for neither words nor a conversation; ConversationNotFound.
    """
    person_id = actor.require_person()
    if filters.conversation_id is not None:
        policies.require_member(actor, filters.conversation_id)
    terms = _terms(text)
    if not terms and filters.conversation_id is None:
        raise errors.SearchTooWide
    look = _Look(
        person_id, terms, filters, _POSITION.decode(cursor) or (_END_OF_TIME, _LATEST, _LATEST)
    )
    rows, through = look.rows(limit + 1)
    shown = rows[:limit]
    following: _Position | None = None
    if len(rows) > limit:
        following, through = _place(shown[-1]), None
    elif through is not None:
        following = (through, _LATEST, _LATEST)
    return Found(
        items=_hits(shown, terms, person_id, at=at),
        next_cursor=_POSITION.encode(following) if following is not None else None,
        searched_to=through,
    )


@dataclass(frozen=True, slots=True)
class _Look:
    """One look from a position backwards in time."""

    person_id: int
    terms: tuple[str, ...]
    filters: Filters
    position: _Position

    def rows(self, wanted: int) -> tuple[list[_Row], datetime | None]:
        """The newest so many that fit, and how far back was looked if that was not to the end."""
        blocks = self._blocks()
        cut = blocks[BLOCKS_AT_MOST].ends_at if len(blocks) > BLOCKS_AT_MOST else None
        found: list[_Row] = []
        for batch, next_at in _batches(blocks[:BLOCKS_AT_MOST]):
            found = sorted([*found, *self._hits(batch, wanted)], key=_place, reverse=True)[:wanted]
            if len(found) == wanted and (next_at is None or found[-1][0] > next_at):
                return found, None
        if cut is None:
            return found, None
        # What is as old as the blocks that were left comes with them.
        return [row for row in found if row[0] > cut], cut

    def _blocks(self) -> list[_Block]:
        admitted = signatures.admits("b.signature", self._tokens())
        rows = _fetch(_BLOCKS.format(admitted=admitted), self._values())
        return [_Block(*row) for row in rows]

    def _hits(self, blocks: Sequence[_Block], limit: int) -> list[_Row]:
        compared = [spoken.has(f"term_{place}") for place in range(len(self.terms))]
        picked = [
            f"e.{column} = %({column})s"
            for column in ("sender_id", "kind")
            if getattr(self.filters, column) is not None
        ]
        statement = _HITS.format(
            compared=" AND ".join(compared) or "TRUE", picked=" AND ".join(picked) or "TRUE"
        )
        values = {
            **self._values(),
            "ids": [block.conversation_id for block in blocks],
            "firsts": [block.first for block in blocks],
            "lasts": [block.last for block in blocks],
            "limit": limit,
        }
        return [_row(row) for row in _fetch(statement, values)]

    def _tokens(self) -> list[str]:
        grams = [gram for term in self.terms for gram in signatures.probe(term)]
        tokens = list(dict.fromkeys(grams))[:GRAMS_AT_MOST]
        if self.filters.sender_id is not None:
            tokens.append(signatures.of_sender(self.filters.sender_id))
        if self.filters.kind is not None:
            tokens.append(signatures.of_kind(self.filters.kind))
        return tokens

    def _values(self) -> dict[str, Any]:
        at, room, before = self.position
        return {
            "person_ids": [self.person_id],
            "conversation_id": self.filters.conversation_id,
            "sender_id": self.filters.sender_id,
            "kind": self.filters.kind,
            "since": self.filters.since or datetime.fromtimestamp(0, tz=UTC),
            "until": min(at, self.filters.until or at),
            "at": at,
            "room": room,
            "before": before,
            **{f"term_{place}": term for place, term in enumerate(self.terms)},
        }


def _terms(text: str) -> tuple[str, ...]:
    words = signatures.fold(text.replace("\x00", "")).split()
    # Beyond so many words the rest is one: nobody types more, and each costs.
    last = " ".join(words[TERMS_AT_MOST - 1 :])
    return (*words[: TERMS_AT_MOST - 1], *([last] if last else []))


def _batches(blocks: Sequence[_Block]) -> Iterator[tuple[Sequence[_Block], datetime | None]]:
    """More blocks each time, with the end of the newest one that comes after them."""
    start, size = 0, _FIRST_BATCH
    while start < len(blocks):
        following = blocks[start + size].ends_at if start + size < len(blocks) else None
        yield blocks[start : start + size], following
        start, size = start + size, size * 2


def _place(row: _Row) -> _Position:
    return row[0], row[1], row[2]


def _row(row: tuple[Any, ...]) -> _Row:
    return (row[0], row[1], row[2], row[3], row[4], row[5], row[6] or "")


def _hits(rows: Sequence[_Row], terms: Sequence[str], person_id: int, *, at: datetime) -> list[Hit]:
    rooms = Conversation.objects.in_bulk({row[1] for row in rows})
    peers = {key: conversations.peer_of(room, person_id) for key, room in rooms.items()}
    named = {row[4] for row in rows if row[4] is not None} | {one for one in peers.values() if one}
    known = people.names(sorted(named), at=at)
    return [
        Hit(
            conversation_id=room_id,
            conversation_title=rooms[room_id].title or _name(known, peers[room_id]),
            conversation_kind=rooms[room_id].kind,
            seq=seq,
            kind=kind,
            sender_id=sender_id,
            sender_name=_name(known, sender_id) if sender_id is not None else source or "",
            created_at=created_at,
            excerpt=excerpts.around(words, terms),
        )
        for created_at, room_id, seq, kind, sender_id, source, words in rows
    ]


def _name(known: dict[int, people.PersonName], person_id: int | None) -> str:
    person = known.get(person_id) if person_id is not None else None
    return person.name if person else ""


def _fetch(statement: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())
