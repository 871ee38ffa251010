"""The write path of the log: the one way in which an entry gets its number.

Like the unit tree's, it stands with the tables because nothing else may write them so.
"""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from messaging import errors
from messaging.models.conversations import Conversation, Member
from messaging.models.messages import Message, MessageKind

_ADVANCE = """
WITH moved AS (
    INSERT INTO messaging_readcursor AS held (conversation_id, person_id, read_seq, read_at)
    VALUES (%s, %s, %s, %s)
    ON CONFLICT (conversation_id, person_id) DO UPDATE
        SET read_seq = EXCLUDED.read_seq, read_at = EXCLUDED.read_at
        WHERE held.read_seq < EXCLUDED.read_seq
    RETURNING conversation_id, person_id, read_seq, read_at
)
INSERT INTO messaging_readmark (conversation_id, person_id, read_seq, read_at)
SELECT conversation_id, person_id, read_seq, read_at FROM moved
"""


def hold(*, person_id: int, conversation_id: int) -> Conversation:
    """The conversation, locked until the commit, if the person is in it.

    Joins and leaves take the same lock, so what is known of the members now stays true.
    Strangers lock nothing.
    """
    held = (
        Conversation.objects.select_for_update(of=("self",))
        .filter(
            pk=conversation_id,
            members__person_id=person_id,
            members__left_seq__isnull=True,
        )
        .first()
    )
    # Whoever waited for the lock may have been removed meanwhile.
    if held is None or not present(held).filter(person_id=person_id).exists():
        raise errors.ConversationNotFound
    return held


def append_text(
    held: Conversation, *, sender_id: int, client_message_id: UUID, body: str, now: datetime
) -> Message:
    """The log ends with the text. Four rows are written, whatever the group's size."""
    message = Message(
        kind=MessageKind.TEXT, sender_id=sender_id, client_message_id=client_message_id, body=body
    )
    _append(held, message, now=now)
    held.last_countable_seq = held.last_seq
    held.save(update_fields=["last_seq", "last_countable_seq", "last_at"])
    advance(person_id=sender_id, conversation_id=held.pk, seq=message.seq, now=now)
    return message


def append_event(
    held: Conversation, *, by_id: int, event: Mapping[str, object], now: datetime
) -> Message:
    """The log ends with the event. The caller saves what else it changed in `held`."""
    message = Message(kind=MessageKind.EVENT, sender_id=by_id, event=dict(event))
    _append(held, message, now=now)
    held.save(update_fields=["last_seq", "last_at", "member_count", "title"])
    return message


def advance(*, person_id: int, conversation_id: int, seq: int, now: datetime) -> bool:
    """The cursor stands at `seq` or beyond; True if it moved. It never goes back."""
    with connection.cursor() as cursor:
        cursor.execute(_ADVANCE, [conversation_id, person_id, seq, now])
        moved: int = cursor.rowcount
        return moved > 0


def present(conversation: Conversation) -> QuerySet[Member]:
    """The periods that are open: one for each member of now."""
    return Member.objects.filter(conversation=conversation, left_seq__isnull=True)


def _append(held: Conversation, message: Message, *, now: datetime) -> None:
    held.last_seq += 1
    held.last_at = now
    message.conversation = held
    message.seq = held.last_seq
    message.created_at = now
    message.save(force_insert=True)
