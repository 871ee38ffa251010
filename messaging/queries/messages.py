"""The entries of a conversation, as one of its members may see them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db.models import Q, QuerySet

from core.actor import Actor
from messaging import errors, membership, policies
from messaging.kinds import MessageKind
from messaging.membership import Period
from messaging.models import Conversation, Message
from messaging.queries import files, page_sizes, receipts
from messaging.queries.files import FileRef
from messaging.queries.receipts import ReceiptCount
from org.queries import people

PULL_LIMIT: Final = 200
EXCERPT: Final = 60
"""Characters of a message that its answers and records show."""
UNSEEN: Final = "[看不到的消息]"
"""What an answer shows of a message that its reader may not see."""
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
    withdrawn: bool
    """Whether an administrator took it down: its sender did not recall it."""
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
    """The newest entries below `before` (or at the end), oldest first, as many as fit an answer.

    `complete` says that nothing older can be seen.
    """
    person_id = policies.require_member(actor, conversation_id)
    last_seq = _last_seq(conversation_id)
    periods = membership.periods([person_id], conversation_id)
    rows = _covered(periods, conversation_id)
    if before is not None:
        rows = rows.filter(seq__lt=before)
    found = list(rows.order_by("-seq")[: limit + 1])
    shown = page_sizes.fitting(_entries(found[:limit], periods, reader_id=person_id, at=at))
    return Pull(
        conversation_id=conversation_id,
        entries=shown[::-1],
        through=last_seq if before is None else before - 1,
        last_seq=last_seq,
        complete=len(shown) == len(found),
    )


def pull(*, actor: Actor, conversation_id: int, after: int, limit: int, at: datetime) -> Pull:
    """The entries above `after`, oldest first, as many as fit an answer: what closes a gap.

    `complete` says that the log ends at `through`. Entries outside the reader's periods
    of membership are passed over.
    """
    person_id = policies.require_member(actor, conversation_id)
    last_seq = _last_seq(conversation_id)
    periods = membership.periods([person_id], conversation_id)
    rows = _covered(periods, conversation_id).filter(seq__gt=after, seq__lte=last_seq)
    found = list(rows.order_by("seq")[: limit + 1])
    shown = page_sizes.fitting(_entries(found[:limit], periods, reader_id=person_id, at=at))
    complete = len(shown) == len(found)
    return Pull(
        conversation_id=conversation_id,
        entries=shown,
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
        sender_name=sender_name if card is None or message.sender_id else card.source_name,
        body=message.body,
        event=message.event,
        client_message_id=message.client_message_id,
        created_at=message.created_at,
        recalled=message.recalled_at is not None,
        recalled_at=message.recalled_at,
        withdrawn=message.withdrawn_by_id is not None,
        edited_at=message.edited_at,
        reply_to=reply_to,
        mentions=tuple(message.mentions),
        mention_all=message.mention_all,
        forwarded=forwarded_from(message.forwarded),
        file=files.at(file, message.conversation_id, message.seq),
        card=card,
        receipt=message.receipt,
        counts=counts,
        changed=changed,
    )


def card_of(message: Message) -> Card | None:
    """What the card shows now; None for anything else."""
    return card_from(message.card)


def card_from(card: Mapping[str, Any] | None) -> Card | None:
    """The card that is stored so."""
    return None if card is None else Card(**{**card, "lines": tuple(card["lines"])})


def excerpt(message: Message, file: FileRef | None = None) -> str:
    """The message in one short line, with the name of its file where that is known."""
    if message.card is not None:
        return f"[卡片] {message.card['title']}"[:EXCERPT]
    name = file.name if file is not None and message.kind == MessageKind.FILE else ""
    words = " ".join(f"{name} {message.body}".split())
    return f"{_PLACEHOLDERS.get(message.kind, '')} {words}".strip()[:EXCERPT]


def quote_of(message: Message, *, sender_name: str, file: FileRef | None = None) -> Quote:
    """The message as those that answer it show it: of a recalled one nothing is left."""
    recalled = message.recalled_at is not None
    return Quote(
        seq=message.seq,
        sender_name=sender_name,
        excerpt="" if recalled else excerpt(message, file),
        recalled=recalled,
    )


def veiled(entry: Entry, unseen: Collection[int]) -> Entry:
    """The entry for those who may not see these earlier ones, which it quotes or changes."""
    changed, quoted = entry.changed, entry.reply_to
    if changed is not None:
        changed = None if changed.seq in unseen else veiled(changed, unseen)
    if quoted is not None and quoted.seq in unseen:
        quoted = unseen_quote(quoted.seq)
    return replace(entry, changed=changed, reply_to=quoted)


def unseen_quote(seq: int) -> Quote:
    """What those see of the quoted message who came after it."""
    return Quote(seq=seq, sender_name="", excerpt=UNSEEN, recalled=False)


def quote(conversation_id: int, seq: int | None, *, reader_id: int, at: datetime) -> Quote | None:
    """What a new message answers, if anything; MessageNotFound for what its sender cannot see."""
    if seq is None:
        return None
    answered = spoken(conversation_id, seq, reader_id=reader_id)
    if answered.sender_id is None:
        return quote_of(answered, sender_name="")
    names = people.names([answered.sender_id], at=at)
    name = names[answered.sender_id].name
    return quote_of(answered, sender_name=name, file=file_of(answered))


def said_in(conversation_id: int, seq: int, *, by: int) -> Message:
    """What the person said there, recalled or not; MessageNotFound, NotTheSender."""
    message = spoken(conversation_id, seq, reader_id=by)
    policies.require_sender(by, message)
    return message


def is_visible(*, person_id: int, conversation_id: int, seq: int) -> bool:
    """Whether one of the person's periods covers the entry."""
    periods = membership.periods([person_id], conversation_id)
    return any(period.shows(seq) for period in periods)


