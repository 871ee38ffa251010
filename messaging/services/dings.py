"""DING: calling people to confirm a message, until they do or it ends otherwise (ADR 24)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.conf import settings

from core.actor import Actor
from core.db import service
from messaging import ding_errors, policies
from messaging.kinds import DingAudience, DingLevel, DingState, DingStep, Receipt, StepOutcome
from messaging.models import Ding, DingEvidence, DingTarget, log
from messaging.queries import ding_audiences, dings
from messaging.services import _ding_asking, _ding_ends, _ding_opening, messages
from messaging.services._ding_asking import Asked
from messaging.services._ding_opening import LISTED, Call, Opened, Place
from messaging.services.messages import Particulars

__all__ = ["LISTED", "Asked", "Call", "Opened"]

SHOWN: Final = "已在其设备上显示"


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
) -> Opened | Asked:
    """The message stands in the log and its DING calls the people, both or neither.

    The client id names both: repeated, the first answer is given again. A message that was sent
    by it without a DING is called to, unless it was recalled since. Above DING_PEOPLE the message
    stands at once and a second person decides about its DING.
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
    place = Place(conversation_id, sent.seq, client_message_id)
    return _opened_or_asked(actor, place, call, now=now)


@service
def open_for(
    *,
    actor: Actor,
    conversation_id: int,
    seq: int,
    client_ding_id: UUID,
    call: Call,
    now: datetime,
) -> Opened | Asked:
    """The people are called to the message: those named, all, or who has not read it by now.

    Anybody who sees a message may DING it, but for those who have not read it: only who sent it
    knows them. Locks the conversation, so nobody joins or leaves meanwhile. Above DING_PEOPLE a
    second person decides.
    """
    person_id = actor.require_person()
    held = log.hold(person_id=person_id, conversation_id=conversation_id)
    policies.require_may_speak(person_id, held)
    return _opened_or_asked(actor, Place(held.pk, seq, client_ding_id), call, now=now)


@service
def repeat(
    *,
    actor: Actor,
    ding_id: int,
    client_ding_id: UUID,
    level: DingLevel,
    now: datetime,
    reason: str = "",
) -> Opened | Asked:
    """Whoever has not confirmed and is still there is called anew; the earlier DING is recalled.

    Above DING_PEOPLE a second person decides, and the earlier one goes on until then.
    """
    person_id = actor.require_person()
    earlier = dings.own(ding_id, person_id)
    held = log.hold(person_id=person_id, conversation_id=earlier.conversation_id)
    policies.require_may_speak(person_id, held)
    place = Place(held.pk, earlier.seq, client_ding_id)
    before = _before(actor, place, now=now)
    if before is not None:
        return before
    locked = Ding.objects.select_for_update(no_key=True).get(pk=ding_id)
    unconfirmed = ding_audiences.unconfirmed(ding_id)
    if len(unconfirmed) > settings.DING_PEOPLE:
        left = ding_audiences.still_there(held.pk, earlier.seq, unconfirmed, but_id=person_id)
        if len(left) > settings.DING_PEOPLE:
            call = Call(DingAudience.PEOPLE, (), level, reason)
            return _ding_asking.ask(actor, place, call, len(left), repeats_id=ding_id, now=now)
    # Whoever confirms at this moment either has, or is one of those who ended here.
    waiting = _ding_ends.recall(locked, _ding_ends.ANEW, now=now)
    wanted = [*ding_audiences.exhausted(ding_id), *waiting]
    left = ding_audiences.still_there(held.pk, earlier.seq, wanted, but_id=person_id)
    return _opened_or_asked(
        actor, place, Call(DingAudience.PEOPLE, tuple(left), level, reason), now=now
    )


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
    if target.ding.recalled_at is not None:  # a wide one, whose people end in jobs
        raise ding_errors.DingOver(state=DingState.RECALLED.label)
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
    _ding_opening.record(actor, "messaging.ding.recalled", ding, {"people": len(ended)}, now=now)
    return len(ended)


@service
def export(*, actor: Actor, ding_id: int, now: datetime) -> Iterator[dings.Target]:
    """Everybody the actor's DING calls, for a file; that it was fetched is recorded."""
    ding = dings.own(ding_id, actor.require_person())
    people = DingTarget.objects.filter(ding=ding).count()
    _ding_opening.record(actor, "messaging.ding.exported", ding, {"people": people}, now=now)
    return dings.every_target(ding.pk, at=now)


def _opened_or_asked(actor: Actor, place: Place, call: Call, *, now: datetime) -> Opened | Asked:
    before = _before(actor, place, now=now)
    if before is not None:
        return before
    _ding_opening.judge(actor, place, call.audience)
    chosen = _ding_opening.chosen(actor, place, call)
    if len(chosen) > settings.DING_PEOPLE:
        return _ding_asking.ask(actor, place, call, len(chosen), now=now)
    return _ding_opening.open_now(actor, place, call.level, chosen, now=now)


def _before(actor: Actor, place: Place, *, now: datetime) -> Opened | Asked | None:
    """What the same id was answered with."""
    opened = _ding_opening.earlier(actor, place)
    return opened or _ding_asking.earlier(actor, place, now=now)
