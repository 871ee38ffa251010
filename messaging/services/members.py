"""Who belongs to a group, and who administers it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from core.actor import Actor, ActorKind
from core.db import service
from messaging import errors, membership, policies, unit_errors
from messaging.membership import Period
from messaging.models import (
    Conversation,
    ConversationKind,
    Member,
    MemberRole,
    MemberSource,
    log,
)
from messaging.queries import unit_conversations
from messaging.services import _admitting, _ding_ends, _telling
from org.queries import people


@dataclass(frozen=True, slots=True)
class Changed:
    """The conversation has changed; the entry `seq` of its log says how."""

    conversation_id: int
    seq: int


@service
def invite(
    *, actor: Actor, conversation_id: int, person_ids: Sequence[int], now: datetime
) -> Changed:
    """The named people are in the group and see it from this entry on, or all of it by its policy.

    To a unit's conversation they come as guests: they stay until they are removed.
    """
    own_id = actor.require_person()
    held = _held(own_id, conversation_id)
    policies.require_may_invite(own_id, held)
    added = sorted(set(person_ids) - _present(held, person_ids).keys())
    known = _admitting.require_known(actor, added, now=now)
    if not added:
        raise errors.NobodyToAdd
    if held.kind == ConversationKind.GROUP:
        _admitting.require_room(held.member_count + len(added))
    held.member_count += len(added)
    content = _telling.event("joined", actor, known, added)
    entry = _telling.append(held, actor, content, now=now)
    _admitting.admit(held, added, from_seq=entry.seq)
    _telling.record(actor, "messaging.group.people_invited", held, now, {"person_ids": added})
    _telling.joined(held, actor, entry, added)
    return Changed(conversation_id=held.pk, seq=entry.seq)


@service
def remove(*, actor: Actor, conversation_id: int, person_id: int, now: datetime) -> Changed:
    """The person is no longer in the group: she sees nothing after this entry."""
    own_id = actor.require_person()
    held = _held(own_id, conversation_id)
    policies.require_may_remove(own_id, person_id, held)
    if person_id == own_id or not policies.is_member(person_id, conversation_id):
        raise errors.UnknownPeople
    _require_guest(held, person_id)
    return _close_period(held, actor, "removed", person_id, now=now)


@service
def leave(*, actor: Actor, conversation_id: int, now: datetime) -> Changed:
    """The actor is no longer in the group; if she owned it, somebody else does.

    The heir is whoever administers it longest, else whoever is in it longest.
    """
    own_id = actor.require_person()
    held = log.hold(person_id=own_id, conversation_id=conversation_id)
    policies.require_group(held)
    _require_guest(held, own_id)
    if policies.role_of(own_id, held.pk) == MemberRole.OWNER:
        others = log.present(held).exclude(person_id=own_id)
        heir = others.order_by("role", "joined_seq", "id").first()  # admin before member
        if heir is not None:
            _make_owner(held, actor, heir.person_id, now=now)
    return _close_period(held, actor, "left", own_id, now=now)


@service
def transfer(*, actor: Actor, conversation_id: int, person_id: int, now: datetime) -> Changed:
    """The person owns the group; the actor, who did, administers it."""
    own_id = actor.require_person()
    held = _held(own_id, conversation_id)
    policies.require_owner(own_id, held)
    if held.kind == ConversationKind.UNIT:
        raise unit_errors.UnitKeepsItsPeople
    heir = _present(held, [person_id]).get(person_id)
    if heir is None or person_id == own_id:
        raise errors.UnknownPeople
    _admitting.require_here([person_id], now=now)
    return _make_owner(held, actor, person_id, now=now)


@service
def set_administrator(
    *, actor: Actor, conversation_id: int, person_id: int, role: MemberRole, now: datetime
) -> Changed:
    """The member administers the group, or does no longer. It is the owner's to decide.

    OwnerStays for the owner; LastAdministrator where a unit's conversation would have none, and
    AdministersByOffice for whoever would go on as an administrator of the unit.
    """
    own_id = actor.require_person()
    held = _held(own_id, conversation_id)
    policies.require_owner(own_id, held)
    standing = _present(held, [person_id]).get(person_id)
    if standing is None:
        raise errors.UnknownPeople
    if standing.role == MemberRole.OWNER or role == MemberRole.OWNER:
        raise errors.OwnerStays
    if role == MemberRole.MEMBER:
        _require_other_administrator(held, person_id, now=now)
    _admitting.give_role(held, person_id, role)
    known = people.names([person_id], at=now)
    verb = "admin_appointed" if role == MemberRole.ADMIN else "admin_dismissed"
    entry = _telling.append(held, actor, _telling.event(verb, actor, known, [person_id]), now=now)
    _telling.record(actor, f"messaging.group.{verb}", held, now, {"person_id": person_id})
    _telling.everybody(held, actor, entry)
    return Changed(conversation_id=held.pk, seq=entry.seq)


@service
def part(*, actor: Actor, conversation_id: int, person_id: int, now: datetime) -> None:
    """Whoever left the organisation is no longer in the group, unless he owns it still.

    Only for the platform itself. An owner stays until the group has been handed over.
    """
    if actor.kind is not ActorKind.SYSTEM:
        raise errors.NotTheOwner
    rows = Conversation.objects.select_for_update(of=("self",), no_key=True)
    held = rows.filter(pk=conversation_id, kind=ConversationKind.GROUP).first()
    known = people.names([person_id], at=now)
    here = person_id in known and known[person_id].unit_id is not None
    if held is None or here or policies.role_of(person_id, held.pk) in (None, MemberRole.OWNER):
        return
    _close_period(held, actor, "left_organisation", person_id, now=now)


def _held(person_id: int, conversation_id: int) -> Conversation:
    held = log.hold(person_id=person_id, conversation_id=conversation_id)
    policies.require_group(held)
    policies.require_open(held)
    return held


def _make_owner(held: Conversation, actor: Actor, person_id: int, *, now: datetime) -> Changed:
    """The person owns what the actor owned; the log and the audit log say so."""
    _admitting.give_role(held, actor.require_person(), MemberRole.ADMIN)
    _admitting.give_role(held, person_id, MemberRole.OWNER)
    known = people.names([person_id], at=now)
    content = _telling.event("owner_transferred", actor, known, [person_id])
    entry = _telling.append(held, actor, content, now=now)
    _telling.record(actor, "messaging.group.transferred", held, now, {"person_id": person_id})
    _telling.everybody(held, actor, entry)
    return Changed(conversation_id=held.pk, seq=entry.seq)


def _present(held: Conversation, person_ids: Sequence[int]) -> dict[int, Period]:
    periods = membership.periods(person_ids, held.pk)
    return {period.person_id: period for period in periods if period.left_seq is None}


def _require_guest(held: Conversation, person_id: int) -> None:
    if held.kind != ConversationKind.UNIT:
        return
    guest = Member.objects.filter(
        conversation=held,
        person_id=person_id,
        left_seq__isnull=True,
        source=MemberSource.INVITED,
    )
    if not guest.exists():
        raise unit_errors.UnitKeepsItsPeople


def _require_other_administrator(held: Conversation, person_id: int, *, now: datetime) -> None:
    if held.kind != ConversationKind.UNIT:
        return
    if policies.administers_by_office(person_id, held, at=now):
        raise unit_errors.AdministersByOffice
    if set(unit_conversations.administrators(held)) <= {person_id}:
        raise unit_errors.LastAdministrator


def _close_period(
    held: Conversation, actor: Actor, verb: str, person_id: int, *, now: datetime
) -> Changed:
    known = people.names([person_id], at=now)
    content = _telling.event(verb, actor, known, [person_id])
    held.member_count -= 1
    entry = _telling.append(held, actor, content, now=now)
    Member.objects.filter(conversation=held, person_id=person_id, left_seq__isnull=True).update(
        left_seq=entry.seq
    )
    _ding_ends.end_for_leavers(held.pk, [person_id], now=now)
    _telling.record(actor, f"messaging.group.person_{verb}", held, now, {"person_id": person_id})
    _telling.left(held, actor, entry, [person_id])
    return Changed(conversation_id=held.pk, seq=entry.seq)
