"""Answers that several routes share."""

from datetime import datetime
from typing import Any
from uuid import UUID

from core.schemas import Schema


class ReceiptCountOut(Schema):
    """How many have read a message and how many have not."""

    read: int
    unread: int


class EntryOut(Schema):
    """One entry of a conversation's log."""

    conversation_id: int
    seq: int
    kind: str
    sender_id: int | None
    sender_name: str
    body: str
    event: dict[str, Any] | None
    client_message_id: UUID | None
    created_at: datetime
    recalled: bool
    receipt: ReceiptCountOut | None


class ChangedOut(Schema):
    """The entry of the log that tells of the change."""

    conversation_id: int
    seq: int
