"""Who has read what."""

from datetime import datetime

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router

from core.http import actor_of
from core.paging import Cursor, Limit
from core.schemas import Id, Schema
from messaging.api.schemas import NameTyped
from messaging.queries import receipts as queries
from messaging.services import receipts
from messaging.services.receipts import ReadTo

router = Router()


class CursorIn(Schema):
    """The last entry that the reader has seen."""

    seq: Id


class ReadToOut(Schema):
    """How far the reader is."""

    conversation_id: int
    read_seq: int


class ReaderOut(Schema):
    """One person who should read the message."""

    person_id: int
    name: str
    organ_name: str
    unit_name: str
    title: str
    read_at: datetime | None


class ReceiptPageOut(Schema):
    """Some of those who have read the message, or have not, and how many there are of both."""

    conversation_id: int
    seq: int
    items: list[ReaderOut]
    next_cursor: str | None
    read: int
    unread: int


@router.put(
    "/conversations/{conversation_id}/cursor", response=ReadToOut, url_name="messaging-cursor"
)
def mark_read(request: HttpRequest, conversation_id: Id, body: CursorIn) -> ReadTo:
    """The reader has read up to the entry; a cursor never goes back."""
    return receipts.mark_read(
        actor=actor_of(request),
        conversation_id=conversation_id,
        seq=body.seq,
        now=timezone.now(),
    )


@router.get(
    "/conversations/{conversation_id}/messages/{seq}/receipts",
    response=ReceiptPageOut,
    url_name="messaging-receipts",
)
def of_message(
    request: HttpRequest,
    conversation_id: Id,
    seq: Id,
    state: queries.State = "unread",
    q: NameTyped = "",
    cursor: Cursor | None = None,
    limit: Limit = 50,
) -> queries.ReceiptPage:
    """Of one's own message those who have read it, earliest first, or those who have not.

    `q` picks by a part of the name, or by the beginning of its pinyin or initials.
    """
    return queries.of_message(
        actor=actor_of(request),
        conversation_id=conversation_id,
        seq=seq,
        state=state,
        name=q,
        cursor=cursor,
        limit=limit,
        at=timezone.now(),
    )
