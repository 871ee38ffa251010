"""Finding messages by their words, and conversations by what they are called and who is in them."""

from datetime import datetime
from typing import Annotated, Literal

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router
from pydantic import StringConstraints

from core.http import actor_of
from core.paging import Cursor, Limit
from core.schemas import Id, Schema
from messaging import rates
from messaging.api.schemas import NameTyped
from messaging.queries import room_search
from messaging.queries import search as queries
from messaging.queries.room_search import Room
from org.api.texts import Instant

router = Router()

Words = Annotated[str, StringConstraints(max_length=100, pattern=r"^[^\x00]*$")]
SearchedKind = Literal["text", "image", "file", "record", "card"]


class ExcerptOut(Schema):
    """A part of a message in one line; `hits` are (from, to) in characters, not in UTF-16 units."""

    text: str
    hits: list[tuple[int, int]]


class HitOut(Schema):
    """A message that was found."""

    conversation_id: int
    conversation_title: str
    conversation_kind: str
    seq: int
    kind: str
    sender_id: int | None
    sender_name: str
    created_at: datetime
    excerpt: ExcerptOut


class FoundOut(Schema):
    """Messages, the newest first; with `searched_to`, older ones may follow by the cursor."""

    items: list[HitOut]
    next_cursor: str | None
    searched_to: datetime | None


class RoomOut(Schema):
    """A conversation that was found, and by which of its members if not by its own name."""

    conversation_id: int
    kind: str
    title: str
    member_count: int
    peer_id: int | None
    by_member: str


@router.get("/search/messages", response=FoundOut, url_name="messaging-search-messages")
def messages(
    request: HttpRequest,
    q: Words = "",
    conversation_id: Id | None = None,
    sender_id: Id | None = None,
    kind: SearchedKind | None = None,
    since: Instant | None = None,
    until: Instant | None = None,
    cursor: Cursor | None = None,
    limit: Limit = 20,
) -> queries.Found:
    """What the reader may see and has all the words; `since` and `until` are inclusive.

    Within one conversation the words may be left out.
    """
    actor = actor_of(request)
    rates.take_request(person_id=actor.require_person())
    return queries.messages(
        actor=actor,
        text=q,
        filters=queries.Filters(
            conversation_id=conversation_id,
            sender_id=sender_id,
            kind=kind,
            since=since,
            until=until,
        ),
        cursor=cursor,
        limit=limit,
        at=timezone.now(),
    )


@router.get(
    "/search/conversations", response=list[RoomOut], url_name="messaging-search-conversations"
)
def conversations(request: HttpRequest, q: NameTyped, limit: Limit = 20) -> list[Room]:
    """The reader's conversations with the words in their title, or with a member of that name."""
    actor = actor_of(request)
    rates.take_request(person_id=actor.require_person())
    return room_search.rooms(actor=actor, text=q, limit=limit, at=timezone.now())
