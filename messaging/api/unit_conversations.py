"""Conversations of units."""

from typing import Annotated

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router
from pydantic import AfterValidator, StringConstraints

from core.http import actor_of
from core.schemas import Id, Schema, seen_whole
from messaging.api.conversations import OpenedOut
from messaging.kinds import UnitScope
from messaging.queries import unit_conversations as queries
from messaging.services import unit_conversations
from messaging.services.conversations import Opened

router = Router()

Title = Annotated[
    str, StringConstraints(max_length=60, pattern=r"^[^\x00]*$"), AfterValidator(seen_whole)
]


class UnitConversationOut(Schema):
    """One conversation of the unit."""

    conversation_id: int
    scope: str
    title: str
    member_count: int
    is_member: bool


class OfUnitOut(Schema):
    """The unit's conversations, and whether the reader may open one."""

    items: list[UnitConversationOut]
    may_found: bool


class FoundIn(Schema):
    """How far down the conversation reaches; without a title it is called after the unit."""

    scope: UnitScope
    title: Title = ""


@router.get(
    "/units/{unit_id}/conversations",
    response=OfUnitOut,
    url_name="messaging-unit-conversations",
)
def of_unit(request: HttpRequest, unit_id: Id) -> queries.OfUnit:
    """Those that the reader is in; all of them for whoever may open one."""
    return queries.of_unit(actor=actor_of(request), unit_id=unit_id, at=timezone.now())


@router.post(
    "/units/{unit_id}/conversations",
    response=OpenedOut,
    url_name="messaging-unit-conversations",
)
def found(request: HttpRequest, unit_id: Id, body: FoundIn) -> Opened:
    """The unit has a conversation whose members follow the appointments."""
    return unit_conversations.found(
        actor=actor_of(request),
        unit_id=unit_id,
        scope=body.scope,
        title=body.title.strip(),
        now=timezone.now(),
    )
