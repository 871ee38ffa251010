"""A message that nobody reads any more: its content is history, and the log says so."""

from datetime import datetime
from typing import Final

from core import audit
from core.actor import Actor
from messaging import fanout
from messaging.kinds import MessageKind, VersionEnd
from messaging.models import Conversation, Mention, Message, MessageRecord, MessageVersion, log
from messaging.queries import conversations, histories, messages
from messaging.services import _ding_asking, _ding_ends

_ACTIONS: Final = {
    VersionEnd.RECALLED: "messaging.message.recalled",
    VersionEnd.WITHDRAWN: "messaging.message.withdrawn",
}


def take_back(
    held: Conversation, message: Message, actor: Actor, *, end: VersionEnd, now: datetime
) -> int:
    """The message is recalled by its sender, or withdrawn; the entry that tells of it.

    The caller holds the conversation and has asked for the right.
    """
    person_id, seq = actor.require_person(), message.seq
    _keep(message, end=end, person_id=person_id, now=now)
    _empty(message, withdrawn_by=person_id if end is VersionEnd.WITHDRAWN else None, now=now)
    event = {"verb": "recalled", "by_id": person_id, "by_name": actor.name, "seq": seq}
    if end is VersionEnd.WITHDRAWN:
        event["withdrawn"] = True
    entry = log.append_event(held, by_id=person_id, event=event, now=now)
    _ding_ends.end_of_message(held.pk, seq, now=now)
    _ding_asking.lapse_of_message(actor, held.pk, seq, now=now)
    audit.record(
        actor=actor,
        action=_ACTIONS[end],
        object_kind="message",
        object_id=f"{held.pk}#{seq}",
        now=now,
        unit_id=held.unit_id,
        detail={"sender_id": message.sender_id} if end is VersionEnd.WITHDRAWN else None,
    )
    fanout.entry(
        kind="message.recalled",
        content=messages.entry_of(entry, sender_name=actor.name),
        seq=entry.seq,
        audience=conversations.audience(held),
    )
    return entry.seq


def _keep(message: Message, *, end: VersionEnd, person_id: int, now: datetime) -> None:
    MessageVersion.objects.create(
        conversation_id=message.conversation_id,
        seq=message.seq,
        version=histories.next_version(message),
        body=message.body,
        file_id=message.file_id,
        content={
            "mentions": message.mentions,
            "forwarded": message.forwarded,
            "items": histories.carried_items(message),
            "card": message.card,
        },
        end=end,
        ended_by_id=person_id,
        ended_at=now,
    )


def _empty(message: Message, *, withdrawn_by: int | None, now: datetime) -> None:
    of_message = {"conversation_id": message.conversation_id, "seq": message.seq}
    if message.mentions:
        Mention.objects.filter(**of_message).delete()
    if message.kind == MessageKind.RECORD:
        MessageRecord.objects.filter(**of_message).delete()
    message.body = ""
    message.file_id = message.forwarded = message.card = None
    message.mentions = []
    message.recalled_at, message.withdrawn_by_id = now, withdrawn_by
    message.save(
        update_fields=[
            "body", "file_id", "forwarded", "mentions", "card", "recalled_at", "withdrawn_by_id",
        ]
    )  # fmt: skip
