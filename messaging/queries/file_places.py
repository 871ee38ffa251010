"""Who may have which file: whoever may see a message that carries it, and nobody else."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from django.db.models import Count, Sum

from core import paging
from core.actor import Actor
from core.paging import Page
from messaging import errors, policies
from messaging.models import Conversation, File, Message, MessageRecord
from messaging.queries import files, messages
from messaging.queries.files import FileRef, Stored
from org.queries import people

_NEWEST: Final = paging.Cursors("messaging.files", tuple[int])

FilesOf = Literal["image", "file"]


@dataclass(frozen=True, slots=True)
class PlacedFile:
    """A file of a conversation, and the message that carries it."""

    conversation_id: int
    seq: int
    sender_id: int | None
    sender_name: str
    created_at: datetime
    file: FileRef


def require_may_upload(actor: Actor, conversation_id: int, *, size: int, at: datetime) -> int:
    """The acting person's id; ConversationNotFound, ConversationMuted, FileQuotaSpent and the like.

    Two uploads at once may exceed the quota by one file, to no harm.
    """
    person_id = policies.require_member(actor, conversation_id)
    policies.require_may_speak(person_id, Conversation.objects.get(pk=conversation_id))
    if size > policies.FILE_AT_MOST:
        raise errors.FileTooLarge(limit_mb=policies.FILE_AT_MOST // 1024 // 1024)
    spent = File.objects.filter(
        uploader_id=person_id, uploaded_at__gt=at - timedelta(days=1)
    ).aggregate(number=Count("*"), size=Sum("size"))
    if spent["number"] >= policies.FILES_PER_DAY:
        raise errors.FileQuotaSpent
    if (spent["size"] or 0) + size > policies.FILE_BYTES_PER_DAY:
        raise errors.FileQuotaSpent
    return person_id


def of_message(*, actor: Actor, conversation_id: int, seq: int, file_id: int) -> Stored:
    """A file that the message carries, or that stands in its record; FileNotFound.

    Nobody has it by a message that was recalled, that was said before she may read, or of a
    conversation that she left.
    """
    person_id = policies.require_member(actor, conversation_id)
    rows = messages.visible(person_id, conversation_id).filter(seq=seq, recalled_at__isnull=True)
    message = rows.first()
    if message is None or not _carries(message, file_id):
        raise errors.FileNotFound
    return files.stored(file_id)


def listed(
    *,
    actor: Actor,
    conversation_id: int,
    kind: FilesOf,
    cursor: str | None,
    limit: int,
    at: datetime,
) -> Page[PlacedFile]:
    """The pictures, or the other files, of the messages that the actor may see; newest first."""
    person_id = policies.require_member(actor, conversation_id)
    rows = messages.visible(person_id, conversation_id).filter(
        kind=kind, file_id__isnull=False, recalled_at__isnull=True
    )
    if following := _NEWEST.decode(cursor):
        rows = rows.filter(seq__lt=following[0])
    found = list(rows.order_by("-seq")[: limit + 1])
    shown = found[:limit]
    known = files.of({row.file_id for row in shown if row.file_id is not None})
    senders = sorted({row.sender_id for row in shown if row.sender_id is not None})
    names = people.names(senders, at=at)
    items = [
        PlacedFile(
            conversation_id=conversation_id,
            seq=row.seq,
            sender_id=row.sender_id,
            sender_name=names[row.sender_id].name if row.sender_id in names else "",
            created_at=row.created_at,
            file=file,
        )
        for row in shown
        if (file := files.at(known.get(row.file_id or 0), conversation_id, row.seq)) is not None
    ]
    more = len(found) > limit
    return Page(items=items, next_cursor=_NEWEST.encode((shown[-1].seq,)) if more else None)


def _carries(message: Message, file_id: int) -> bool:
    if message.file_id == file_id:
        return True
    records = MessageRecord.objects.filter(
        conversation_id=message.conversation_id, seq=message.seq, file_ids__contains=[file_id]
    )
    return records.exists()
