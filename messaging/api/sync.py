"""Comparing at once, and waiting for news: the socket's twin for proxies that break sockets."""

from datetime import datetime
from typing import Annotated, Any

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router
from pydantic import Field, StringConstraints

from core.http import actor_of
from core.schemas import Schema
from messaging.api.conversations import HeadOut
from messaging.queries import sync

router = Router()

State = Annotated[str, StringConstraints(max_length=64)]
Wait = Annotated[int, Field(ge=0, le=sync.LONGEST_WAIT)]


class BellsOut(Schema):
    """What calls the reader besides the logs of her conversations: load anew what differs.

    `notices_unread` counts at most 1,000; what comes of `notices_muted` neither counts nor rings,
    unless it asks to be confirmed; `dings` are those that wait for her, the newest first, at
    most 100; `dings_mark` is another one whenever a DING of hers stands otherwise; `resting` says
    that nothing but DING is to disturb her now.
    """

    notices_unread: int
    newest_notice: int | None
    notices_muted: list[str]
    dings: list[int]
    dings_mark: str
    resting: bool


class SyncOut(Schema):
    """What the client lacks. `state` is what it names next time.

    `heads` are of all where `whole`, otherwise of those that changed, as many as one answer
    carries: where `next` is not null the rest is to be compared by `GET …/heads`, `after` that one.
    `frames` came while it waited, in the form that a socket gets them, so that most news need not
    be pulled; instead of too many of them there is one `sync.hint`.
    """

    person_id: int
    name: str
    server_time: datetime
    state: str
    whole: bool
    heads: list[HeadOut]
    next: int | None
    notices_unread: int
    bells: BellsOut
    frames: list[dict[str, Any]]


@router.get("/sync", response=SyncOut, url_name="messaging-sync")
def compare(request: HttpRequest, state: State = "", wait: Wait = 0) -> sync.Compared:
    """What the actor lacks who knows `state`: at once if there is something, else within `wait` s.

    Waiting is done by the gateway in front of this (`messaging/gateway/polling.py`); without it the
    answer comes at once. Nothing new: `heads` and `frames` are empty and `state` is the same.
    """
    actor = actor_of(request)
    now = timezone.now()
    stands = sync.standing(actor=actor, at=now)
    known = stands if state == stands.state else None
    return sync.compared(actor=actor, stands=stands, known=known, at=now)
