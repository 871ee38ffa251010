"""What messages said before they were edited or recalled."""

from django.db.models import QuerySet

from messaging.models import Message, MessageVersion


def next_version(message: Message) -> int:
    """The number that the present words get once they are history; the first ones are 1."""
    return _versions(message).count() + 1


def first_said(message: Message) -> tuple[str, str, int | None, int | None, bool, str]:
    """What was sent, whatever became of it: what a repetition is compared with."""
    first = _versions(message).order_by("version").first()
    body = first.body if first is not None else message.body
    file_id = first.file_id if first is not None else message.file_id
    return (
        message.kind,
        body,
        message.reply_to_seq,
        file_id,
        message.mention_all,
        message.receipt,
    )


def _versions(message: Message) -> QuerySet[MessageVersion]:
    return MessageVersion.objects.filter(conversation_id=message.conversation_id, seq=message.seq)
