"""Who belongs to a conversation, and who administers it."""

from typing import Annotated, Literal

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router
from pydantic import Field

from core import paging
from core.http import actor_of
from core.schemas import Id, Schema
from messaging import rates
from messaging.api.schemas import ChangedOut, NameTyped
from messaging.kinds import MemberRole
from messaging.queries import members as queries
from messaging.services import members
from messaging.services.members import Changed

router = Router()

PeopleIn = Annotated[list[Id], Field(min_length=1, max_length=500)]


class MemberOut(Schema):
    """One member."""

    person_id: int
    name: str
    organ_name: str
    unit_name: str
    title: str
    role: str
    source: str


class MembersOut(Schema):
    """One page of members: who administers first, then by joining."""

    items: list[MemberOut]
    next_cursor: str | None


class InvitedIn(Schema):
    """Who shall join."""

    person_ids: PeopleIn


class OwnerIn(Schema):
    """Who shall own the group."""

    person_id: Id


class RoleIn(Schema):
    """What the member shall be."""

    role: Literal["admin", "member"]


@router.get(
    "/conversations/{conversation_id}/members",
    response=MembersOut,
    url_name="messaging-members",
)
def list_members(
    request: HttpRequest,
    conversation_id: Id,
    q: NameTyped = "",
    cursor: paging.Cursor = "",
    limit: paging.Limit = 50,
) -> paging.Page[queries.MemberCard]:
    """The members, or those of a name.

    Those of a very large unit conversation are for its administrators only.
    """
    return queries.page(
        actor=actor_of(request),
        conversation_id=conversation_id,
        name=q,
        cursor=cursor,
        limit=limit,
        at=timezone.now(),
    )


@router.post(
    "/conversations/{conversation_id}/members", response=ChangedOut, url_name="messaging-members"
)
def invite(request: HttpRequest, conversation_id: Id, body: InvitedIn) -> Changed:
    """The people are in the group."""
    actor = actor_of(request)
    rates.take_request(person_id=actor.require_person())
    return members.invite(
        actor=actor,
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
    return members.remove(
        actor=actor_of(request),
        conversation_id=conversation_id,
        person_id=person_id,
        now=timezone.now(),
    )


@router.put(
    "/conversations/{conversation_id}/members/{person_id}/role",
    response=ChangedOut,
    url_name="messaging-member-role",
)
def set_role(request: HttpRequest, conversation_id: Id, person_id: Id, body: RoleIn) -> Changed:
    """The member administers the group, or does no longer."""
    return members.set_administrator(
        actor=actor_of(request),
        conversation_id=conversation_id,
        person_id=person_id,
        role=MemberRole(body.role),
        now=timezone.now(),
    )


@router.put(
    "/conversations/{conversation_id}/owner", response=ChangedOut, url_name="messaging-owner"
)
def transfer(request: HttpRequest, conversation_id: Id, body: OwnerIn) -> Changed:
    """The person owns the group."""
    return members.transfer(
        actor=actor_of(request),
        conversation_id=conversation_id,
        person_id=body.person_id,
        now=timezone.now(),
    )


@router.post(
    "/conversations/{conversation_id}/leave", response=ChangedOut, url_name="messaging-leave"
)
def leave(request: HttpRequest, conversation_id: Id) -> Changed:
    """The actor is not in the group any more."""
    return members.leave(
        actor=actor_of(request), conversation_id=conversation_id, now=timezone.now()
    )
