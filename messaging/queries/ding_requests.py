"""DINGs that take two people, as those see them who asked and those who decide."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db.models import QuerySet

from core import paging
from core.actor import Actor
from core.paging import Page
from messaging import ding_errors
from messaging.kinds import ConversationKind, DingAudience, DingLevel, MessageKind
from messaging.models import Conversation, DingRequest, Message
from messaging.queries import messages
from org import errors as org_errors
from org.kinds import RequestKind, RequestState
from org.queries import requests
from org.queries.requests import Request

_NEWEST: Final = paging.Cursors("messaging.ding_requests", tuple[int])
_SAID_AT_MOST: Final = 2000
ANEW: Final = "尚未确认的人员"


@dataclass(frozen=True, slots=True)
class AskedDing:
    """A DING that somebody asked for, and how that stands; `state` may be "expired"."""

    request_id: int
    conversation_id: int
    conversation_title: str
    seq: int
    sender_name: str
    said: str
    """What is called to; empty once it is recalled, or for whoever only decides once he has."""
    audience: str
    audience_name: str
    level: str
    level_name: str
    reason: str
    targets: int
    """How many people it would have called when it was asked for."""
    asked_at: datetime
    expires_at: datetime
    state: str
    state_name: str
    decided_by_name: str
    decided_at: datetime | None
    remark: str
    ding_id: int | None
    refusal: str
    """Why nothing could be opened although it was approved."""


def own(*, actor: Actor, cursor: str | None, limit: int, at: datetime) -> Page[AskedDing]:
    """What the actor asked for, the newest first."""
    person_id = actor.require_person()
    rows = DingRequest.objects.filter(sender_id=person_id)
    position = _NEWEST.decode(cursor)
    if position is not None:
        rows = rows.filter(pk__lt=position[0])
    found = list(_narrow(rows).order_by("-pk")[: limit + 1])
    page = found[:limit]
    following = _NEWEST.encode((page[-1].pk,)) if len(found) > limit else None
    told = requests.told_of_each([row.pk for row in page], at=at)
    rooms = Conversation.objects.in_bulk({row.conversation_id for row in page})
    return Page(
        [_asked(row, told[row.pk], rooms[row.conversation_id], person_id) for row in page],
        following,
    )


def shown(*, actor: Actor, request_id: int, at: datetime) -> AskedDing:
    """One, for whoever asked, decided or may decide; DingRequestNotFound for all others."""
    person_id = actor.require_person()
    try:
        request = requests.by_id(request_id, person_id=person_id, at=at)
    except org_errors.RequestNotFound as absent:
        raise ding_errors.DingRequestNotFound from absent
    found = of_request(request, person_id=person_id)
    if found is None:
        raise ding_errors.DingRequestNotFound
    return found


def of_request(request: Request, *, person_id: int) -> AskedDing | None:
    """The DING that a request, which the person may see, is about; None of any other kind."""
    if request.kind != RequestKind.DING:
        return None
    row = _narrow(DingRequest.objects.filter(pk=request.id)).first()
    if row is None:
        return None
    return _asked(row, request, Conversation.objects.get(pk=row.conversation_id), person_id)


def _narrow(rows: QuerySet[DingRequest]) -> QuerySet[DingRequest]:
    """Without the people, of whom there may be a hundred thousand."""
    return rows.defer("person_ids", "still_to_call")


def _asked(row: DingRequest, request: Request, room: Conversation, reader_id: int) -> AskedDing:
    audience = str(DingAudience(row.audience).label)
    return AskedDing(
        request_id=row.pk,
        conversation_id=room.pk,
        conversation_title="" if room.kind == ConversationKind.DIRECT else room.title,
        seq=row.seq,
        sender_name=request.requester_name,
        said=_said(row, request, reader_id),
        audience=row.audience,
        audience_name=audience if row.repeats_id is None else ANEW,
        level=row.level,
        level_name=str(DingLevel(row.level).label),
        reason=row.reason,
        targets=row.targets,
        asked_at=row.asked_at,
        expires_at=request.expires_at,
        state=request.state,
        state_name=request.state_name,
        decided_by_name=request.decided_by_name,
        decided_at=request.decided_at,
        remark=request.remark,
        ding_id=row.ding_id,
        refusal=row.refusal,
    )


def _said(row: DingRequest, request: Request, reader_id: int) -> str:
    """The asker reads it where he may; who decides reads it here, as long as he has to decide."""
    rows = Message.objects.filter(conversation_id=row.conversation_id)
    if reader_id == row.sender_id:
        rows = messages.visible(reader_id, row.conversation_id)
    elif request.state != RequestState.WAITING:
        return ""
    message = rows.filter(seq=row.seq, recalled_at__isnull=True).first()
    if message is None:
        return ""
    if message.kind == MessageKind.TEXT:
        return message.body[:_SAID_AT_MOST]
    return messages.excerpt(message)
