"""The entries of a conversation, as one of its members may see them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db.models import Q, QuerySet

from core.actor import Actor
from messaging import policies
from messaging.models import Conversation, Member, Message, MessageKind
from messaging.queries import receipts
from messaging.queries.receipts import ReceiptCount
from org.queries import people

PULL_LIMIT: Final = 200


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the log. A recalled message keeps its seq and has no body."""

    conversation_id: int
    seq: int
    kind: str
    sender_id: int | None
    sender_name: str
    body: str
    event: Mapping[str, object] | None
    client_message_id: UUID | None
    created_at: datetime
    recalled: bool
    receipt: ReceiptCount | None
    """How many have read it; on the reader's own messages only."""


@dataclass(frozen=True, slots=True)
class Pull:
    """Entries in order. Whoever has them knows the log up to and including `through`."""

    conversation_id: int
    entries: list[Entry]
    through: int
    last_seq: int
    complete: bool


def page(
    *, actor: Actor, conversation_id: int, before: int | None, limit: int, at: datetime
) -> Pull:
    """The newest entries below `before` (or at the end), oldest first.

    `complete` says that nothing older can be seen.
    """
    person_id = policies.require_member(actor, conversation_id)
    last_seq = _last_seq(conversation_id)
    rows = _visible(person_id, conversation_id)
    if before is not None:
        rows = rows.filter(seq__lt=before)
    found = list(rows.order_by("-seq")[: limit + 1])
    shown = found[:limit][::-1]
    return Pull(
        conversation_id=conversation_id,
        entries=_entries(shown, reader_id=person_id, at=at),
        through=last_seq if before is None else before - 1,
        last_seq=last_seq,
        complete=len(found) <= limit,
    )


def pull(*, actor: Actor, conversation_id: int, after: int, limit: int, at: datetime) -> Pull:
    """The entries above `after`, oldest first: what closes a gap.

    `complete` says that the log ends at `through`. Entries outside the reader's periods
    of membership are passed over.
    """
    person_id = policies.require_member(actor, conversation_id)
    last_seq = _last_seq(conversation_id)
    rows = _visible(person_id, conversation_id).filter(seq__gt=after, seq__lte=last_seq)
    found = list(rows.order_by("seq")[: limit + 1])
    shown, complete = found[:limit], len(found) <= limit
    return Pull(
        conversation_id=conversation_id,
        entries=_entries(shown, reader_id=person_id, at=at),
        through=max(last_seq, after) if complete else shown[-1].seq,
        last_seq=last_seq,
        complete=complete,
    )


def entry_of(message: Message, *, sender_name: str) -> Entry:
    """The entry as everybody sees it, without anybody's receipt."""
    return Entry(
        conversation_id=message.conversation_id,
        seq=message.seq,
        kind=message.kind,
        sender_id=message.sender_id,
        sender_name=sender_name,
        body=message.body,
        event=message.event,
        client_message_id=message.client_message_id,
        created_at=message.created_at,
        recalled=message.recalled_at is not None,
        receipt=None,
    )


def is_visible(*, person_id: int, conversation_id: int, seq: int) -> bool:
    """Whether one of the person's periods covers the entry."""
    return _visible(person_id, conversation_id).filter(seq=seq).exists()


def _visible(person_id: int, conversation_id: int) -> QuerySet[Message]:
    """What the periods cover; a period ends with the entry that tells of the leaving."""
    periods = Member.objects.filter(conversation_id=conversation_id, person_id=person_id)
    covered = Q(pk__in=[])
    for joined_seq, left_seq in periods.values_list("joined_seq", "left_seq"):
        span = Q(seq__gte=joined_seq)
        if left_seq is not None:
            span &= Q(seq__lte=left_seq)
        covered |= span
    return Message.objects.filter(covered, conversation_id=conversation_id)


def _last_seq(conversation_id: int) -> int:
    return Conversation.objects.values_list("last_seq", flat=True).get(pk=conversation_id)


def _entries(rows: Sequence[Message], *, reader_id: int, at: datetime) -> list[Entry]:
    if not rows:
        return []
    senders = {row.sender_id for row in rows if row.sender_id is not None}
    names = people.names(sorted(senders), at=at)
    own = [
        row.seq
        for row in rows
        if row.sender_id == reader_id and row.kind == MessageKind.TEXT and row.recalled_at is None
    ]
    counts = receipts.counts(rows[0].conversation_id, own)
    return [_entry(row, names, counts) for row in rows]


def _entry(
    row: Message,
    names: Mapping[int, people.PersonName],
    counts: Mapping[int, ReceiptCount],
) -> Entry:
    sender = names.get(row.sender_id) if row.sender_id is not None else None
    return Entry(
        conversation_id=row.conversation_id,
        seq=row.seq,
        kind=row.kind,
        sender_id=row.sender_id,
        sender_name=sender.name if sender else "",
        body=row.body,
        event=row.event,
        client_message_id=row.client_message_id,
        created_at=row.created_at,
        recalled=row.recalled_at is not None,
        receipt=counts.get(row.seq),
    )
