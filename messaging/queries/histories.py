"""What messages said before they were edited or recalled."""

from typing import Any

from django.db.models import QuerySet

from messaging.kinds import MessageKind
from messaging.models import Message, MessageRecord, MessageVersion


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


def _versions(message: Message) -> QuerySet[MessageVersion]:
    return MessageVersion.objects.filter(conversation_id=message.conversation_id, seq=message.seq)
