"""Reading what messages said before they were edited or recalled takes two people."""

from datetime import datetime, timedelta
from typing import Final

from django.utils import timezone

from core import audit
from core.actor import Actor
from core.db import service
from messaging import errors
from messaging.kinds import MessageKind
from messaging.models import HistoryReading, Message
from messaging.queries import histories
from messaging.queries.histories import History
from org import policies as org_policies
from org.kinds import AdminRole, RequestKind, RequestState
from org.queries import appointments, people
from org.queries import requests as request_queries
from org.services import requests

READABLE_FOR: Final = timedelta(hours=24)


@service
def ask(
    *, actor: Actor, conversation_id: int, seq: int, reason: str, now: datetime
) -> requests.Asked:
    """A second person decides whether the auditor may read the message's earlier versions.

    The auditor is one of the sender's unit; to everybody else the message looks absent.
    """
    person_id = actor.require_person()
    message = Message.objects.filter(conversation_id=conversation_id, seq=seq).first()
    if message is None or message.kind == MessageKind.EVENT or message.sender_id is None:
        raise errors.MessageNotFound
    unit_id = appointments.home_unit(message.sender_id, at=now)
    if unit_id is None or not _may_audit(person_id, unit_id, at=now):
        raise errors.MessageNotFound
    sender = people.names([message.sender_id], at=now)[message.sender_id]
    said_at = timezone.localtime(message.created_at)
    asked = requests.ask(
        actor=actor,
        kind=RequestKind.MESSAGE_HISTORY,
        unit_id=unit_id,
        role=AdminRole.AUDIT,
        payload={"conversation_id": conversation_id, "seq": seq},
        summary=f"查看{sender.name}于{said_at:%Y年%-m月%-d日 %H:%M}所发消息的历史版本",
        effects=[f"理由：{reason}"],
        now=now,
    )
    HistoryReading.objects.create(
        request_id=asked.request_id,
        conversation_id=conversation_id,
        seq=seq,
        unit_id=unit_id,
        reason=reason,
        asked_by_id=person_id,
        asked_at=now,
    )
    return asked


@service
def read(*, actor: Actor, request_id: int, now: datetime) -> History:
    """The earlier versions, for whoever asked, for a day after a second person has agreed.

    Each reading is recorded with both of their names.
    """
    person_id = actor.require_person()
    reading = HistoryReading.objects.filter(pk=request_id, asked_by_id=person_id).first()
    if reading is None or not _may_audit(person_id, reading.unit_id, at=now):
        raise errors.HistoryNotFound
    request = request_queries.told_of(request_id, at=now)
    if request is None or request.state != RequestState.APPROVED or request.decided_at is None:
        raise errors.HistoryNotReadable(state=request.state_name if request else "申请不存在")
    until = request.decided_at + READABLE_FOR
    if now >= until:
        raise errors.HistoryNotReadable(state="查看期限已过")
    message = Message.objects.get(conversation_id=reading.conversation_id, seq=reading.seq)
    sender_id = message.sender_id or 0
    audit.record(
        actor=actor,
        action="messaging.message.history_read",
        object_kind="message",
        object_id=f"{reading.conversation_id}#{reading.seq}",
        unit_id=reading.unit_id,
        now=now,
        detail={
            "request_id": request_id,
            "approved_by": request.decided_by_name,
            "reason": reading.reason,
        },
    )
    return History(
        conversation_id=reading.conversation_id,
        seq=reading.seq,
        sender_name=people.names([sender_id], at=now)[sender_id].name,
        created_at=message.created_at,
        versions=histories.versions_of(message, at=now),
        reason=reading.reason,
        approved_by_name=request.decided_by_name,
        readable_until=until,
    )


def _may_audit(person_id: int, unit_id: int, *, at: datetime) -> bool:
    return org_policies.holds(person_id, AdminRole.AUDIT, unit_id, at=at)
