"""DING: opening, confirming, recalling, and who has confirmed."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Router
from ninja.responses import Status
from pydantic import Field, StringConstraints

from core import paging
from core.http import actor_of
from core.schemas import Id, Schema
from messaging import ding_sheets, rates
from messaging.kinds import DingAudience, DingLevel
from messaging.queries import ding_marks
from messaging.queries import dings as queries
from messaging.schemas import Body
from messaging.services import dings
from messaging.services.dings import Asked, Call, Confirmed, Opened
from org.api.imports import attachment

router = Router()

Level = Literal["app", "sms", "phone"]
State = Literal["", "pending", "confirmed", "recalled", "unreachable", "exhausted"]
NAMED_AT_MOST: Final = 20_000
"""People a DING names one by one; all of a conversation are called without naming them."""
People = Annotated[Sequence[Id], Field(max_length=NAMED_AT_MOST)]
Reason = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=400, pattern=r"^[^\x00]*$")
]
Answer = Status[Opened] | Status[Asked]
_FILE: Final[dict[str, Any]] = {
    "responses": {
        200: {"description": "The list as a workbook", "content": {ding_sheets.CONTENT_TYPE: {}}}
    }
}


class DingIn(Schema):
    """A new message that calls people to confirm it."""

    conversation_id: Id
    client_message_id: UUID
    body: Body
    audience: Literal["people", "everybody"] = "people"
    person_ids: People = ()
    level: Level = "app"
    reason: Reason = ""
    """Why so many have to be called: asked for above the number that one person calls alone."""


class DingOfMessageIn(Schema):
    """Whom an existing message calls."""

    client_ding_id: UUID
    audience: Literal["people", "everybody", "unread"] = "people"
    person_ids: People = ()
    level: Level = "app"
    reason: Reason = ""


class DingAgainIn(Schema):
    """Whoever has not confirmed is called anew."""

    client_ding_id: UUID
    level: Level = "app"
    reason: Reason = ""


class DingOpenedOut(Schema):
    """The DING is stored and has called so many people."""

    ding_id: int
    conversation_id: int
    seq: int
    targets: int
    opened_at: datetime
    repeated: bool


class DingAskedOut(Schema):
    """Nobody is called yet: a second person decides. `state` is the request's."""

    request_id: int
    conversation_id: int
    seq: int
    targets: int
    state: str
    expires_at: datetime
    repeated: bool


class DingConfirmedOut(Schema):
    """The actor has confirmed, then."""

    ding_id: int
    state: str
    ended_at: datetime


class DingCountsOut(Schema):
    """How many of those called stand in each state."""

    pending: int
    confirmed: int
    recalled: int
    unreachable: int
    exhausted: int


class DingRecalledOut(Schema):
    """So many were still pending."""

    ended: int


class CalledOut(Schema):
    """A DING that calls the actor."""

    id: int
    conversation_id: int
    conversation_title: str
    seq: int
    sender_id: int
    sender_name: str
    excerpt: str
    level: str
    opened_at: datetime
    closes_at: datetime
    state: str
    ended_at: datetime | None


class CalledPageOut(Schema):
    """One page of them, the newest first."""

    items: list[CalledOut]
    next_cursor: str | None


class SentDingOut(Schema):
    """A DING that the actor opened."""

    id: int
    conversation_id: int
    conversation_title: str
    seq: int
    excerpt: str
    level: str
    opened_at: datetime
    closes_at: datetime
    recalled_at: datetime | None
    counts: DingCountsOut


class SentDingsOut(Schema):
    """One page of them, the newest first."""

    items: list[SentDingOut]
    next_cursor: str | None


class RungOut(Schema):
    """One rung of the ladder and when it is due."""

    step: str
    due_at: datetime


class DingOut(Schema):
    """A DING that the actor opened, with its ladder."""

    ding: SentDingOut
    steps: list[RungOut]


class ProofOut(Schema):
    """What was done on one rung, or how it ended."""

    step: str
    outcome: str
    said: str
    reference: str
    to_name: str
    at: datetime


class DingTargetOut(Schema):
    """Somebody whom the DING calls, with all evidence."""

    person_id: int
    name: str
    organ_name: str
    unit_name: str
    title: str
    state: str
    ended_at: datetime | None
    evidence: list[ProofOut]


class DingTargetsOut(Schema):
    """One page of them."""

    items: list[DingTargetOut]
    next_cursor: str | None


class DingMarkOut(Schema):
    """A message was DINGed: by the actor (with `counts`), or to call him (with `state`)."""

    seq: int
    ding_id: int
    sender_name: str
    state: str | None
    ended_at: datetime | None
    counts: DingCountsOut | None


class DingMarksOut(Schema):
    """One for each message, in order."""

    items: list[DingMarkOut]


OPENED: Final = {200: DingOpenedOut, 202: DingAskedOut}


@router.get(
    "/conversations/{conversation_id}/dings",
    response=DingMarksOut,
    url_name="messaging-ding-marks",
)
def list_marks(request: HttpRequest, conversation_id: Id, first: Id, last: Id) -> dict[str, Any]:
    """Which messages from `first` to `last` were DINGed, as far as it concerns the actor."""
    marks = ding_marks.marks(
        actor=actor_of(request),
        conversation_id=conversation_id,
        first=first,
        last=last,
        at=timezone.now(),
    )
    return {"items": marks}


