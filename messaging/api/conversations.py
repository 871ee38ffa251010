"""Conversations and who belongs to them."""

from datetime import datetime
from typing import Annotated

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router
from pydantic import Field, StringConstraints

from core import paging
from core.http import actor_of
from core.schemas import Id, LongText, Schema, ShortText
from messaging import rates
from messaging.api.drafts import UnsentTextOut
from messaging.api.members import MemberOut, PeopleIn
from messaging.api.schemas import ChangedOut, EntryOut
from messaging.kinds import Allowed, NewcomersSee
from messaging.queries import comparing
from messaging.queries import conversations as queries
from messaging.schemas import Seq
from messaging.services import conversations
from messaging.services.conversations import Opened, PolicyChange
from messaging.services.members import Changed

router = Router()

Title = Annotated[ShortText, StringConstraints(max_length=60)]
NoticeText = Annotated[LongText, StringConstraints(min_length=1, max_length=2000)]


class ConversationCardOut(Schema):
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
    unit_id: int | None
    role: str
    mentions: int
    pinned: bool
    level: str
    mute_all: bool
    dissolved: bool
    draft: UnsentTextOut | None


class CardsOut(Schema):
    """One page of the list: on the first the pinned ones, then the newest first."""

    items: list[ConversationCardOut]
    next_cursor: str | None


class PolicyOut(Schema):
    """What holds in the conversation."""

    mute_all: bool
    newcomers_see: str
    inviting: str
    mentioning_all: str
    recall_minutes: int
    edit_minutes: int
    forwarding: bool
    watermark: bool


class GroupNoticeOut(Schema):
    """群公告."""

    body: str
    published_by: int
    publisher_name: str
    published_at: datetime


class DetailOut(Schema):
    """One conversation with its rules and its first members."""

    card: ConversationCardOut
    members: list[MemberOut]
    policy: PolicyOut
    notice: GroupNoticeOut | None
    scope: str
    members_listed: bool


class HeadOut(Schema):
    """Where a conversation stands and how far its reader is."""

    conversation_id: int
    kind: str
    last_seq: int
    read_seq: int
    unread: int
    mentions: int
    role: str
    mute_all: bool
    pinned: bool
    level: str
    muted: bool
    draft: UnsentTextOut | None


class HeadsOut(Schema):
    """Some of the heads; `next` is what the rest come `after`, null where these were all."""

    heads: list[HeadOut]
    next: int | None


class OpenedOut(Schema):
    """The conversation that is open now."""

    conversation_id: int


class DirectIn(Schema):
    """With whom to talk."""

    person_id: Id


class GroupIn(Schema):
    """A new group; whoever makes it owns it."""

    title: Title
    person_ids: PeopleIn


class TitleIn(Schema):
    """The group's new name."""

    title: Title


class PolicyIn(Schema):
    """What shall hold from now on; what is left out stays."""

    mute_all: bool | None = None
    newcomers_see: NewcomersSee | None = None
    inviting: Allowed | None = None
    mentioning_all: Allowed | None = None
    recall_minutes: Annotated[int, Field(ge=0, le=1440)] | None = None
    edit_minutes: Annotated[int, Field(ge=0, le=1440)] | None = None
    forwarding: bool | None = None
    watermark: bool | None = None


class GroupNoticeIn(Schema):
    """What shall stand above the conversation."""

    body: NoticeText


@router.get("/conversations", response=CardsOut, url_name="messaging-conversations")
def list_conversations(
    request: HttpRequest, cursor: paging.Cursor = "", limit: paging.Limit = 50
) -> paging.Page[queries.Card]:
    """The actor's conversations, the one with the newest entry first."""
    return queries.list_for(actor=actor_of(request), cursor=cursor, limit=limit, at=timezone.now())


@router.post("/conversations/direct", response=OpenedOut, url_name="messaging-direct")
def open_direct(request: HttpRequest, body: DirectIn) -> Opened:
    """The direct conversation with the person, opened if need be."""
    actor = actor_of(request)
    rates.take_request(person_id=actor.require_person())
    return conversations.open_direct(actor=actor, person_id=body.person_id, now=timezone.now())


@router.post("/conversations/groups", response=OpenedOut, url_name="messaging-groups")
def create_group(request: HttpRequest, body: GroupIn) -> Opened:
    """A new group."""
    actor = actor_of(request)
    rates.take_request(person_id=actor.require_person())
    return conversations.create_group(
        actor=actor,
        title=body.title,
        person_ids=body.person_ids,
        now=timezone.now(),
    )


@router.get("/heads", response=HeadsOut, url_name="messaging-heads")
def heads(request: HttpRequest, after: Seq = 0) -> comparing.Part:
    """Where the conversations stand, part by part: what a client compares its own state with."""
    return comparing.part(actor=actor_of(request), after=after)


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


@router.patch(
    "/conversations/{conversation_id}/policy",
    response=ChangedOut | None,
    url_name="messaging-policy",
)
def change_policy(request: HttpRequest, conversation_id: Id, body: PolicyIn) -> Changed | None:
    """What is named holds from now on; null where it held already."""
    return conversations.change_policy(
        actor=actor_of(request),
        conversation_id=conversation_id,
        change=PolicyChange(**body.dict(exclude_none=True)),
        now=timezone.now(),
    )


@router.put(
    "/conversations/{conversation_id}/notice",
    response=ChangedOut,
    url_name="messaging-group-notice",
)
def publish_notice(request: HttpRequest, conversation_id: Id, body: GroupNoticeIn) -> Changed:
    """The notice stands above the conversation."""
    return conversations.publish_notice(
        actor=actor_of(request),
        conversation_id=conversation_id,
        body=body.body,
        now=timezone.now(),
    )


@router.delete(
    "/conversations/{conversation_id}/notice",
    response=ChangedOut | None,
    url_name="messaging-group-notice",
)
def withdraw_notice(request: HttpRequest, conversation_id: Id) -> Changed | None:
    """No notice stands above the conversation; null where none stood."""
    return conversations.withdraw_notice(
        actor=actor_of(request), conversation_id=conversation_id, now=timezone.now()
    )


@router.post(
    "/conversations/{conversation_id}/dissolve", response=ChangedOut, url_name="messaging-dissolve"
)
def dissolve(request: HttpRequest, conversation_id: Id) -> Changed:
    """Nothing is said in the group any more."""
    return conversations.dissolve(
        actor=actor_of(request), conversation_id=conversation_id, now=timezone.now()
    )
