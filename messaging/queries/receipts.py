"""Who has read a message and who has not, exact by membership, with names and times.

It costs one pass over those whom the message is for, whatever the length of the log. The lists come
in pages, and are never counted through in Python.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate
from typing import Any, Final, Literal

from django.db import connection
from django.db.models import Q

from core import paging
from core.actor import Actor
from messaging import errors, membership, policies
from messaging.models import Message, MessageKind
from messaging.queries import colleagues
from org.queries import naming, people

State = Literal["read", "unread"]
"""Whether somebody has read a message or not."""

UNREAD_AT_MOST: Final = 5001
"""So many unread people are named at once: one more than can be called together."""

_ENTRY: Final = """
WITH e AS MATERIALIZED (
    SELECT conversation_id, seq, created_at, sender_id FROM messaging_message
     WHERE conversation_id = %(conversation_id)s AND seq = %(seq)s
)"""
# All cursors of the conversation at once: `+ 0` forbids to look them up one after the other, which
# the planner would do for an audience whose size it underrates.
_CURSOR: Final = """messaging_readcursor r
    ON r.conversation_id = %(conversation_id)s AND r.person_id + 0 = a.person_id"""

# One pass over the audience for both numbers and the names of a page.
_STANDS: Final = f"""{_ENTRY}, t AS MATERIALIZED (
    SELECT count(*) AS concerned,
           coalesce(array_agg(a.person_id) FILTER (WHERE r.person_id IS NULL), '{{{{}}}}') AS unread
      FROM ({{audience}}) a LEFT JOIN {_CURSOR} AND r.read_seq >= %(seq)s
)"""
_SOME_UNREAD: Final = """
SELECT a.person_id FROM unnest(t.unread) AS a (person_id)
 WHERE a.person_id > %(after_id)s AND {named} ORDER BY a.person_id LIMIT %(limit)s"""
_UNREAD: Final = f"{_STANDS} SELECT s.person_id FROM t CROSS JOIN LATERAL ({_SOME_UNREAD}) s"
_UNREAD_AND_COUNTS: Final = f"""{_STANDS}
SELECT concerned - cardinality(unread), cardinality(unread), ARRAY({_SOME_UNREAD}) FROM t"""

# Cursors and marks only go forward: whose cursor stands at or beyond the message has a first mark
# there, and its time is when she read it.
_READ: Final = f"""{_ENTRY}
SELECT k.read_at, a.person_id FROM ({{audience}}) a
  JOIN {_CURSOR} AND r.read_seq >= %(seq)s
 CROSS JOIN LATERAL (
    SELECT k.read_at FROM messaging_readmark k
     WHERE k.conversation_id = %(conversation_id)s AND k.person_id = a.person_id
       AND k.read_seq >= %(seq)s
     ORDER BY k.read_seq LIMIT 1) k
 WHERE (%(after_at)s::timestamptz IS NULL
        OR (k.read_at, a.person_id) > (%(after_at)s, %(after_id)s))
   AND {{named}}
 ORDER BY k.read_at, a.person_id LIMIT %(limit)s"""

# Of several messages at once each period and cursor becomes places among their numbers, and Python
# adds up how many stand where: so the fifty of a page cost one pass over the members, as one does.
# Most cursors stand before all of them or beyond: those need no search.
_PLACES: Final = f"""
WITH w AS MATERIALIZED (
    SELECT array_agg(seq ORDER BY seq) AS seqs, array_agg(created_at ORDER BY seq) AS times,
           min(seq) AS lowest, max(seq) AS highest, count(*)::int AS many,
           %(sender_id)s::bigint AS sender_id
      FROM messaging_message
     WHERE conversation_id = %(conversation_id)s AND seq = ANY(%(seqs)s)
       AND sender_id = %(sender_id)s
)
SELECT (SELECT w.seqs FROM w), a.first, a.past,
       CASE WHEN r.read_seq IS NULL THEN 0
            WHEN r.read_seq >= (SELECT w.highest FROM w) THEN (SELECT w.many FROM w)
            ELSE width_bucket(r.read_seq, (SELECT w.seqs FROM w)) END,
       count(*)
  FROM ({membership.SPANS}) a
  LEFT JOIN {_CURSOR} AND r.read_seq >= (SELECT w.lowest FROM w)
 WHERE a.first < a.past GROUP BY 2, 3, 4"""

_READ_SEQS: Final = """
SELECT a.person_id, a.conversation_id, coalesce(r.read_seq, 0)
  FROM unnest(%(person_ids)s::bigint[], %(conversation_ids)s::bigint[])
       AS a (person_id, conversation_id)
  LEFT JOIN messaging_readcursor r USING (conversation_id, person_id)"""

_BY_PERSON: Final = paging.Cursors("messaging.receipts.unread", tuple[int])
_BY_TIME: Final = paging.Cursors("messaging.receipts.read", tuple[datetime, int])


@dataclass(frozen=True, slots=True)
class ReceiptCount:
    """How many of those who should read a message have, and have not."""

    read: int
    unread: int


@dataclass(frozen=True, slots=True)
class Reader:
    """One person who should read the message; read_at is None until she has."""

    person_id: int
    name: str
    organ_name: str
    unit_name: str
    title: str
    read_at: datetime | None


@dataclass(frozen=True, slots=True)
class ReceiptPage:
    """Some of those who have read the message, or have not, and how many there are of both.

    The counts are of all whom the message is for, whatever name was looked for.
    """

    conversation_id: int
    seq: int
    items: list[Reader]
    next_cursor: str | None
    read: int
    unread: int


def of_message(
    *,
    actor: Actor,
    conversation_id: int,
    seq: int,
    state: State,
    name: str,
    cursor: str | None,
    limit: int,
    at: datetime,
) -> ReceiptPage:
    """Those of one of the actor's own messages who have read it, earliest first, or have not."""
    person_id = policies.require_member(actor, conversation_id)
    message = _own(person_id, conversation_id, seq)
    picked = _unread if state == "unread" else _read
    total, rows, following = picked(message, name=name, cursor=cursor, limit=limit)
    return ReceiptPage(
        conversation_id=conversation_id,
        seq=seq,
        items=_named(rows, at=at),
        next_cursor=following,
        read=total.read,
        unread=total.unread,
    )


