"""Opening conversations, and who belongs to a group."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from core import audit
from core.actor import Actor
from core.db import service
from messaging import errors, fanout, policies
from messaging.models import (
    Conversation,
    ConversationKind,
    Member,
    MemberRole,
    Message,
    log,
)
from messaging.queries import conversations, messages
from org.queries import people


@dataclass(frozen=True, slots=True)
class Opened:
    """The conversation exists and the actor is in it."""

    conversation_id: int


@dataclass(frozen=True, slots=True)
class Changed:
    """The group has changed; the entry `seq` of its log says how."""

    conversation_id: int
    seq: int


@service
def open_direct(*, actor: Actor, person_id: int, now: datetime) -> Opened:
    """The one direct conversation of the two people exists."""
    own_id = actor.require_person()
    if person_id == own_id:
        raise errors.TalkingToOneself
    _known([person_id], now=now)
    key = f"{min(own_id, person_id)}:{max(own_id, person_id)}"
    # Two people may open it to each other in the same moment: the key decides, not a check.
    wanted = Conversation(
        kind=ConversationKind.DIRECT,
        direct_key=key,
        created_by_id=own_id,
        created_at=now,
        last_at=now,
    )
    Conversation.objects.bulk_create([wanted], ignore_conflicts=True)
    held = Conversation.objects.select_for_update().get(direct_key=key)
    if held.member_count == 0:
        pair = [
            Member(conversation=held, person_id=person, joined_seq=1)
            for person in (own_id, person_id)
        ]
        Member.objects.bulk_create(pair)
        held.member_count = len(pair)
        held.save(update_fields=["member_count"])
    return Opened(conversation_id=held.pk)


@service
def create_group(*, actor: Actor, title: str, person_ids: Sequence[int], now: datetime) -> Opened:
    """A group of the actor, who owns it, and the named people exists."""
    own_id = actor.require_person()
    others = sorted(set(person_ids) - {own_id})
    known = _known(others, now=now)
    if not others:
        raise errors.NobodyToAdd
    _require_room(1 + len(others))
    group = Conversation.objects.create(
        kind=ConversationKind.GROUP,
        title=title,
        created_by_id=own_id,
        created_at=now,
        last_at=now,
        member_count=1 + len(others),
    )
    Member.objects.create(conversation=group, person_id=own_id, role=MemberRole.OWNER, joined_seq=1)
    _admit(group, others, from_seq=1)
    event = _event("created", actor, known, others) | {"title": title}
    entry = log.append_event(group, by_id=own_id, event=event, now=now)
    _record(actor, "messaging.group.created", group, now, {"person_ids": others})
    _tell_joined(group, entry, actor, (own_id, *others))
    return Opened(conversation_id=group.pk)


@service
def invite(
    *, actor: Actor, conversation_id: int, person_ids: Sequence[int], now: datetime
) -> Changed:
    """The named people are in the group and see it from this entry on."""
    own_id = actor.require_person()
    held = log.hold(person_id=own_id, conversation_id=conversation_id)
    policies.require_group(held)
    present = set(conversations.present_ids(held))
    added = sorted(set(person_ids) - present)
    known = _known(added, now=now)
    if not added:
        raise errors.NobodyToAdd
    _require_room(held.member_count + len(added))
    held.member_count += len(added)
    event = _event("joined", actor, known, added)
    entry = log.append_event(held, by_id=own_id, event=event, now=now)
    periods = [
        Member(conversation=held, person_id=person, joined_seq=entry.seq) for person in added
    ]
    Member.objects.bulk_create(periods)
    _record(actor, "messaging.group.people_invited", held, now, {"person_ids": added})
    _tell_joined(held, entry, actor, (*present, *added))
    return Changed(conversation_id=held.pk, seq=entry.seq)


@service
def remove(*, actor: Actor, conversation_id: int, person_id: int, now: datetime) -> Changed:
    """The person is no longer in the group: she sees nothing after this entry."""
    own_id = actor.require_person()
    held = log.hold(person_id=own_id, conversation_id=conversation_id)
    policies.require_group(held)
    policies.require_owner(own_id, held)
    if person_id == own_id or not policies.is_member(person_id, conversation_id):
        raise errors.UnknownPeople
    return _close_period(held, actor, "removed", person_id, now=now)


@service
def leave(*, actor: Actor, conversation_id: int, now: datetime) -> Changed:
    """The actor is no longer in the group; its longest member owns it if she did."""
    own_id = actor.require_person()
    held = log.hold(person_id=own_id, conversation_id=conversation_id)
    policies.require_group(held)
    changed = _close_period(held, actor, "left", own_id, now=now)
    present = log.present(held)
    if not present.filter(role=MemberRole.OWNER).exists():
        heir = present.order_by("joined_seq", "id").first()
        if heir is not None:
            heir.role = MemberRole.OWNER
            heir.save(update_fields=["role"])
    return changed


@service
def rename(*, actor: Actor, conversation_id: int, title: str, now: datetime) -> Changed:
    """The group has the title."""
    own_id = actor.require_person()
    held = log.hold(person_id=own_id, conversation_id=conversation_id)
    policies.require_group(held)
    policies.require_owner(own_id, held)
    held.title = title
    event = {"verb": "renamed", "by_id": own_id, "by_name": actor.name, "title": title}
    entry = log.append_event(held, by_id=own_id, event=event, now=now)
    _record(actor, "messaging.group.renamed", held, now, {"title": title})
    content = messages.entry_of(entry, sender_name=actor.name)
    fanout.entry(
        kind="message.created",
        content=content,
        seq=entry.seq,
        audience=conversations.audience(held),
    )
    return Changed(conversation_id=held.pk, seq=entry.seq)


def _admit(conversation: Conversation, person_ids: Sequence[int], *, from_seq: int) -> None:
    Member.objects.bulk_create(
        Member(conversation=conversation, person_id=person_id, joined_seq=from_seq)
        for person_id in person_ids
    )


def _close_period(
    held: Conversation, actor: Actor, verb: str, person_id: int, *, now: datetime
) -> Changed:
    known = people.names([person_id], at=now)
    event = _event(verb, actor, known, [person_id])
    held.member_count -= 1
    entry = log.append_event(held, by_id=actor.require_person(), event=event, now=now)
    log.present(held).filter(person_id=person_id).update(left_seq=entry.seq)
    _record(actor, f"messaging.group.person_{verb}", held, now, {"person_id": person_id})
    content = messages.entry_of(entry, sender_name=actor.name)
    fanout.entry_left(
        kind="message.created",
        content=content,
        seq=entry.seq,
        audience=conversations.audience(held),
        gone_id=person_id,
    )
    return Changed(conversation_id=held.pk, seq=entry.seq)


def _tell_joined(
    group: Conversation, entry: Message, actor: Actor, person_ids: tuple[int, ...]
) -> None:
    """Everybody is told by name, so that processes learn who is in a large group."""
    content = messages.entry_of(entry, sender_name=actor.name)
    audience = fanout.Audience(group.pk, person_ids)
    if group.member_count > fanout.LARGE:
        fanout.entry_joined(
            kind="message.created", content=content, seq=entry.seq, audience=audience
        )
    else:
        fanout.entry(kind="message.created", content=content, seq=entry.seq, audience=audience)


def _known(person_ids: Sequence[int], *, now: datetime) -> dict[int, people.PersonName]:
    known = people.names(person_ids, at=now)
    # Whoever has left the organisation still has a name, but no unit.
    here = {person.id for person in known.values() if person.unit_id is not None}
    if here != set(person_ids):
        raise errors.UnknownPeople
    return known


def _require_room(size: int) -> None:
    if size > policies.GROUP_LIMIT:
        raise errors.GroupTooLarge(limit=policies.GROUP_LIMIT)


def _event(
    verb: str, actor: Actor, known: dict[int, people.PersonName], person_ids: Sequence[int]
) -> dict[str, object]:
    """Names stand in the entry as they were then."""
    named = [{"id": key, "name": known[key].name} for key in person_ids if key in known]
    return {"verb": verb, "by_id": actor.person_id, "by_name": actor.name, "people": named}


def _record(
    actor: Actor, action: str, group: Conversation, now: datetime, detail: dict[str, object]
) -> None:
    audit.record(
        actor=actor,
        action=action,
        object_kind="conversation",
        object_id=group.pk,
        now=now,
        detail=detail,
    )
