"""The steps of messages that carry something: a file, or others as a record."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from messaging import errors
from messaging.kinds import FileState
from messaging.models import File, MessageRecord


def note_sent(file_id: int, *, now: datetime) -> None:
    """The file is kept for good; FileNotFound where it was forgotten in this very moment.

    One that was sent before stays for good anyway, and is not locked: two that forward it into
    several conversations wait for these in order, and must not wait for the file in between.
    """
    ready = File.objects.filter(pk=file_id, state=FileState.READY)
    if ready.filter(sent_at__isnull=True).update(sent_at=now):
        return
    if not ready.filter(sent_at__isnull=False).exists():
        raise errors.FileNotFound


def keep_items(conversation_id: int, seq: int, items: Sequence[dict[str, Any]]) -> None:
    """The record under this number carries the items."""
    MessageRecord.objects.create(
        conversation_id=conversation_id,
        seq=seq,
        items=items,
        file_ids=[item["file_id"] for item in items if item["file_id"] is not None],
    )
