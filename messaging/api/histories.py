"""What messages said before they were edited or recalled, for two people together."""

from datetime import datetime
from typing import Annotated

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router
from pydantic import StringConstraints

from core.http import actor_of
from core.schemas import Id, Schema
from messaging.api.schemas import FileOut
from messaging.queries.histories import History
from messaging.services import histories
from org.services import requests

router = Router()

Reason = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=400, pattern=r"^[^\x00]*$"),
]


class ReasonIn(Schema):
    """Why the earlier versions have to be read."""

    reason: Reason


class HistoryAskedOut(Schema):
    """The request that a second person decides."""

    request_id: int


class RecordLineOut(Schema):
    """One message that a recalled record carried."""

    sender_name: str
    body: str


class MessageVersionOut(Schema):
    """What the message said until it was edited or recalled."""

    version: int
    body: str
    file: FileOut | None
    record: list[RecordLineOut]
    end: str
    ended_by_name: str
    ended_at: datetime


class HistoryOut(Schema):
    """All earlier versions, the first one first."""

    conversation_id: int
    seq: int
    sender_name: str
    created_at: datetime
    versions: list[MessageVersionOut]
    reason: str
    approved_by_name: str
    readable_until: datetime


@router.post(
    "/conversations/{conversation_id}/messages/{seq}/history-readings",
    response=HistoryAskedOut,
    url_name="messaging-history-ask",
)
def ask(request: HttpRequest, conversation_id: Id, seq: Id, body: ReasonIn) -> requests.Asked:
    """A second person is asked whether the auditor may read the earlier versions."""
    return histories.ask(
        actor=actor_of(request),
        conversation_id=conversation_id,
        seq=seq,
        reason=body.reason,
        now=timezone.now(),
    )


@router.get(
    "/history-readings/{request_id}", response=HistoryOut, url_name="messaging-history-read"
)
def read(request: HttpRequest, request_id: Id) -> History:
    """The earlier versions, for a day after somebody else has agreed; each reading is recorded."""
    return histories.read(actor=actor_of(request), request_id=request_id, now=timezone.now())
