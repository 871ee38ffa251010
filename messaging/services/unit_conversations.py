"""Conversations of units, whose members follow the appointments (docs/adr/0021-membership.md).

But for `found` all of this is the platform's own work, set off by news of org. Each function looks
before it locks, and bears being called twice.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from django.db import IntegrityError, transaction

from core import events
from core.actor import Actor, ActorKind
from core.db import service
from messaging import fanout, membership, policies, unit_errors
from messaging.events import UnitConversationFounded
from messaging.models import (
    Conversation,
    ConversationKind,
    Member,
    MemberRole,
    MemberSource,
    UnitScope,
)
from messaging.queries import unit_conversations as queries
from messaging.queries.unit_conversations import Difference, Stretch
from messaging.services import _admitting, _ding_ends, _telling
from messaging.services.conversations import Opened
from org import errors as org_errors
from org.queries import appointments, headcounts, people, units

ROWS_AT_MOST: Final = 3000
"""A conversation of a unit and all below it is virtual above so many people …"""
ROWS_AGAIN: Final = 2000
"""… and is kept by rows again below so many."""


@service
def found(*, actor: Actor, unit_id: int, scope: UnitScope, title: str, now: datetime) -> Opened:
    """The unit has a conversation of everybody who serves there; the actor administers it.

    He is a guest if he serves elsewhere. With many people no row is written for any of them.
    """
    own_id = actor.require_person()
    unit = units.standing([unit_id], at=now).get(unit_id)
    if unit is None:
        raise org_errors.UnitNotFound
    if not policies.may_found_for_unit(actor, unit_id, at=now):
        raise unit_errors.UnitConversationRefused
    size = headcounts.below([unit_id], at=now)[unit_id]
    held = _create(
        Conversation(
            kind=ConversationKind.UNIT,
            unit_id=unit_id,
            scope=scope,
            is_virtual=scope == UnitScope.SUBTREE and size > ROWS_AT_MOST,
            title=title or _called_after(unit.name),
            created_by_id=own_id,
            created_at=now,
            last_at=now,
            member_count=size,
        )
    )
    there = _people(held, own_id)
    content = _telling.event("created", actor, {}, []) | {"title": held.title}
    entry = _telling.append(held, actor, content, now=now)
    _telling.record(actor, "messaging.unit.founded", held, now, {"scope": scope, "people": size})
    _telling.joined(held, actor, entry, there)
    events.publish(UnitConversationFounded(conversation_id=held.pk))
    return Opened(conversation_id=held.pk)


@service
def settle(
    *, actor: Actor, conversation_id: int, person_ids: Sequence[int] | None, now: datetime
) -> None:
    """Of these people (None: of all) those are in the conversation who serve there now.

    Each joining and leaving is an entry of the log. Of a virtual conversation it is only written
    down when somebody joined who has changed posts within it.
    """
    _permit(actor)
    look = Conversation.objects.filter(pk=conversation_id, dissolved_at__isnull=True).first()
    if look is None or not _differs(look, person_ids):
        return
    held = _hold(conversation_id)
    if held is None:
        return
    if held.is_virtual:
        for person_id, joined_seq in queries.going_on(held.pk, person_ids or ()):
            _write(held, [person_id], from_seq=joined_seq)
        return
    _apply(held, actor, queries.difference(held, person_ids), now=now)
    if held.scope == UnitScope.SUBTREE and held.member_count > ROWS_AT_MOST:
        held.is_virtual = True
        held.save(update_fields=["is_virtual"])


@service
def welcome(
    *, actor: Actor, conversation_id: int, person_ids: Sequence[int], now: datetime
) -> None:
    """Those of the people who are in the virtual conversation hear of it from now on."""
    _permit(actor)
    held = Conversation.objects.filter(pk=conversation_id, is_virtual=True).first()
    if held is None:
        return
    periods = membership.periods(person_ids, conversation_id)
    _tell_quietly(held, joined=[one.person_id for one in periods if one.left_seq is None])


@service
def end_period(
    *, actor: Actor, conversation_id: int, person_id: int, appointment_id: int, now: datetime
) -> None:
    """The period of whoever served there until the appointment ended is written down.

    It ends before the first entry that came after. Nothing to do for somebody who still serves.
    """
    _permit(actor)
    if queries.ended(conversation_id, person_id, appointment_id) is None:
        return
    held = _hold(conversation_id)
    if held is None or not held.is_virtual:
        return
    stretch = queries.ended(conversation_id, person_id, appointment_id)
    if stretch is not None:
        _close(held, [stretch])


@service
def take_in(
    *, actor: Actor, conversation_id: int, unit_id: int, moved_at: datetime, now: datetime
) -> None:
    """Whoever came with a unit that moved is in the virtual conversation from then on."""
    _permit(actor)
    held = _hold(conversation_id)
    if held is None or not held.is_virtual:
        return
    stretches = queries.below_moved(held.pk, unit_id, moved_at=moved_at)
    rows = Member.objects.filter(conversation=held, left_seq__isnull=True)
    known = set(rows.values_list("person_id", flat=True))
    for stretch in stretches:
        if stretch.person_id not in known:
            _write(held, [stretch.person_id], from_seq=stretch.left_seq)
    _tell_quietly(held, joined=[stretch.person_id for stretch in stretches])


@service
def let_go(
    *, actor: Actor, conversation_id: int, unit_id: int, moved_at: datetime, now: datetime
) -> None:
    """Whoever left with a unit that moved was in the virtual conversation until then."""
    _permit(actor)
    held = _hold(conversation_id)
    if held is not None and held.is_virtual:
        _close(held, queries.below_moved(held.pk, unit_id, moved_at=moved_at))


@service
def look_through(*, actor: Actor, conversation_id: int, now: datetime) -> None:
    """The conversation counts its members, is kept in the way that fits, and ends with its unit."""
    _permit(actor)
    held = _hold(conversation_id)
    if held is None:
        return
    if held.is_virtual:
        held.member_count = queries.present_count(held.pk)
        held.save(update_fields=["member_count"])
        if held.member_count < ROWS_AGAIN:
            _keep_rows(held)
    else:
        _apply(held, actor, queries.difference(held, None), now=now)
    _keep_administered(held, now=now)


@service
def follow_name(*, actor: Actor, conversation_id: int, old_name: str, now: datetime) -> None:
    """A conversation that was called after its unit is called after it again.

    By the name of now: news of two renamings may come in any order. A title that somebody chose
    stays.
    """
    _permit(actor)
    held = _hold(conversation_id)
    if held is None or held.unit_id is None or held.title != _called_after(old_name):
        return
    title = _called_after(units.names([held.unit_id])[held.unit_id].name)
    if held.title == title:
        return
    held.title = title
    entry = _telling.append(
        held, actor, _telling.event("renamed", actor, {}, []) | {"title": held.title}, now=now
    )
    _telling.record(actor, "messaging.group.renamed", held, now, {"title": held.title})
    _telling.everybody(held, actor, entry)


def _called_after(unit_name: str) -> str:
    return f"{unit_name}工作群"[:60]


def _permit(actor: Actor) -> None:
    if actor.kind is not ActorKind.SYSTEM:
        raise unit_errors.UnitKeepsItsPeople


def _create(wanted: Conversation) -> Conversation:
    try:
        with transaction.atomic():
            wanted.save(force_insert=True)
    except IntegrityError as clash:
        if "conversation_unit_once" not in str(clash):
            raise
        raise unit_errors.UnitConversationExists from clash
    return wanted


def _people(held: Conversation, founder_id: int) -> set[int]:
    """Those with a row: the founder, who administers, and where rows are kept all who serve."""
    there = [] if held.is_virtual else queries.difference(held, None).came
    serves = founder_id in there or membership.any_present(held.pk, [founder_id])
    _write(held, [one for one in there if one != founder_id], from_seq=1)
    Member.objects.create(
        conversation=held,
        person_id=founder_id,
        role=MemberRole.ADMIN,
        source=MemberSource.ORG if serves else MemberSource.INVITED,
        joined_seq=1,
    )
    held.member_count = (len(there) or held.member_count) + (not serves)
    return {founder_id, *there}


def _hold(conversation_id: int) -> Conversation | None:
    rows = Conversation.objects.select_for_update(of=("self",), no_key=True)
    return rows.filter(pk=conversation_id, dissolved_at__isnull=True).first()


def _differs(look: Conversation, person_ids: Sequence[int] | None) -> bool:
    if look.is_virtual:
        return bool(queries.going_on(look.pk, person_ids or ()))
    found = queries.difference(look, person_ids)
    return bool(found.came or found.gone)


def _apply(held: Conversation, actor: Actor, found: Difference, *, now: datetime) -> None:
    if found.gone:
        held.member_count -= len(found.gone)
        entry = _telling.append(held, actor, _about("org_left", found.gone, now=now), now=now)
        rows = Member.objects.filter(
            conversation=held, person_id__in=found.gone, left_seq__isnull=True
        )
        rows.update(left_seq=entry.seq)
        _ding_ends.end_for_leavers(held.pk, found.gone, now=now)
        _telling.record(actor, "messaging.unit.people_left", held, now, {"people": found.gone})
        _telling.left(held, actor, entry, found.gone)
    if found.came:
        held.member_count += len(found.came)
        entry = _telling.append(held, actor, _about("org_joined", found.came, now=now), now=now)
        _write(held, found.came, from_seq=entry.seq)
        _telling.record(actor, "messaging.unit.people_joined", held, now, {"people": found.came})
        _telling.joined(held, actor, entry, found.came)
    if found.gone:
        _keep_administered(held, now=now)


def _about(verb: str, person_ids: Sequence[int], *, now: datetime) -> dict[str, object]:
    named = list(person_ids[: _telling.NAMED_AT_MOST])
    known = people.names(named, at=now)
    return {
        "verb": verb,
        "by_id": None,
        "by_name": "",
        "people": [{"id": key, "name": known[key].name} for key in named if key in known],
        "count": len(person_ids),
    }


def _write(held: Conversation, person_ids: Sequence[int], *, from_seq: int) -> None:
    """The people have a row each, as those whom org brings."""
    if not person_ids:
        return
    history = _admitting.history_from(held, from_seq)
    Member.objects.bulk_create(
        Member(
            conversation=held,
            person_id=person_id,
            source=MemberSource.ORG,
            joined_seq=from_seq,
            history_from_seq=history,
        )
        for person_id in person_ids
    )


def _close(held: Conversation, stretches: Sequence[Stretch]) -> None:
    """The periods have ended; a row that was open says better when they began."""
    ids = [stretch.person_id for stretch in stretches]
    periods = Member.objects.filter(conversation=held, person_id__in=ids)
    present = {
        period.person_id for period in membership.periods(ids, held.pk) if period.left_seq is None
    }
    known = set(periods.filter(left_seq__isnull=False).values_list("person_id", "left_seq"))
    opened = {row.person_id: row for row in periods.filter(left_seq__isnull=True)}
    for stretch in stretches:
        row = opened.get(stretch.person_id)
        if stretch.person_id in present:
            row = None  # he is back already: the open row is of the new period
        if row is not None and row.source == MemberSource.INVITED:
            continue
        if (stretch.person_id, stretch.left_seq) not in known:
            _close_one(held, stretch, row)
    _tell_quietly(held, left=[one for one in ids if one not in present])


def _close_one(held: Conversation, stretch: Stretch, row: Member | None) -> None:
    period = row or Member(
        conversation=held,
        person_id=stretch.person_id,
        source=MemberSource.ORG,
        joined_seq=stretch.joined_seq,
        history_from_seq=_admitting.history_from(held, stretch.joined_seq),
    )
    period.left_seq = max(stretch.left_seq, period.joined_seq)
    period.history_to_seq = stretch.left_seq - 1
    period.save()


def _tell_quietly(
    held: Conversation, *, joined: Sequence[int] = (), left: Sequence[int] = ()
) -> None:
    """Those concerned hear of it; a virtual conversation's log does not tell."""
    said = {"conversation_id": held.pk}
    if joined:
        newcomers = fanout.Audience(held.pk, tuple(joined))
        fanout.entry_joined(
            kind="member.changed", content={**said, "change": "joined"}, seq=0, audience=newcomers
        )
    everybody = fanout.Audience(held.pk, None)
    for person_id in left:
        fanout.entry_left(
            kind="member.changed",
            content={**said, "change": "left"},
            seq=0,
            audience=replace(everybody, person_ids=None if person_id == left[-1] else ()),
            gone_id=person_id,
        )


def _keep_rows(held: Conversation) -> None:
    """The conversation is small again: everybody who is in it has a row."""
    ids = membership.present_ids(held.pk, is_virtual=True)
    known = Member.objects.filter(conversation=held, left_seq__isnull=True)
    have = set(known.values_list("person_id", flat=True))
    missing = [one for one in membership.periods(ids, held.pk) if one.left_seq is None]
    Member.objects.bulk_create(
        Member(
            conversation=held,
            person_id=period.person_id,
            source=MemberSource.ORG,
            joined_seq=period.joined_seq,
            history_from_seq=period.sees_from_seq,
        )
        for period in missing
        if period.person_id not in have
    )
    held.is_virtual = False
    held.save(update_fields=["is_virtual"])


def _keep_administered(held: Conversation, *, now: datetime) -> None:
    """An empty conversation is dissolved; one without an administrator gets the unit's head."""
    if held.member_count == 0:
        held.dissolved_at = now
        held.save(update_fields=["dissolved_at"])
        return
    if queries.administrators(held):
        return
    head_id = appointments.head_of(held.unit_id, at=now) if held.unit_id is not None else None
    if head_id is not None and membership.any_present(held.pk, [head_id]):
        _admitting.give_role(held, head_id, MemberRole.ADMIN)
