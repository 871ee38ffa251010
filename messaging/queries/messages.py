"""The entries of a conversation, as one of its members may see them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db.models import Q, QuerySet

from core.actor import Actor
from messaging import membership, policies
from messaging.models import Conversation, Message, MessageKind
from messaging.queries import receipts
from messaging.queries.receipts import ReceiptCount
from org.queries import people

PULL_LIMIT: Final = 200
EXCERPT: Final = 60
"""Characters of a message that its answers and records show."""
_PLACEHOLDERS: Final[Mapping[str, str]] = {
    MessageKind.IMAGE: "[图片]",
    MessageKind.FILE: "[文件]",
    MessageKind.RECORD: "[聊天记录]",
    MessageKind.CARD: "[卡片]",
}


@dataclass(frozen=True, slots=True)
class Quote:
    """What a message answers, in one line."""

    seq: int
    sender_name: str
    excerpt: str
    recalled: bool


@dataclass(frozen=True, slots=True)
class Forwarded:
    """Where the words come from; a record says how many it holds and shows the first lines."""

    from_name: str
    count: int
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FileRef:
    """The file that a message carries."""

    file_id: int
    name: str
    size: int
    mime: str
    width: int | None
    height: int | None


@dataclass(frozen=True, slots=True)
class Card:
    """Something of another application, which changes in place."""

    source: str
    source_name: str
    key: str
    title: str
    lines: tuple[str, ...]
    state: str
    link: str
    tone: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the log. A recalled message keeps its seq and has no content."""

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
    recalled_at: datetime | None
    edited_at: datetime | None
    reply_to: Quote | None
    mentions: tuple[int, ...]
    mention_all: bool
    forwarded: Forwarded | None
    file: FileRef | None
    card: Card | None
    receipt: str
    """Whether readers are listed, or asked to confirm: none, list, confirm."""
    counts: ReceiptCount | None
    """How many have read it; on the reader's own messages only."""
    changed: "Entry | None" = None
    """Of an event that tells of an editing: the message as it stands now."""


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


def entry_of(
    message: Message,
    *,
    sender_name: str,
    reply_to: Quote | None = None,
    file: FileRef | None = None,
    changed: Entry | None = None,
    counts: ReceiptCount | None = None,
) -> Entry:
    """The entry as everybody sees it, unless it is given somebody's counts."""
    card = card_of(message)
    return Entry(
        conversation_id=message.conversation_id,
        seq=message.seq,
        kind=message.kind,
        sender_id=message.sender_id,
        sender_name=card.source_name if card is not None else sender_name,
        body=message.body,
        event=message.event,
        client_message_id=message.client_message_id,
        created_at=message.created_at,
        recalled=message.recalled_at is not None,
        recalled_at=message.recalled_at,
        edited_at=message.edited_at,
        reply_to=reply_to,
        mentions=tuple(message.mentions),
        mention_all=message.mention_all,
        forwarded=_forwarded(message),
        file=file,
        card=card,
        receipt=message.receipt,
        counts=counts,
        changed=changed,
    )


def card_of(message: Message) -> Card | None:
    """What the card shows now; None for anything else."""
    if message.card is None:
        return None
    return Card(**{**message.card, "lines": tuple(message.card["lines"])})


def excerpt(message: Message) -> str:
    """The message in one short line."""
    if message.card is not None:
        return f"[卡片] {message.card['title']}"[:EXCERPT]
    words = " ".join(message.body.split())
    return f"{_PLACEHOLDERS.get(message.kind, '')} {words}".strip()[:EXCERPT]


def quote_of(message: Message, *, sender_name: str) -> Quote:
    """The message as those that answer it show it: of a recalled one nothing is left."""
    recalled = message.recalled_at is not None
    return Quote(
        seq=message.seq,
        sender_name=sender_name,
        excerpt="" if recalled else excerpt(message),
        recalled=recalled,
    )


def is_visible(*, person_id: int, conversation_id: int, seq: int) -> bool:
    """Whether one of the person's periods covers the entry."""
    periods = membership.periods([person_id], conversation_id)
    return any(period.shows(seq) for period in periods)


def _visible(person_id: int, conversation_id: int) -> QuerySet[Message]:
    """What the periods cover; a period ends with the entry that tells of the leaving."""
    covered = Q(pk__in=[])
    for period in membership.periods([person_id], conversation_id):
        span = Q(seq__gte=period.sees_from_seq)
        if period.sees_to_seq is not None:
            span &= Q(seq__lte=period.sees_to_seq)
        covered |= span
    return Message.objects.filter(covered, conversation_id=conversation_id)


def _last_seq(conversation_id: int) -> int:
    return Conversation.objects.values_list("last_seq", flat=True).get(pk=conversation_id)


def _entries(rows: Sequence[Message], *, reader_id: int, at: datetime) -> list[Entry]:
    if not rows:
        return []
    conversation_id = rows[0].conversation_id
    near = {row.seq: row for row in (*_spoken_of(rows), *rows)}
    senders = {row.sender_id for row in near.values() if row.sender_id is not None}
    known = people.names(sorted(senders), at=at)
    names = {person_id: person.name for person_id, person in known.items()}
    own = [
        row.seq
        for row in rows
        if row.sender_id == reader_id and row.kind != MessageKind.EVENT and row.recalled_at is None
    ]
    counts = receipts.counts(conversation_id, own)
    return [_entry(row, near, names, counts) for row in rows]


def _spoken_of(rows: Sequence[Message]) -> list[Message]:
    """The messages outside of the page that it answers, or tells the editing of."""
    here = {row.seq for row in rows}
    wanted = {row.reply_to_seq for row in rows} | {_edited_seq(row) for row in rows}
    wanted -= here | {None}
    if not wanted:
        return []
    return list(Message.objects.filter(conversation_id=rows[0].conversation_id, seq__in=wanted))


def _edited_seq(row: Message) -> int | None:
    if row.event is None or row.event["verb"] != "edited":
        return None
    return int(row.event["seq"])


def _entry(
    row: Message,
    near: Mapping[int, Message],
    names: Mapping[int, str],
    counts: Mapping[int, ReceiptCount],
) -> Entry:
    answered = near.get(row.reply_to_seq) if row.reply_to_seq is not None else None
    edited_seq = _edited_seq(row)
    edited = near.get(edited_seq) if edited_seq is not None else None
    return entry_of(
        row,
        sender_name=_name(names, row.sender_id),
        reply_to=(
            quote_of(answered, sender_name=_name(names, answered.sender_id))
            if answered is not None
            else None
        ),
        file=_file(row),
        counts=counts.get(row.seq),
        changed=(
            entry_of(edited, sender_name=_name(names, edited.sender_id), file=_file(edited))
            if edited is not None
            else None
        ),
    )


def _name(names: Mapping[int, str], person_id: int | None) -> str:
    return names.get(person_id, "") if person_id is not None else ""


def _file(row: Message) -> FileRef | None:
    if row.file_id is None:
        return None
    return FileRef(file_id=row.file_id, name="", size=0, mime="", width=None, height=None)


def _forwarded(message: Message) -> Forwarded | None:
    if message.forwarded is None:
        return None
    return Forwarded(**{**message.forwarded, "lines": tuple(message.forwarded["lines"])})
