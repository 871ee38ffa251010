"""Reading, sending and recalling messages."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router
from pydantic import Field

from core.http import actor_of
from core.schemas import Id, Schema
from messaging import rates
from messaging.api.schemas import EntryOut
from messaging.queries import messages as queries
from messaging.schemas import Body, Seq
from messaging.services import messages
from messaging.services.messages import Recalled, Sent

router = Router()

PullLimit = Annotated[int, Field(ge=1, le=queries.PULL_LIMIT)]


class PullOut(Schema):
    """Entries in order; whoever has them knows the log up to and including `through`."""

    conversation_id: int
    entries: list[EntryOut]
    through: int
    last_seq: int
    complete: bool


class MessageIn(Schema):
    """A text to send. The client chooses the id and repeats it when it tries again."""

    client_message_id: UUID
    body: Body


class SentOut(Schema):
    """The acknowledgement."""

    conversation_id: int
    client_message_id: UUID
    seq: int
    created_at: datetime
    repeated: bool


class RecalledOut(Schema):
    """The recalled message and the entry that tells of it."""

    conversation_id: int
    seq: int
    event_seq: int


@router.get(
    "/conversations/{conversation_id}/messages", response=PullOut, url_name="messaging-page"
)
def page(
    request: HttpRequest, conversation_id: Id, before: Seq | None = None, limit: PullLimit = 50
) -> queries.Pull:
    """The newest entries, or those below `before`."""
    return queries.page(
        actor=actor_of(request),
        conversation_id=conversation_id,
        before=before,
        limit=limit,
        at=timezone.now(),
    )


@router.get("/conversations/{conversation_id}/entries", response=PullOut, url_name="messaging-pull")
def pull(
    request: HttpRequest, conversation_id: Id, after: Seq, limit: PullLimit = 200
) -> queries.Pull:
    """The entries above `after`: what closes a gap."""
    return queries.pull(
        actor=actor_of(request),
        conversation_id=conversation_id,
        after=after,
        limit=limit,
        at=timezone.now(),
    )


@router.post(
    "/conversations/{conversation_id}/messages", response=SentOut, url_name="messaging-send"
)
def send(request: HttpRequest, conversation_id: Id, body: MessageIn) -> Sent:
    """The text is stored once under its number; a repetition gets the same answer."""
    actor = actor_of(request)
    rates.take(
        person_id=actor.require_person(),
        conversation_id=conversation_id,
        client_message_id=body.client_message_id,
    )
    return messages.send(
        actor=actor,
        conversation_id=conversation_id,
        client_message_id=body.client_message_id,
        body=body.body,
        now=timezone.now(),
    )


@router.post(
    "/conversations/{conversation_id}/messages/{seq}/recall",
    response=RecalledOut,
    url_name="messaging-recall",
)
def recall(request: HttpRequest, conversation_id: Id, seq: Id) -> Recalled:
    """Nobody can read the message any more."""
    return messages.recall(
        actor=actor_of(request), conversation_id=conversation_id, seq=seq, now=timezone.now()
    )
