"""DING: calling people to confirm a message, until they do or it ends otherwise (ADR 24)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.conf import settings

from core import audit, events
from core.actor import Actor
from core.db import service
from messaging import ding_errors, errors, fanout, ladder, policies
from messaging.events import DingDue
from messaging.kinds import DingAudience, DingLevel, DingState, DingStep, Receipt, StepOutcome
from messaging.models import Ding, DingEvidence, DingTarget, log
from messaging.queries import ding_audiences, ding_reach, dings
from messaging.services import _ding_ends, _ding_rows, _quotas, messages
from messaging.services.messages import Particulars

TARGETS_AT_MOST: Final = 5000
LISTED: Final = "已列入其待确认事项，尚未在其设备上显示"
SHOWN: Final = "已在其设备上显示"


@dataclass(frozen=True, slots=True)
class Call:
    """Whom a DING calls, and how far it climbs."""

    audience: DingAudience
    person_ids: tuple[int, ...] = ()
    level: DingLevel = DingLevel.APP


@dataclass(frozen=True, slots=True)
class Opened:
    """The DING is stored, and what it calls to; `repeated` if the id was used before."""

    ding_id: int
    conversation_id: int
    seq: int
    targets: int
    opened_at: datetime
    repeated: bool


@dataclass(frozen=True, slots=True)
class Confirmed:
    """The actor has confirmed, then."""

    ding_id: int
    state: str
    ended_at: datetime


@service
def send(
    *,
    actor: Actor,
    conversation_id: int,
    client_message_id: UUID,
    body: str,
    call: Call,
    now: datetime,
) -> Opened:
    """The message stands in the log and its DING calls the people, both or neither.

    The client id names both: repeated, the first answer is given again. A message that was sent
    by it without a DING is called to, unless it was recalled since.
    """
    particulars = Particulars(receipt=Receipt.CONFIRM)
    sent = messages.send(
        actor=actor,
        conversation_id=conversation_id,
        client_message_id=client_message_id,
        body=body,
        particulars=particulars,
        now=now,
    )
    return _opened(actor, conversation_id, sent.seq, client_message_id, call, now=now)


@service
def open_for(
    *,
    actor: Actor,
    conversation_id: int,
    seq: int,
    client_ding_id: UUID,
    call: Call,
    now: datetime,
) -> Opened:
    """The people are called to the message: those named, all, or who has not read it by now.

    Anybody who sees a message may DING it, but for those who have not read it: only who sent it
    knows them. Locks the conversation, so nobody joins or leaves meanwhile.
    """
    person_id = actor.require_person()
    held = log.hold(person_id=person_id, conversation_id=conversation_id)
    policies.require_may_speak(person_id, held)
    return _opened(actor, conversation_id, seq, client_ding_id, call, now=now)


@service
def repeat(
    *, actor: Actor, ding_id: int, client_ding_id: UUID, level: DingLevel, now: datetime
) -> Opened:
    """Whoever has not confirmed and is still there is called anew; the earlier DING is recalled."""
    person_id = actor.require_person()
    earlier = dings.own(ding_id, person_id)
    held = log.hold(person_id=person_id, conversation_id=earlier.conversation_id)
    policies.require_may_speak(person_id, held)
    before = Ding.objects.filter(sender_id=person_id, client_ding_id=client_ding_id).first()
    if before is not None:
        return _again(before, held.pk, earlier.seq)
    locked = Ding.objects.select_for_update(no_key=True).get(pk=ding_id)
    # Whoever confirms at this moment either has, or is one of those who ended here.
    waiting = _ding_ends.recall(locked, "发起人已再次 DING", now=now)
    wanted = [*ding_audiences.exhausted(ding_id), *waiting]
    left = ding_audiences.still_there(held.pk, earlier.seq, wanted, but_id=person_id)
    call = Call(DingAudience.PEOPLE, tuple(left), level)
    return _opened(actor, held.pk, earlier.seq, client_ding_id, call, now=now)


@service
def confirm(*, actor: Actor, ding_id: int, now: datetime) -> Confirmed:
    """The actor has confirmed; a second time changes nothing. DingOver if it ended before.

    Locks the actor's own row: of a confirmation and a recall at once, one comes first.
    """
    person_id = actor.require_person()
    target = (
        DingTarget.objects.select_for_update(of=("self",), no_key=True)
        .select_related("ding")
        .filter(ding_id=ding_id, person_id=person_id)
        .first()
    )
    if target is None:
        raise ding_errors.DingNotFound
    if target.state == DingState.CONFIRMED and target.ended_at is not None:
        return Confirmed(ding_id, target.state, target.ended_at)
    if target.state != DingState.PENDING:
        raise ding_errors.DingOver(state=DingState(target.state).label)
    _ding_ends.end(target.ding, [person_id], DingState.CONFIRMED, "本人确认", now=now)
    return Confirmed(ding_id, DingState.CONFIRMED, now)


@service
def note_shown(*, actor: Actor, ding_id: int, now: datetime) -> None:
    """A device of the actor's shows the DING, which is the evidence of the first rung; once.

    Until then that says when it was listed: at the opening. DingNotFound.
    """
    person_id = actor.require_person()
    proof = DingEvidence.objects.filter(ding_id=ding_id, person_id=person_id, step=DingStep.APP)
    changed = proof.filter(outcome=StepOutcome.LISTED).update(
        outcome=StepOutcome.DELIVERED, said=SHOWN, at=now
    )
    if not changed and not proof.exists():
        raise ding_errors.DingNotFound


@service
def recall(*, actor: Actor, ding_id: int, now: datetime) -> int:
    """Nobody is called any more; who had confirmed has. Returns how many were still pending."""
    person_id = actor.require_person()
    dings.own(ding_id, person_id)
    ding = Ding.objects.select_for_update(no_key=True).get(pk=ding_id)
    if ding.recalled_at is not None:
        raise ding_errors.DingAlreadyRecalled
    ended = _ding_ends.recall(ding, "发起人撤回", now=now)
    _record(actor, "messaging.ding.recalled", ding, {"people": len(ended)}, now=now)
    return len(ended)


@service
def export(*, actor: Actor, ding_id: int, now: datetime) -> list[dings.Target]:
    """Everybody the actor's DING calls, for a file; that it was fetched is recorded."""
    rows = dings.every_target(actor=actor, ding_id=ding_id, at=now)
    ding = Ding.objects.get(pk=ding_id)
    _record(actor, "messaging.ding.exported", ding, {"people": len(rows)}, now=now)
    return rows


