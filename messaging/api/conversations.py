"""Conversations and who belongs to them."""

from datetime import datetime
from typing import Annotated

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router
from pydantic import Field, StringConstraints

from core import paging
from core.http import actor_of
from core.schemas import Id, Schema, ShortText
from messaging.api.schemas import ChangedOut, EntryOut
from messaging.queries import conversations as queries
from messaging.services import conversations
from messaging.services.conversations import Changed, Opened

router = Router()

Title = Annotated[ShortText, StringConstraints(max_length=60)]
People = Annotated[list[Id], Field(min_length=1, max_length=500)]


class CardOut(Schema):
    """A conversation in its reader's list."""

    id: int
    kind: str
    title: str
    peer_id: int | None
    member_count: int
    last_seq: int
    read_seq: int
    unread: int
    last_at: datetime
    last_entry: EntryOut | None


class CardsOut(Schema):
    """One page of the list, newest first."""

    items: list[CardOut]
    next_cursor: str | None


class MemberOut(Schema):
    """One member."""

    person_id: int
    name: str
    organ_name: str
    unit_name: str
    title: str
    role: str


class DetailOut(Schema):
    """One conversation with its members."""

    card: CardOut
    members: list[MemberOut]


class HeadOut(Schema):
    """Where a conversation stands and how far its reader is."""

    conversation_id: int
    last_seq: int
    read_seq: int
    unread: int


class OpenedOut(Schema):
    """The conversation that is open now."""

    conversation_id: int


class DirectIn(Schema):
    """With whom to talk."""

    person_id: Id


class GroupIn(Schema):
    """A new group; whoever makes it owns it."""

    title: Title
    person_ids: People


class PeopleIn(Schema):
    """Who shall join."""

    person_ids: People


class TitleIn(Schema):
    """The group's new name."""

    title: Title


@router.get("/conversations", response=CardsOut, url_name="messaging-conversations")
def list_conversations(
    request: HttpRequest, cursor: paging.Cursor = "", limit: paging.Limit = 50
) -> paging.Page[queries.Card]:
    """The actor's conversations, the one with the newest entry first."""
    return queries.list_for(actor=actor_of(request), cursor=cursor, limit=limit, at=timezone.now())


@router.post("/conversations/direct", response=OpenedOut, url_name="messaging-direct")
def open_direct(request: HttpRequest, body: DirectIn) -> Opened:
    """The direct conversation with the person, opened if need be."""
    return conversations.open_direct(
        actor=actor_of(request), person_id=body.person_id, now=timezone.now()
    )


@router.post("/conversations/groups", response=OpenedOut, url_name="messaging-groups")
def create_group(request: HttpRequest, body: GroupIn) -> Opened:
    """A new group."""
    return conversations.create_group(
        actor=actor_of(request),
        title=body.title,
        person_ids=body.person_ids,
        now=timezone.now(),
    )


@router.get("/heads", response=list[HeadOut], url_name="messaging-heads")
def heads(request: HttpRequest) -> list[queries.Head]:
    """Where each conversation stands: what a client compares its own state with."""
    return queries.heads(actor=actor_of(request))


@router.get(
    "/conversations/{conversation_id}", response=DetailOut, url_name="messaging-conversation"
)
def detail(request: HttpRequest, conversation_id: Id) -> queries.Detail:
    """One conversation with its members."""
    return queries.detail(
        actor=actor_of(request), conversation_id=conversation_id, at=timezone.now()
    )


@router.patch("/conversations/{conversation_id}", response=ChangedOut, url_name="messaging-rename")
def rename(request: HttpRequest, conversation_id: Id, body: TitleIn) -> Changed:
    """The group has the name."""
    return conversations.rename(
        actor=actor_of(request),
        conversation_id=conversation_id,
        title=body.title,
        now=timezone.now(),
    )


@router.post(
    "/conversations/{conversation_id}/members", response=ChangedOut, url_name="messaging-members"
)
def invite(request: HttpRequest, conversation_id: Id, body: PeopleIn) -> Changed:
    """The people are in the group."""
    return conversations.invite(
        actor=actor_of(request),
        conversation_id=conversation_id,
        person_ids=body.person_ids,
        now=timezone.now(),
    )


@router.delete(
    "/conversations/{conversation_id}/members/{person_id}",
    response=ChangedOut,
    url_name="messaging-member",
)
def remove(request: HttpRequest, conversation_id: Id, person_id: Id) -> Changed:
    """The person is not in the group any more."""
    return conversations.remove(
        actor=actor_of(request),
        conversation_id=conversation_id,
        person_id=person_id,
        now=timezone.now(),
    )


@router.post(
    "/conversations/{conversation_id}/leave", response=ChangedOut, url_name="messaging-leave"
)
def leave(request: HttpRequest, conversation_id: Id) -> Changed:
    """The actor is not in the group any more."""
    return conversations.leave(
        actor=actor_of(request), conversation_id=conversation_id, now=timezone.now()
    )
