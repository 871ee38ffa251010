"""App-facing: an app shows its things in conversations, changing in place."""

from typing import Annotated, Literal

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router
from pydantic import Field, StringConstraints

from core import http as core_http
from core.schemas import Id, Schema
from messaging.kinds import Tone
from messaging.schemas import CardPutOut
from messaging.services.cards import LINE_LIMIT, LINES_AT_MOST, STATE_LIMIT, TITLE_LIMIT, Content
from miniapps.api import app_auth
from miniapps.services import cards

router = Router()

Key = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.:\-]{1,64}$")]
Title = Annotated[
    str,
    StringConstraints(
        min_length=1, max_length=TITLE_LIMIT, strip_whitespace=True, pattern=r"^[^\x00]+$"
    ),
]
Line = Annotated[str, StringConstraints(max_length=LINE_LIMIT, pattern=r"^[^\x00]*$")]
State = Annotated[str, StringConstraints(max_length=STATE_LIMIT, pattern=r"^[^\x00]*$")]


class CardIn(Schema):
    """Where the card stands besides where it stood, what it shows, where in the app it leads."""

    conversation_ids: list[Id] = Field(default=[], max_length=10)
    title: Title
    lines: list[Line] = Field(default=[], max_length=LINES_AT_MOST)
    state: State = ""
    tone: Literal["neutral", "waiting", "good", "bad"] = "neutral"
    path: Annotated[str, StringConstraints(max_length=300)] = ""


@router.put("/cards/{key}", response=CardPutOut, url_name="apps-card")
def put_card(request: HttpRequest, key: Key, payload: CardIn) -> CardPutOut:
    """The card stands once in each conversation and changes in place; repeating changes nothing."""
    app_auth.require_scope(request, cards.SCOPE)
    done = cards.put(
        actor=core_http.actor_of(request),
        key=key,
        conversation_ids=payload.conversation_ids,
        content=Content(
            title=payload.title,
            lines=tuple(payload.lines),
            state=payload.state,
            tone=Tone(payload.tone),
        ),
        path=payload.path,
        now=timezone.now(),
    )
    return CardPutOut.of(done)
