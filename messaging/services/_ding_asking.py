"""Asking for a DING to more people than one person calls alone (ADR 15, ADR 24)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.conf import settings

from core.actor import Actor
from messaging import ding_errors, errors
from messaging.kinds import ConversationKind, DingAudience, DingLevel
from messaging.models import Conversation, DingRequest
from messaging.queries import ding_requests, dings
from messaging.services._ding_opening import Call, Place
from org import errors as org_errors
from org.kinds import AdminRole, RequestKind
from org.queries import requests as request_queries
from org.services import requests

MESSAGE_RECALLED: Final = "原消息已撤回，DING 不能再发出"


@dataclass(frozen=True, slots=True)
class Asked:
    """Nobody is called yet: a second person decides. `state` is the request's."""

    request_id: int
    conversation_id: int
    seq: int
    targets: int
    state: str
    expires_at: datetime
    repeated: bool


def earlier(actor: Actor, place: Place, *, now: datetime) -> Asked | None:
    """What the actor asked for by the id before; ClientMessageConflict of another message."""
    before = DingRequest.objects.filter(
        sender_id=actor.require_person(), client_ding_id=place.client_id
    ).first()
    if before is None:
        return None
    if (before.conversation_id, before.seq) != (place.conversation_id, place.seq):
        raise errors.ClientMessageConflict
    return _asked(before, repeated=True, now=now)


def ask(
    actor: Actor,
    place: Place,
    call: Call,
    people: int,
    *,
    repeats_id: int | None = None,
    now: datetime,
) -> Asked:
    """So many are called once a second person agrees: whoever administers the units of the
    conversation's unit, or else of the actor's, or is its security administrator.

    The caller holds the conversation and has judged the DING. DingNeedsApproval without a reason;
    ORG_ASKED_ALREADY while the actor's request about the same message waits.
    """
    if not call.reason.strip():
        raise ding_errors.DingNeedsApproval(people=people, limit=settings.DING_PEOPLE)
    asked = _request(actor, place, call, people, is_anew=repeats_id is not None, now=now)
    wanted = DingRequest.objects.create(
        request_id=asked.request_id,
        conversation_id=place.conversation_id,
        seq=place.seq,
        sender_id=actor.require_person(),
        client_ding_id=place.client_id,
        account_id=actor.account_id or 0,
        appointment_id=actor.appointment_id,
        audience=call.audience,
        person_ids=sorted(set(call.person_ids)),
        repeats_id=repeats_id,
        level=call.level,
        reason=call.reason.strip(),
        targets=people,
        asked_at=now,
    )
    return _asked(wanted, repeated=False, now=now)


def lapse_of_message(actor: Actor, conversation_id: int, seq: int, *, now: datetime) -> None:
    """Nobody decides any more about calling to a message that was recalled.

    The caller holds the conversation. What somebody approves at this moment is refused afterwards.
    """
    wanted = DingRequest.objects.filter(
        conversation_id=conversation_id, seq=seq, ding__isnull=True, refusal=""
    )
    request_ids = list(wanted.values_list("request_id", flat=True))
    if request_ids:
        requests.let_lapse(actor=actor, request_ids=request_ids, remark=MESSAGE_RECALLED, now=now)


def _request(
    actor: Actor, place: Place, call: Call, people: int, *, is_anew: bool, now: datetime
) -> requests.Asked:
    room = dings.conversation(place.conversation_id)
    unit_id = room.unit_id or actor.unit_id
    if unit_id is None:
        raise org_errors.NobodyToDecide
    return requests.ask(
        actor=actor,
        kind=RequestKind.DING,
        unit_id=unit_id,
        role=AdminRole.ORG,
        payload={
            "sender_id": actor.require_person(),
            "conversation_id": place.conversation_id,
            "seq": place.seq,
        },
        summary=f"向{_named(room)}的 {people} 人发出 DING",
        effects=_effects(call, people, is_anew=is_anew),
        now=now,
    )


def _asked(wanted: DingRequest, *, repeated: bool, now: datetime) -> Asked:
    request = request_queries.told_of(wanted.request_id, at=now)
    if request is None:
        raise ding_errors.DingRequestNotFound
    return Asked(
        request_id=wanted.request_id,
        conversation_id=wanted.conversation_id,
        seq=wanted.seq,
        targets=wanted.targets,
        state=request.state,
        expires_at=request.expires_at,
        repeated=repeated,
    )


def _named(room: Conversation) -> str:
    return "单聊" if room.kind == ConversationKind.DIRECT else f"“{room.title}”"


def _effects(call: Call, people: int, *, is_anew: bool) -> list[str]:
    who = ding_requests.ANEW if is_anew else str(DingAudience(call.audience).label)
    return [
        f"呼叫对象：{who}，提交时共 {people} 人；同意后按届时的成员重新确定",
        f"提醒方式：{DingLevel(call.level).label}",
        f"理由：{call.reason.strip()}",
    ]
