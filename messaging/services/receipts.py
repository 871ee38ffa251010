"""Reading."""

from dataclasses import dataclass
from datetime import datetime

from core.actor import Actor
from core.db import service
from messaging import errors, fanout, policies
from messaging.models import Conversation, log
from messaging.queries import receipts


@dataclass(frozen=True, slots=True)
class ReadTo:
    """The person has read the conversation up to here."""

    conversation_id: int
    read_seq: int


@service
def mark_read(*, actor: Actor, conversation_id: int, seq: int, now: datetime) -> ReadTo:
    """The actor has read everything up to `seq`, at the latest now; never less than before."""
    person_id = policies.require_member(actor, conversation_id)
    last_seq = Conversation.objects.values_list("last_seq", flat=True).get(pk=conversation_id)
    if seq > last_seq:
        raise errors.BeyondTheLog
    if log.advance(person_id=person_id, conversation_id=conversation_id, seq=seq, now=now):
        fanout.cursor_moved(person_id=person_id, conversation_id=conversation_id, read_seq=seq)
        return ReadTo(conversation_id=conversation_id, read_seq=seq)
    return ReadTo(
        conversation_id=conversation_id, read_seq=receipts.read_seq(person_id, conversation_id)
    )
