"""Who of the people on a screen is online, that one types, and whether one shows oneself."""

from typing import Annotated

from django.http import HttpRequest
from django.utils import timezone
from ninja import Query, Router, Status

from core.http import actor_of
from core.schemas import Id, Schema
from messaging.queries import presence as queries
from messaging.queries.presence import OwnPresence
from messaging.services import presence

router = Router()


class SignOut(Schema):
    """Whether one person is online."""

    person_id: int
    online: bool


class PresenceOut(Schema):
    """Those of the people asked about whom the reader may see."""

    people: list[SignOut]


class OwnPresenceOut(Schema):
    """Whether others see the reader online."""

    hidden: bool


class OwnPresenceIn(Schema):
    """Whether nobody shall see the reader online."""

    hidden: bool


@router.get("/presence", response=PresenceOut, url_name="messaging-presence")
def state(
    request: HttpRequest,
    person_ids: Annotated[list[Id], Query(max_length=queries.PEOPLE_AT_MOST)] = [],  # noqa: B006  # ninja copies it
    conversation_id: Id | None = None,
) -> queries.State:
    """Who of the people is online; a conversation is named by whoever has it open."""
    return queries.state_by_http(
        actor=actor_of(request),
        person_ids=person_ids,
        conversation_id=conversation_id,
        at=timezone.now(),
    )


@router.post(
    "/conversations/{conversation_id}/typing", response={204: None}, url_name="messaging-typing"
)
def typing(request: HttpRequest, conversation_id: Id) -> Status[None]:
    """The members who have the conversation open hear that the reader types."""
    presence.tell_typing(
        actor=actor_of(request), conversation_id=conversation_id, now=timezone.now()
    )
    return Status(204, None)


@router.get("/presence/own", response=OwnPresenceOut, url_name="messaging-own-presence")
def own(request: HttpRequest) -> OwnPresence:
    """Whether others see the reader online."""
    return queries.own(actor_of(request).require_person())


@router.put("/presence/own", response=OwnPresenceOut, url_name="messaging-own-presence")
def set_own(request: HttpRequest, body: OwnPresenceIn) -> OwnPresence:
    """Others see the reader online, or not."""
    return presence.set_hidden(actor=actor_of(request), hidden=body.hidden, now=timezone.now())
