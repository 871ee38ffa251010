"""The steps of messages that carry something: a file, or others as a record."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import DateTimeField, Value
from django.db.models.functions import Coalesce

from messaging import errors
from messaging.kinds import FileState
from messaging.models import File, MessageRecord


def note_sent(file_id: int, *, now: datetime) -> None:
    """The file is kept for good; FileNotFound where it was forgotten in this very moment."""
    first = Coalesce("sent_at", Value(now), output_field=DateTimeField())
    ready = File.objects.filter(pk=file_id, state=FileState.READY)
    if not ready.update(sent_at=first):
        raise errors.FileNotFound


def keep_items(conversation_id: int, seq: int, items: Sequence[dict[str, Any]]) -> None:
    """The record under this number carries the items."""
    MessageRecord.objects.create(
        conversation_id=conversation_id,
        seq=seq,
        items=items,
        file_ids=[item["file_id"] for item in items if item["file_id"] is not None],
    )
