"""The write path of the log: the one way in which an entry gets its number.

Like the unit tree's, it stands with the tables because nothing else may write them so.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Self
from uuid import UUID

import psycopg
from django.db import connection
from django.db.models import QuerySet
from psycopg.types.json import Jsonb

from messaging import errors, membership
from messaging.kinds import MessageKind, Receipt
from messaging.models.conversations import Conversation, Member
from messaging.models.messages import Message

_HOLD: Final = f"""
SELECT c.* FROM messaging_conversation c
 WHERE c.id = %(conversation_id)s AND {membership.HAS_MEMBER} FOR NO KEY UPDATE OF c
"""

_PRESENT: Final = """CASE WHEN c.member_count <= %(named_at_most)s AND NOT c.is_virtual THEN ARRAY(
           SELECT m.person_id FROM messaging_member m
            WHERE m.conversation_id = c.id AND m.left_seq IS NULL ORDER BY m.person_id)
       END"""
_STILL: Final = f"""
SELECT {_PRESENT} FROM messaging_conversation c
 WHERE c.id = %(conversation_id)s AND {membership.HAS_MEMBER}
"""

_COLUMNS: Final = [field.attname for field in Conversation._meta.concrete_fields]

# The row's lock is waited for in `held`, which gives the row as it is then; everything else is seen
# as it was when the statement began. `overtaken` tells that something was committed in between.
_SAY: Final = f"""
WITH held AS MATERIALIZED (
    SELECT {", ".join(f"c.{column}" for column in _COLUMNS)}
      FROM messaging_conversation c
     WHERE c.id = %(conversation_id)s AND {membership.HAS_MEMBER} FOR NO KEY UPDATE OF c
), said AS (
    INSERT INTO messaging_message
        (conversation_id, seq, kind, sender_id, client_message_id, body, created_at,
         reply_to_seq, mentions, mention_all, receipt, file_id, forwarded)
    SELECT id, last_seq + 1, %(kind)s, %(person_id)s, %(client_message_id)s, %(body)s,
           greatest(%(now)s, last_at), %(reply_to_seq)s, %(mentions)s::bigint[], %(mention_all)s,
           %(receipt)s, %(file_id)s, %(forwarded)s
      FROM held
    ON CONFLICT (conversation_id, sender_id, client_message_id) DO NOTHING
    RETURNING conversation_id, seq
), counted AS (
    UPDATE messaging_conversation c
       SET last_seq = said.seq, last_countable_seq = said.seq,
           last_at = greatest(%(now)s, c.last_at)
      FROM said WHERE c.id = said.conversation_id
), moved AS (
    INSERT INTO messaging_readcursor AS r (conversation_id, person_id, read_seq, read_at)
    SELECT conversation_id, %(person_id)s, seq, %(now)s FROM said
     WHERE %(was_open)s OR (SELECT last_countable_seq FROM held) <= coalesce(
               (SELECT o.read_seq FROM messaging_readcursor o
                 WHERE o.conversation_id = said.conversation_id AND o.person_id = %(person_id)s), 0)
    ON CONFLICT (conversation_id, person_id) DO UPDATE
        SET read_seq = EXCLUDED.read_seq, read_at = EXCLUDED.read_at
        WHERE r.read_seq < EXCLUDED.read_seq
    RETURNING conversation_id, person_id, read_seq, read_at
), marked AS (
    INSERT INTO messaging_readmark (conversation_id, person_id, read_seq, read_at)
    SELECT conversation_id, person_id, read_seq, read_at FROM moved
), named AS (
    INSERT INTO messaging_mention (conversation_id, person_id, seq)
    SELECT conversation_id, unnest(%(mentions)s::bigint[]), seq FROM said
)
SELECT said.seq,
       c.last_seq <> (SELECT seen.last_seq FROM messaging_conversation seen WHERE seen.id = c.id),
       EXISTS (SELECT FROM moved),
       {_PRESENT},
       c.*
  FROM held c LEFT JOIN said ON TRUE
"""


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody is about to say."""

    client_message_id: UUID
    body: str
    kind: MessageKind = MessageKind.TEXT
    reply_to_seq: int | None = None
    mentions: tuple[int, ...] = ()
    mention_all: bool = False
    receipt: Receipt = Receipt.LIST
    file_id: int | None = None
    forwarded: Mapping[str, object] | None = None
    was_open: bool = True
    """Whether its sender had the conversation before her: then she has read it up to here."""


@dataclass(frozen=True, slots=True)
class Said:
    """The held conversation and, unless the sender had used the id before, the message in it."""

    held: Conversation
    message: Message | None
    present_ids: tuple[int, ...] | None
    """The members of now; None where the conversation is large."""
    has_read: bool = False
    """Whether its sender has read up to the message."""