@router.post("/dings", response=OPENED, url_name="messaging-ding-send")
def send(request: HttpRequest, body: DingIn) -> Answer:
    """A message and its DING, both or neither; 202 where a second person decides about the DING."""
    actor = actor_of(request)
    rates.take(
        person_id=actor.require_person(),
        conversation_id=body.conversation_id,
        client_message_id=body.client_message_id,
    )
    outcome = dings.send(
        actor=actor,
        conversation_id=body.conversation_id,
        client_message_id=body.client_message_id,
        body=body.body,
        call=_call(body),
        now=timezone.now(),
    )
    return _answer(outcome)


@router.post(
    "/conversations/{conversation_id}/messages/{seq}/dings",
    response=OPENED,
    url_name="messaging-ding-open",
)
def open_for(request: HttpRequest, conversation_id: Id, seq: Id, body: DingOfMessageIn) -> Answer:
    """The people are called to an existing message; 202 where a second person decides first."""
    outcome = dings.open_for(
        actor=actor_of(request),
        conversation_id=conversation_id,
        seq=seq,
        client_ding_id=body.client_ding_id,
        call=_call(body),
        now=timezone.now(),
    )
    return _answer(outcome)


@router.get("/dings/received", response=CalledPageOut, url_name="messaging-dings-received")
def list_received(
    request: HttpRequest,
    state: Literal["", "pending"] = "",
    cursor: paging.Cursor = "",
    limit: paging.Limit = 50,
) -> paging.Page[queries.Called]:
    """The DINGs that call the actor; with `state=pending` those that wait for him."""
    return queries.received(
        actor=actor_of(request), pending_only=state, cursor=cursor, limit=limit, at=timezone.now()
    )


@router.get("/dings/sent", response=SentDingsOut, url_name="messaging-dings-sent")
def list_sent(
    request: HttpRequest, cursor: paging.Cursor = "", limit: paging.Limit = 50
) -> paging.Page[queries.SentDing]:
    """The DINGs that the actor opened."""
    return queries.sent(actor=actor_of(request), cursor=cursor, limit=limit, at=timezone.now())


@router.get("/dings/{ding_id}", response=DingOut, url_name="messaging-ding")
def show(request: HttpRequest, ding_id: Id) -> queries.OpenedDing:
    """One of the actor's own DINGs."""
    return queries.detail(actor=actor_of(request), ding_id=ding_id, at=timezone.now())


@router.get("/dings/{ding_id}/call", response=CalledOut, url_name="messaging-ding-call")
def show_call(request: HttpRequest, ding_id: Id) -> queries.Called:
    """One DING that calls the actor."""
    return queries.received_one(actor=actor_of(request), ding_id=ding_id, at=timezone.now())


@router.get("/dings/{ding_id}/targets", response=DingTargetsOut, url_name="messaging-ding-targets")
def list_targets(
    request: HttpRequest,
    ding_id: Id,
    state: State = "",
    cursor: paging.Cursor = "",
    limit: paging.Limit = 50,
) -> paging.Page[queries.Target]:
    """Those whom one of the actor's own DINGs calls, with all evidence."""
    return queries.targets(
        actor=actor_of(request),
        ding_id=ding_id,
        state=state,
        cursor=cursor,
        limit=limit,
        at=timezone.now(),
    )


@router.get("/dings/{ding_id}/file", url_name="messaging-ding-file", openapi_extra=_FILE)
def download(request: HttpRequest, ding_id: Id) -> HttpResponse:
    """The same as a workbook; that it was fetched is recorded."""
    rows = dings.export(actor=actor_of(request), ding_id=ding_id, now=timezone.now())
    return attachment(ding_sheets.written(rows), f"DING-{ding_id}.xlsx", ding_sheets.CONTENT_TYPE)


@router.put(
    "/dings/{ding_id}/confirmation", response=DingConfirmedOut, url_name="messaging-ding-confirm"
)
def confirm(request: HttpRequest, ding_id: Id) -> Confirmed:
    """The actor has confirmed."""
    return dings.confirm(actor=actor_of(request), ding_id=ding_id, now=timezone.now())


@router.put("/dings/{ding_id}/shown", response={204: None}, url_name="messaging-ding-shown")
def note_shown(request: HttpRequest, ding_id: Id) -> Status[None]:
    """A device shows the DING to the actor whom it calls; a repetition changes nothing."""
    dings.note_shown(actor=actor_of(request), ding_id=ding_id, now=timezone.now())
    return Status(204, None)


@router.post("/dings/{ding_id}/recall", response=DingRecalledOut, url_name="messaging-ding-recall")
def recall(request: HttpRequest, ding_id: Id) -> DingRecalledOut:
    """Nobody is called any more."""
    ended = dings.recall(actor=actor_of(request), ding_id=ding_id, now=timezone.now())
    return DingRecalledOut(ended=ended)


@router.post("/dings/{ding_id}/again", response=OPENED, url_name="messaging-ding-again")
def repeat(request: HttpRequest, ding_id: Id, body: DingAgainIn) -> Answer:
    """Whoever has not confirmed is called anew, and the earlier DING is over; 202 as with others,
    and the earlier one goes on until somebody else has agreed."""
    outcome = dings.repeat(
        actor=actor_of(request),
        ding_id=ding_id,
        client_ding_id=body.client_ding_id,
        level=DingLevel(body.level),
        reason=body.reason,
        now=timezone.now(),
    )
    return _answer(outcome)


def _answer(outcome: Opened | Asked) -> Answer:
    return Status(202, outcome) if isinstance(outcome, Asked) else Status(200, outcome)


def _call(body: DingIn | DingOfMessageIn) -> Call:
    level = DingLevel(body.level)
    return Call(DingAudience(body.audience), tuple(body.person_ids), level, body.reason)