def _opened(
    actor: Actor, conversation_id: int, seq: int, client_id: UUID, call: Call, *, now: datetime
) -> Opened:
    person_id = actor.require_person()
    before = Ding.objects.filter(sender_id=person_id, client_ding_id=client_id).first()
    if before is not None:
        return _again(before, conversation_id, seq)
    chosen = _chosen(actor, conversation_id, seq, call)
    _spend(actor, now=now)
    plan = ladder.plan(call.level, at=now)
    closes_at = next(rung.due_at for rung in plan if rung.step == DingStep.END)
    # The conversation is held, so the same id comes twice at once only for two of them.
    ding, is_new = Ding.objects.get_or_create(
        sender_id=person_id,
        client_ding_id=client_id,
        defaults={
            "conversation_id": conversation_id,
            "seq": seq,
            "level": call.level,
            "steps": [{"step": r.step.value, "due_at": r.due_at.isoformat()} for r in plan],
            "opened_at": now,
            "closes_at": closes_at,
        },
    )
    if not is_new:
        raise errors.ClientMessageConflict
    _address(ding, chosen, now=now)
    for rung in plan:
        # The first rung looks once more, behind the commit: whose account was disabled or who left
        # while this transaction ran is seen either there or by the news of it.
        due_at = None if rung.step == DingStep.APP else rung.due_at
        events.publish(DingDue(ding_id=ding.pk, step=rung.step.value), due_at=due_at)
    detail = {"people": len(chosen), "level": call.level.value}
    _record(actor, "messaging.ding.opened", ding, detail, now=now)
    return Opened(ding.pk, conversation_id, seq, len(chosen), now, repeated=False)


def _again(before: Ding, conversation_id: int, seq: int) -> Opened:
    if (before.conversation_id, before.seq) != (conversation_id, seq):
        raise errors.ClientMessageConflict
    targets = DingTarget.objects.filter(ding=before).count()
    return Opened(before.pk, conversation_id, seq, targets, before.opened_at, repeated=True)


def _chosen(actor: Actor, conversation_id: int, seq: int, call: Call) -> list[int]:
    person_id = actor.require_person()
    message = dings.callable_message(conversation_id, seq, reader_id=person_id)
    if call.audience == DingAudience.UNREAD:
        policies.require_sender(person_id, message)
    if call.audience == DingAudience.EVERYBODY:
        policies.require_may_mention_all(person_id, dings.conversation(conversation_id))
    chosen = ding_audiences.people(
        conversation_id,
        seq,
        audience=call.audience,
        person_ids=call.person_ids,
        but_id=person_id,
        at_most=TARGETS_AT_MOST,
    )
    if not chosen:
        raise ding_errors.NobodyToDing
    if len(chosen) > TARGETS_AT_MOST:
        raise ding_errors.DingNeedsApproval(limit=TARGETS_AT_MOST)
    return chosen


def _spend(actor: Actor, *, now: datetime) -> None:
    day, own, units = (
        ladder.day_of(now),
        settings.DING_PER_PERSON_DAILY,
        settings.DING_PER_UNIT_DAILY,
    )
    if not _quotas.spend(f"ding.person:{actor.person_id}", limit=own, day=day):
        raise ding_errors.DingQuotaSpent(whose="每人", limit=own)
    if actor.unit_id is None:
        return
    if not _quotas.spend(f"ding.unit:{actor.unit_id}", limit=units, day=day):
        raise ding_errors.DingQuotaSpent(whose="每个单位", limit=units)


def _address(ding: Ding, person_ids: Sequence[int], *, now: datetime) -> None:
    """The first rung is the row itself: it stands in the person's list, and a frame tells of it.

    A device says that it shows it (`note_shown`). The sender's other devices hear of it, too.
    """
    _ding_rows.call(ding, person_ids)
    lost = ding_reach.without_account(person_ids)
    reached = [person_id for person_id in person_ids if person_id not in lost]
    _ding_rows.prove(ding, reached, DingStep.APP, StepOutcome.LISTED, LISTED, now=now)
    if reached:
        content = dings.called(ding, at=now)
        fanout.to_people(person_ids=reached, kind="ding.opened", content=content)
        _ding_ends.tell_sender(ding)
    for said, gone in ding_reach.by_reason(lost).items():
        _ding_ends.end(ding, gone, DingState.UNREACHABLE, said, now=now)


def _record(
    actor: Actor, action: str, ding: Ding, detail: dict[str, object], *, now: datetime
) -> None:
    audit.record(
        actor=actor,
        action=action,
        object_kind="ding",
        object_id=ding.pk,
        now=now,
        detail={"message": f"{ding.conversation_id}#{ding.seq}", **detail},
    )