def file_of(message: Message) -> FileRef | None:
    """The file that the message carries."""
    if message.file_id is None:
        return None
    return files.of([message.file_id]).get(message.file_id)


def spoken(conversation_id: int, seq: int, *, reader_id: int) -> Message:
    """What somebody said there, recalled or not; MessageNotFound for what the reader cannot see."""
    message = Message.objects.filter(
        ~Q(kind=MessageKind.EVENT), conversation_id=conversation_id, seq=seq
    ).first()
    if message is None or not is_visible(
        person_id=reader_id, conversation_id=conversation_id, seq=seq
    ):
        raise errors.MessageNotFound
    return message


def visible(person_id: int, conversation_id: int) -> QuerySet[Message]:
    """What the person's periods cover."""
    return _covered(membership.periods([person_id], conversation_id), conversation_id)


def _covered(periods: Sequence[Period], conversation_id: int) -> QuerySet[Message]:
    """What the periods cover; a period ends with the entry that tells of the leaving."""
    covered = Q(pk__in=[])
    for period in periods:
        span = Q(seq__gte=period.sees_from_seq)
        if period.sees_to_seq is not None:
            span &= Q(seq__lte=period.sees_to_seq)
        covered |= span
    return Message.objects.filter(covered, conversation_id=conversation_id)


def _last_seq(conversation_id: int) -> int:
    return Conversation.objects.values_list("last_seq", flat=True).get(pk=conversation_id)


@dataclass(frozen=True, slots=True)
class _Around:
    """What a page of entries needs to be shown, by key."""

    periods: Sequence[Period]
    rows: Mapping[int, Message]
    names: Mapping[int, str]
    files: Mapping[int, FileRef]
    counts: Mapping[int, ReceiptCount]

    def name(self, message: Message) -> str:
        return self.names.get(message.sender_id, "") if message.sender_id is not None else ""

    def shows(self, seq: int) -> bool:
        """Whether the reader may see the entry."""
        return any(period.shows(seq) for period in self.periods)

    def quote(self, seq: int | None) -> Quote | None:
        """What is answered; of what was said before the reader came, only that something was."""
        answered = self.rows.get(seq or 0)
        if answered is None:
            return None
        if not self.shows(answered.seq):
            return unseen_quote(answered.seq)
        file = self.files.get(answered.file_id or 0)
        return quote_of(answered, sender_name=self.name(answered), file=file)

    def entry(self, message: Message) -> Entry:
        """The entry with what it answers or changes, as far as the reader may see that."""
        edited_seq = _edited_seq(message) or 0
        edited = self.rows.get(edited_seq) if self.shows(edited_seq) else None
        return entry_of(
            message,
            sender_name=self.name(message),
            reply_to=self.quote(message.reply_to_seq),
            file=self.files.get(message.file_id or 0),
            counts=self.counts.get(message.seq),
            changed=self.entry(edited) if edited is not None else None,
        )


def _entries(
    rows: Sequence[Message], periods: Sequence[Period], *, reader_id: int, at: datetime
) -> list[Entry]:
    if not rows:
        return []
    near = {row.seq: row for row in (*_spoken_of(rows), *rows)}
    senders = {row.sender_id for row in near.values() if row.sender_id is not None}
    own = [
        row.seq
        for row in rows
        if row.sender_id == reader_id and row.kind != MessageKind.EVENT and row.recalled_at is None
    ]
    around = _Around(
        periods=periods,
        rows=near,
        names={key: person.name for key, person in people.names(sorted(senders), at=at).items()},
        files=files.of({row.file_id for row in near.values() if row.file_id is not None}),
        counts=receipts.counts(rows[0].conversation_id, own, sender_id=reader_id),
    )
    return [around.entry(row) for row in rows]


def _spoken_of(rows: Sequence[Message]) -> list[Message]:
    """The messages outside of the page that it answers, or tells the editing of."""
    here = {row.seq for row in rows}
    wanted = _far([row.reply_to_seq for row in rows], here)
    wanted |= _far([_edited_seq(row) for row in rows], here)
    if not wanted:
        return []
    found = list(Message.objects.filter(conversation_id=rows[0].conversation_id, seq__in=wanted))
    # What was edited far away may answer something in its turn.
    further = _far([row.reply_to_seq for row in found], here | wanted)
    if further:
        found += Message.objects.filter(conversation_id=rows[0].conversation_id, seq__in=further)
    return found


def _far(seqs: Sequence[int | None], here: set[int]) -> set[int]:
    return {seq for seq in seqs if seq is not None and seq not in here}


def _edited_seq(row: Message) -> int | None:
    if row.event is None or row.event["verb"] != "edited":
        return None
    return int(row.event["seq"])


def forwarded_from(stored: Mapping[str, Any] | None) -> Forwarded | None:
    """What is stored so of where the words come from."""
    return None if stored is None else Forwarded(**{**stored, "lines": tuple(stored["lines"])})
