"""What the caller began to write, on whichever device."""

from datetime import datetime
from typing import Annotated

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router
from pydantic import Field, StringConstraints

from core.http import actor_of
from core.schemas import Id, Schema
from messaging import rates
from messaging.api.schemas import QuoteOut
from messaging.queries import drafts as queries
from messaging.schemas import People
from messaging.services import drafts
from messaging.services.drafts import Written

router = Router()

DRAFT_AT_MOST = 4000


class UnsentTextOut(Schema):
    """What was begun."""

    text: str
    reply_to: int | None
    mentions: list[int]
    saved_at: datetime


class OpenedDraftOut(Schema):
    """What was begun, and what it answers as far as its writer may still see that."""

    draft: UnsentTextOut | None
    quote: QuoteOut | None


class SavedDraftOut(Schema):
    """What is begun now; null: nothing."""

    draft: UnsentTextOut | None


class UnsentTextIn(Schema):
    """What stands in the composer; neither text nor reply_to removes the draft.

    `device` is a word of the client's own, by which it knows its drafts again in `draft.changed`.
    """

    text: Annotated[str, StringConstraints(max_length=DRAFT_AT_MOST, pattern=r"^[^\x00]*$")] = ""
    reply_to: Id | None = None
    mentions: People = ()
    device: Annotated[str, Field(max_length=40, pattern=r"^[A-Za-z0-9\-]*$")] = ""


@router.get(
    "/conversations/{conversation_id}/draft", response=OpenedDraftOut, url_name="messaging-draft"
)
def read(request: HttpRequest, conversation_id: Id) -> queries.Opened:
    """What the caller began to say in the conversation."""
    return queries.own(actor=actor_of(request), conversation_id=conversation_id, at=timezone.now())


@router.put(
    "/conversations/{conversation_id}/draft", response=SavedDraftOut, url_name="messaging-draft"
)
def save(request: HttpRequest, conversation_id: Id, body: UnsentTextIn) -> SavedDraftOut:
    """The caller has begun this; the last device to write is right."""
    actor = actor_of(request)
    rates.take_request(person_id=actor.require_person())
    saved = drafts.save(
        actor=actor,
        conversation_id=conversation_id,
        written=Written(body.text, body.reply_to, body.mentions),
        device=body.device,
        now=timezone.now(),
    )
    return SavedDraftOut.model_validate({"draft": saved})
