"""Groups whose owner left the organisation have another."""

from dataclasses import dataclass
from datetime import datetime

from core import audit
from core.actor import Actor, ActorKind
from core.db import service
from messaging import errors, fanout
from messaging.models import Conversation, ConversationKind, Member, MemberRole, log
from messaging.queries import conversations, messages
from org.queries import people
from org.services import departures


@dataclass(frozen=True, slots=True)
class Succession:
    """One item of a handover, and who takes it over from whom."""

    item_id: int
    from_id: int
    to_id: int


@service
def pass_on(*, actor: Actor, conversation_id: int, succession: Succession, now: datetime) -> None:
    """The successor owns the group if he is in it; the item says what became of it.

    Only for the platform itself. Nobody is let into a group by whoever administers people: a
    successor from outside is invited by a member first.
    """
    if actor.kind is not ActorKind.SYSTEM:
        raise errors.NotTheOwner
    held = (
        Conversation.objects.select_for_update(of=("self",), no_key=True)
        .filter(pk=conversation_id, kind=ConversationKind.GROUP)
        .first()
    )
    result = _pass_on(actor, held, succession, now=now) if held else "群聊已不存在"
    departures.report(actor=actor, item_id=succession.item_id, result=result, now=now)


def _pass_on(actor: Actor, held: Conversation, succession: Succession, *, now: datetime) -> str:
    present = log.present(held)
    owner = present.filter(person_id=succession.from_id, role=MemberRole.OWNER).first()
    heir = present.filter(person_id=succession.to_id).first()
    if owner is None:
        return "群主已另有其人，无须转交"
    if heir is None:
        return "群主未转交：接手人不在群内，请由群成员邀请其入群后重开本项再指定"
    Member.objects.filter(pk=owner.pk).update(role=MemberRole.MEMBER)
    Member.objects.filter(pk=heir.pk).update(role=MemberRole.OWNER)
    _tell(held, succession, now=now)
    audit.record(
        actor=actor,
        action="messaging.group.handed_over",
        object_kind="conversation",
        object_id=held.pk,
        now=now,
        detail={"from_id": succession.from_id, "to_id": succession.to_id},
    )
    return "群主已转交"


def _tell(held: Conversation, succession: Succession, *, now: datetime) -> None:
    """The log of the group says so, by name."""
    named = people.names([succession.from_id, succession.to_id], at=now)
    former = named[succession.from_id].name
    event = {
        "verb": "handed_over",
        "by_id": succession.from_id,
        "by_name": former,
        "people": [{"id": succession.to_id, "name": named[succession.to_id].name}],
    }
    entry = log.append_event(held, by_id=succession.from_id, event=event, now=now)
    fanout.entry(
        kind="message.created",
        content=messages.entry_of(entry, sender_name=former),
        seq=entry.seq,
        audience=conversations.audience(held),
    )
