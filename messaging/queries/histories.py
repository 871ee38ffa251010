"""What messages said before they were edited or recalled."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from messaging.kinds import MessageKind
from messaging.models import Message, MessageRecord, MessageVersion
from messaging.queries import files
from messaging.queries.files import FileRef
from org.queries import people


@dataclass(frozen=True, slots=True)
class RecordLine:
    """One message that a recalled record carried."""

    sender_name: str
    body: str


@dataclass(frozen=True, slots=True)
class Version:
    """What a message said until it was edited or recalled."""

    version: int
    body: str
    file: FileRef | None
    record: list[RecordLine]
    end: str
    ended_by_name: str
    ended_at: datetime


@dataclass(frozen=True, slots=True)
class History:
    """All earlier versions of a message, and who agreed to their being read until when."""

    conversation_id: int
    seq: int
    sender_name: str
    created_at: datetime
    versions: list[Version]
    reason: str
    approved_by_name: str
    readable_until: datetime


def versions_of(message: Message, *, at: datetime) -> list[Version]:
    """The kept versions, the first one first."""
    rows = list(_versions(message).order_by("version"))
    names = people.names(sorted({row.ended_by_id for row in rows}), at=at)
    known = files.of({row.file_id for row in rows if row.file_id is not None})
    return [
        Version(
            version=row.version,
            body=row.body or _words_of_card(row),
            file=known.get(row.file_id or 0),
            record=[
                RecordLine(item["sender_name"], item["body"])
                for item in (row.content or {}).get("items") or []
            ],
            end=row.end,
            ended_by_name=names[row.ended_by_id].name,
            ended_at=row.ended_at,
        )
        for row in rows
    ]


def next_version(message: Message) -> int:
    """The number that the present words get once they are history; the first ones are 1."""
    return _versions(message).count() + 1


def first_said(message: Message) -> tuple[str, str, int | None, int | None, bool, str]:
    """What was sent, whatever became of it: what a repetition is compared with."""
    first = _versions(message).order_by("version").first()
    return (
        message.kind,
        first.body if first is not None else message.body,
        message.reply_to_seq,
        first.file_id if first is not None else message.file_id,
        message.mention_all,
        message.receipt,
    )


def carried_items(message: Message) -> list[dict[str, Any]] | None:
    """What a record carries; None for anything else."""
    if message.kind != MessageKind.RECORD:
        return None
    of_message = {"conversation_id": message.conversation_id, "seq": message.seq}
    return MessageRecord.objects.values_list("items", flat=True).filter(**of_message).first()


def _words_of_card(row: MessageVersion) -> str:
    card = (row.content or {}).get("card")
    return "\n".join([card["title"], *card["lines"]]) if card else ""


def _versions(message: Message) -> QuerySet[MessageVersion]:
    return MessageVersion.objects.filter(conversation_id=message.conversation_id, seq=message.seq)