def hold(*, person_id: int, conversation_id: int) -> Conversation:
    """The conversation, locked until the commit, if the person is in it.

    Joins and leaves take the same lock, so what is known of the members now stays true.
    Strangers lock nothing. Whoever reads does not wait: NO KEY, since the foreign keys of a cursor
    ask for the conversation at the commit, while a speaker may wait for that very cursor.
    """
    values = {"conversation_id": conversation_id, "person_id": person_id}
    held = next(iter(Conversation.objects.raw(_HOLD, values)), None)
    # Whoever waited for the lock may have been removed meanwhile.
    if held is None or not membership.is_member(person_id, conversation_id):
        raise errors.ConversationNotFound
    return held


def say(
    draft: Draft, *, sender_id: int, conversation_id: int, named_at_most: int, now: datetime
) -> Said:
    """The log ends with the message, in one statement. Four rows are written, whatever the
    group's size, and one for each person it names.

    The conversation is held as by `hold`. Whether its sender may speak has to be judged by what
    comes back: refusing rolls it all back.
    """
    values = {
        "conversation_id": conversation_id,
        "person_id": sender_id,
        "client_message_id": draft.client_message_id,
        "kind": draft.kind.value,
        "body": draft.body,
        "now": now,
        "reply_to_seq": draft.reply_to_seq,
        "mentions": list(draft.mentions),
        "mention_all": draft.mention_all,
        "receipt": draft.receipt.value,
        "file_id": draft.file_id,
        "forwarded": Jsonb(draft.forwarded) if draft.forwarded is not None else None,
        "was_open": draft.was_open,
        "named_at_most": named_at_most,
    }
    seq, overtaken, has_read, present_ids, *columns = _row(_SAY, values)
    held = Conversation.from_db("default", _COLUMNS, columns)
    if overtaken:
        # Whoever waited for the lock may have been removed meanwhile, and others may have joined.
        [present_ids] = _row(_STILL, values)
    known = tuple(present_ids) if present_ids is not None else None
    if seq is None:
        return Said(held, None, known)
    held.last_seq = held.last_countable_seq = seq
    held.last_at = max(now, held.last_at)
    return Said(held, _message(draft, held, seq, sender_id=sender_id), known, has_read)


def append_card(
    held: Conversation, *, sender_id: int | None, card: Mapping[str, object], now: datetime
) -> Message:
    """The log ends with the card, which its application says, or somebody who shares it."""
    receipt = Receipt.NONE if sender_id is None else Receipt.LIST
    message = Message(kind=MessageKind.CARD, sender_id=sender_id, card=dict(card), receipt=receipt)
    _append(held, message, now=now)
    held.last_countable_seq = held.last_seq
    held.save(update_fields=["last_seq", "last_countable_seq", "last_at"])
    return message


def append_event(
    held: Conversation, *, by_id: int | None, event: Mapping[str, object], now: datetime
) -> Message:
    """The log ends with the event. The caller saves what else it changed in `held`."""
    message = Message(
        kind=MessageKind.EVENT, sender_id=by_id, event=dict(event), receipt=Receipt.NONE
    )
    _append(held, message, now=now)
    held.save(update_fields=["last_seq", "last_at", "member_count", "title"])
    return message


def present(conversation: Conversation) -> QuerySet[Member]:
    """The periods that are open: one for each member of now."""
    return Member.objects.filter(conversation=conversation, left_seq__isnull=True)


def _append(held: Conversation, message: Message, *, now: datetime) -> None:
    held.last_seq += 1
    # Time does not run backwards along the log, whatever the clocks of two processes say: by it
    # membership finds the entry at which somebody came or went.
    held.last_at = max(now, held.last_at)
    message.conversation = held
    message.seq = held.last_seq
    message.created_at = held.last_at
    message.save(force_insert=True)


def _message(draft: Draft, held: Conversation, seq: int, *, sender_id: int) -> Message:
    return Message(
        conversation=held,
        seq=seq,
        kind=draft.kind,
        sender_id=sender_id,
        client_message_id=draft.client_message_id,
        body=draft.body,
        created_at=held.last_at,
        reply_to_seq=draft.reply_to_seq,
        mentions=list(draft.mentions),
        mention_all=draft.mention_all,
        receipt=draft.receipt,
        file_id=draft.file_id,
        forwarded=dict(draft.forwarded) if draft.forwarded is not None else None,
    )


class _PlannedOnce(psycopg.Cursor[tuple[Any, ...]]):
    """A cursor whose statements are planned once per connection.

    Django's own send finished text, which is planned each time: half of what sending costs.
    """

    def execute(self, query: Any, params: Any = None, **_: Any) -> Self:
        return super().execute(query, params, prepare=True)


def _row(sql: str, values: dict[str, Any]) -> tuple[Any, ...]:
    """The statement's row; ConversationNotFound where there is none."""
    connection.ensure_connection()
    planned: Any = _PlannedOnce(connection.connection)
    wrap = connection.make_debug_cursor if connection.queries_logged else connection.make_cursor
    with wrap(planned) as cursor:
        cursor.execute(sql, values)
        row: tuple[Any, ...] | None = cursor.fetchone()
    if row is None:
        raise errors.ConversationNotFound
    return row