def unread_ids(conversation_id: int, seq: int, *, limit: int = UNREAD_AT_MOST) -> list[int]:
    """Whom the message is for and who has not read it, by id; no more than the limit.

    Whether the asker may know is the caller's to judge.
    """
    values = {"after_id": 0, "limit": limit}
    return [row[0] for row in _pick(_UNREAD, _said(conversation_id, seq), "", values)]


def counts_for_sender(
    *, person_id: int, conversation_id: int, seqs: Sequence[int]
) -> dict[int, ReceiptCount]:
    """The counts of those of the messages that the person herself sent and did not recall."""
    own = Message.objects.filter(
        ~Q(kind=MessageKind.EVENT),
        conversation_id=conversation_id,
        seq__in=seqs,
        sender_id=person_id,
        recalled_at__isnull=True,
    )
    return counts(conversation_id, list(own.values_list("seq", flat=True)), sender_id=person_id)


def counts(conversation_id: int, seqs: Sequence[int], *, sender_id: int) -> dict[int, ReceiptCount]:
    """How many have read each of the sender's messages; one query, none without messages.

    A message that is for nobody is left out.
    """
    if not seqs:
        return {}
    values = {"conversation_id": conversation_id, "seqs": list(seqs), "sender_id": sender_id}
    rows = _fetch(_PLACES, values)
    if not rows:
        return {}
    told: list[int] = rows[0][0]
    concerned, read = [0] * (len(told) + 1), [0] * (len(told) + 1)
    for _, first, past, reached, people_there in rows:
        concerned[first] += people_there
        concerned[past] -= people_there
        read[first] += people_there
        read[max(first, min(past, reached))] -= people_there
    by_place = zip(told, accumulate(concerned), accumulate(read), strict=False)
    return {seq: ReceiptCount(seen, total - seen) for seq, total, seen in by_place if total}


def read_seqs(places: Sequence[tuple[int, int]]) -> dict[tuple[int, int], int]:
    """How far each person has read, by person and conversation; one query, none for nobody.

    0 before the first reading.
    """
    if not places:
        return {}
    person_ids, conversation_ids = zip(*places, strict=True)
    asked = {"person_ids": list(person_ids), "conversation_ids": list(conversation_ids)}
    return {(row[0], row[1]): row[2] for row in _fetch(_READ_SEQS, asked)}


_Row = tuple[datetime | None, int]


def _own(person_id: int, conversation_id: int, seq: int) -> Message:
    message = _said(conversation_id, seq)
    policies.require_sender(person_id, message)
    return message


def _said(conversation_id: int, seq: int) -> Message:
    rows = Message.objects.filter(~Q(kind=MessageKind.EVENT)).select_related("conversation")
    message = rows.filter(conversation_id=conversation_id, seq=seq).first()
    if message is None:
        raise errors.MessageNotFound
    return message


def _unread(
    message: Message, *, name: str, cursor: str | None, limit: int
) -> tuple[ReceiptCount, list[_Row], str | None]:
    (after_id,) = _BY_PERSON.decode(cursor) or (0,)
    total, ids = _counted(message, name=name, after_id=after_id, limit=limit + 1)
    following = _BY_PERSON.encode((ids[limit - 1],)) if len(ids) > limit else None
    return total, [(None, person_id) for person_id in ids[:limit]], following


def _counted(
    message: Message, *, name: str = "", after_id: int = 0, limit: int
) -> tuple[ReceiptCount, list[int]]:
    values = {"after_id": after_id, "limit": limit}
    [(read, unread, ids)] = _pick(_UNREAD_AND_COUNTS, message, name, values)
    return ReceiptCount(read, unread), ids


def _read(
    message: Message, *, name: str, cursor: str | None, limit: int
) -> tuple[ReceiptCount, list[_Row], str | None]:
    after_at, after_id = _BY_TIME.decode(cursor) or (None, None)
    values = {"after_at": after_at, "after_id": after_id, "limit": limit + 1}
    rows = _pick(_READ, message, name, values)
    following = _BY_TIME.encode(rows[limit - 1]) if len(rows) > limit else None
    total, _ = _counted(message, limit=0)
    return total, rows[:limit], following


def _pick(
    statement: str, message: Message, name: str, values: dict[str, Any]
) -> list[tuple[Any, ...]]:
    """The statement's rows among those whom the message is for, of that name if one is given."""
    audience = membership.audience(is_virtual=message.conversation.is_virtual)
    named = naming.is_named("a.person_id") if name.strip() else "TRUE"
    place = {"conversation_id": message.conversation_id, "seq": message.seq}
    return _fetch(
        statement.format(audience=audience, named=named), {**place, **values, **naming.values(name)}
    )


def _fetch(statement: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())


def _named(rows: Sequence[_Row], *, at: datetime) -> list[Reader]:
    names = people.names([person_id for _, person_id in rows], at=at)
    organs = colleagues.organ_names({person.unit_id for person in names.values()})
    return [
        Reader(
            person_id=person_id,
            name=names[person_id].name,
            organ_name=organs[names[person_id].unit_id],
            unit_name=names[person_id].unit_name,
            title=names[person_id].title,
            read_at=read_at,
        )
        for read_at, person_id in rows
        if person_id in names
    ]
