"""Input and answers that several routes share."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import StringConstraints

from core.schemas import Schema

NameTyped = Annotated[str, StringConstraints(max_length=60, pattern=r"^[^\x00]*$")]
"""A part of somebody's name, or the beginning of its pinyin or initials."""


class ReceiptCountOut(Schema):
    """How many have read a message and how many have not."""

    read: int
    unread: int


class QuoteOut(Schema):
    """What a message answers, in one line."""

    seq: int
    sender_name: str
    excerpt: str
    recalled: bool


class ForwardedOut(Schema):
    """Where the words come from; a record says how many it holds and shows the first lines."""

    from_name: str
    count: int
    lines: list[str]


class FileOut(Schema):
    """The file that a message carries."""

    file_id: int
    name: str
    size: int
    mime: str
    width: int | None
    height: int | None
    download: str
    thumbnail: str | None
    view: str | None
    motion: str | None


class PlacedFileOut(Schema):
    """A file of a conversation, and the message that carries it."""

    conversation_id: int
    seq: int
    sender_id: int | None
    sender_name: str
    created_at: datetime
    file: FileOut


class CardOut(Schema):
    """Something of another application, which changes in place."""

    source: str
    source_name: str
    key: str
    title: str
    lines: list[str]
    state: str
    link: str
    tone: str


class MessageOut(Schema):
    """One entry of a conversation's log; a recalled message has no content."""

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
    recalled_at: datetime | None
    withdrawn: bool
    edited_at: datetime | None
    reply_to: QuoteOut | None
    mentions: list[int]
    mention_all: bool
    forwarded: ForwardedOut | None
    file: FileOut | None
    card: CardOut | None
    receipt: str
    counts: ReceiptCountOut | None


class EntryOut(MessageOut):
    """The same; of an event that tells of an editing, also the message as it stands now."""

    changed: MessageOut | None


class ChangedOut(Schema):
    """The entry of the log that tells of the change."""

    conversation_id: int
    seq: int
