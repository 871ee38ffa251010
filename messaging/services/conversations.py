"""Opening conversations, and what holds in them."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from core.actor import Actor
from core.db import service
from messaging import errors, policies
from messaging.models import (
    Conversation,
    ConversationKind,
    GroupNotice,
    Member,
    MemberRole,
    Message,
    NewcomersPast,
    log,
)
from messaging.services import _admitting, _telling
from messaging.services.members import Changed


@dataclass(frozen=True, slots=True)
class Opened:
    """The conversation exists and the actor is in it."""

    conversation_id: int


@dataclass(frozen=True, slots=True)
class PolicyChange:
    """What shall hold in a conversation from now on; None leaves it as it is."""

    mute_all: bool | None = None
    newcomers_see: str | None = None
    inviting: str | None = None
    mentioning_all: str | None = None
    recall_minutes: int | None = None
    edit_minutes: int | None = None
    forwarding: bool | None = None
    watermark: bool | None = None


@service
def open_direct(*, actor: Actor, person_id: int, now: datetime) -> Opened:
    """The one direct conversation of the two people exists.

    One that exists already is not locked: whoever opens several may then hold them in the order of
    their ids, as everybody does. It stays open to somebody from whom the other is hidden meanwhile.
    """
    own_id = actor.require_person()
    if person_id == own_id:
        raise errors.TalkingToOneself
    key = f"{min(own_id, person_id)}:{max(own_id, person_id)}"
    if Conversation.objects.filter(direct_key=key).exists():
        _admitting.require_here([person_id], now=now)
    else:
        _admitting.require_known(actor, [person_id], now=now)
    pair = (own_id, person_id)
    # Two people may open it to each other in the same moment: the key decides, not a check.
    direct, is_new = Conversation.objects.get_or_create(
        direct_key=key,
        defaults={
            "kind": ConversationKind.DIRECT,
            "created_by_id": own_id,
            "created_at": now,
            "last_at": now,
            "member_count": len(pair),
        },
    )
    if is_new:
        Member.objects.bulk_create(
            Member(conversation=direct, person_id=person, joined_seq=1) for person in pair
        )
    return Opened(conversation_id=direct.pk)


@service
def create_group(*, actor: Actor, title: str, person_ids: Sequence[int], now: datetime) -> Opened:
    """A group of the actor, who owns it, and the named people exists."""
    own_id = actor.require_person()
    others = sorted(set(person_ids) - {own_id})
    known = _admitting.require_known(actor, others, now=now)
    if not others:
        raise errors.NobodyToAdd
    _admitting.require_room(1 + len(others))
    group = Conversation.objects.create(
        kind=ConversationKind.GROUP,
        title=title,
        created_by_id=own_id,
        created_at=now,
        last_at=now,
        member_count=1 + len(others),
    )
    Member.objects.create(conversation=group, person_id=own_id, role=MemberRole.OWNER, joined_seq=1)
    _admitting.admit(group, others, from_seq=1)
    content = _telling.event("created", actor, known, others) | {"title": title}
    entry = _telling.append(group, actor, content, now=now)
    _telling.record(actor, "messaging.group.created", group, now, {"person_ids": others})
    _telling.joined(group, actor, entry, (own_id, *others))
    return Opened(conversation_id=group.pk)


@service
def rename(*, actor: Actor, conversation_id: int, title: str, now: datetime) -> Changed:
    """The group has the title."""
    held = _administered(actor, conversation_id)
    held.title = title
    _telling.record(actor, "messaging.group.renamed", held, now, {"title": title})
    return _tell(held, actor, "renamed", {"title": title}, now=now)


@service
def change_policy(
    *, actor: Actor, conversation_id: int, change: PolicyChange, now: datetime
) -> Changed | None:
    """What is named in the change holds from this entry on; None where it held already.

    What newcomers see concerns those who come from now on: what it was is kept where nothing is
    written when somebody joins.
    """
    held = _administered(actor, conversation_id)
    wanted = {name: value for name, value in asdict(change).items() if value is not None}
    changed = {name: value for name, value in wanted.items() if getattr(held, name) != value}
    if not changed:
        return None
    shown = held.newcomers_see
    for name, value in changed.items():
        setattr(held, name, value)
    held.save(update_fields=sorted(changed))
    _telling.record(actor, "messaging.group.policy_changed", held, now, changed)
    told = _tell(held, actor, "policy_changed", {"changed": changed}, now=now)
    if held.kind == ConversationKind.UNIT and held.newcomers_see != shown:
        NewcomersPast.objects.create(conversation=held, until_seq=told.seq, newcomers_see=shown)
    return told


@service
def publish_notice(*, actor: Actor, conversation_id: int, body: str, now: datetime) -> Changed:
    """The notice stands above the conversation, in place of an earlier one."""
    held = _administered(actor, conversation_id)
    text = body.strip()
    if not text:
        raise errors.EmptyMessage
    GroupNotice.objects.update_or_create(
        conversation=held,
        defaults={
            "body": text,
            "published_by_id": actor.require_person(),
            "published_at": now,
        },
    )
    _telling.record(actor, "messaging.group.notice_published", held, now, {"body": text})
    return _tell(held, actor, "notice_published", {"body": text}, now=now)


@service
def withdraw_notice(*, actor: Actor, conversation_id: int, now: datetime) -> Changed | None:
    """No notice stands above the conversation; None where none stood."""
    held = _administered(actor, conversation_id)
    gone, _ = GroupNotice.objects.filter(conversation=held).delete()
    if not gone:
        return None
    _telling.record(actor, "messaging.group.notice_withdrawn", held, now, {})
    return _tell(held, actor, "notice_withdrawn", {}, now=now)


@service
def dissolve(*, actor: Actor, conversation_id: int, now: datetime) -> Changed:
    """Nothing is said or changed in the group any more; who is in it still reads."""
    own_id = actor.require_person()
    held = log.hold(person_id=own_id, conversation_id=conversation_id)
    policies.require_group(held)
    policies.require_owner(own_id, held)
    policies.require_open(held)
    held.dissolved_at = now
    held.save(update_fields=["dissolved_at"])
    _telling.record(actor, "messaging.group.dissolved", held, now, {"title": held.title})
    return _tell(held, actor, "dissolved", {}, now=now)


def _administered(actor: Actor, conversation_id: int) -> Conversation:
    own_id = actor.require_person()
    held = log.hold(person_id=own_id, conversation_id=conversation_id)
    policies.require_group(held)
    policies.require_administrator(own_id, held)
    policies.require_open(held)
    return held


def _tell(
    held: Conversation, actor: Actor, verb: str, what: dict[str, object], *, now: datetime
) -> Changed:
    content = {"verb": verb, "by_id": actor.person_id, "by_name": actor.name} | what
    entry: Message = _telling.append(held, actor, content, now=now)
    _telling.everybody(held, actor, entry)
    return Changed(conversation_id=held.pk, seq=entry.seq)
