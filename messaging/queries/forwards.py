"""What is carried from one conversation to another."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from core.actor import Actor
from messaging import errors, policies
from messaging.kinds import MessageKind
from messaging.models import Conversation, Message, MessageRecord
from messaging.queries import files, messages
from messaging.queries.files import FileRef
from org.queries import people

LINES: Final = 4
"""Lines of a record that are shown before it is opened."""
_CARRIED: Final = (MessageKind.TEXT, MessageKind.IMAGE, MessageKind.FILE, MessageKind.RECORD)


@dataclass(frozen=True, slots=True)
class Taken:
    """A message that may be carried elsewhere, with whose words it holds."""

    message: Message
    from_name: str


@dataclass(frozen=True, slots=True)
class RecordItem:
    """One message of a record, as it was when it was forwarded."""

    sender_name: str
    kind: str
    body: str
    created_at: datetime
    file: FileRef | None


@dataclass(frozen=True, slots=True)
class Record:
    """聊天记录 opened."""

    title: str
    items: list[RecordItem]


def take(*, actor: Actor, conversation_id: int, seqs: Sequence[int], at: datetime) -> list[Taken]:
    """The messages in their order; MessageNotFound, ForwardingRefused, NotForwardable."""
    person_id = policies.require_member(actor, conversation_id)
    policies.require_forwarding(Conversation.objects.get(pk=conversation_id))
    wanted = sorted(set(seqs))
    rows = messages.visible(person_id, conversation_id).filter(seq__in=wanted).order_by("seq")
    found = list(rows)
    if [row.seq for row in found] != wanted:
        raise errors.MessageNotFound
    if any(row.recalled_at is not None or row.kind not in _CARRIED for row in found):
        raise errors.NotForwardable
    senders = sorted({row.sender_id for row in found if row.sender_id is not None})
    names = people.names(senders, at=at)
    return [Taken(row, names[row.sender_id].name if row.sender_id else "") for row in found]


def title_of(conversation_id: int, taken: Sequence[Taken]) -> str:
    """What a record is called: by its group, or by those who talk in it."""
    title = Conversation.objects.values_list("title", flat=True).get(pk=conversation_id)
    if title:
        return f"{title}的聊天记录"
    speakers = dict.fromkeys(one.from_name for one in taken)
    return f"{'与'.join(list(speakers)[:2])}的聊天记录"


def items_of(taken: Sequence[Taken]) -> list[dict[str, Any]]:
    """What a record keeps of the messages."""
    return [
        {
            "sender_name": one.from_name,
            "kind": one.message.kind,
            "body": one.message.body,
            "created_at": one.message.created_at.isoformat(),
            "file_id": one.message.file_id,
        }
        for one in taken
    ]


def lines_of(taken: Sequence[Taken]) -> list[str]:
    """The first lines of a record."""
    first = taken[:LINES]
    known = files.of({one.message.file_id for one in first if one.message.file_id is not None})
    return [
        f"{one.from_name}：{messages.excerpt(one.message, known.get(one.message.file_id or 0))}"
        for one in first
    ]


def record(*, actor: Actor, conversation_id: int, seq: int) -> Record:
    """What the record carries; MessageNotFound."""
    person_id = policies.require_member(actor, conversation_id)
    message = messages.visible(person_id, conversation_id).filter(seq=seq).first()
    held = MessageRecord.objects.filter(conversation_id=conversation_id, seq=seq).first()
    if message is None or held is None:
        raise errors.MessageNotFound
    holder = f"/api/v1/messaging/conversations/{conversation_id}/messages/{seq}"
    known = files.of(set(held.file_ids))
    return Record(title=message.body, items=record_items(held.items, known, holder))


def record_items(
    items: Sequence[dict[str, Any]], known: Mapping[int, FileRef], holder: str
) -> list[RecordItem]:
    """The items as they are shown, their files with links below what holds the record."""
    return [
        RecordItem(
            sender_name=item["sender_name"],
            kind=item["kind"],
            body=item["body"],
            created_at=datetime.fromisoformat(item["created_at"]),
            file=files.linked(known.get(item["file_id"]), holder),
        )
        for item in items
    ]
