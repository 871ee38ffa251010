"""A wide DING calls its people part by part, none of which takes long or holds the conversation."""

from datetime import datetime
from typing import Final

from core import events
from core.actor import Actor
from core.db import service
from messaging import ladder, policies
from messaging.events import DingSpread
from messaging.kinds import DingState, DingStep
from messaging.models import Ding, DingRequest
from messaging.queries import ding_audiences, ding_reach
from messaging.services import _ding_ends, _ding_opening

AT_ONCE: Final = 2000


@service
def call_next(*, actor: Actor, ding_id: int, done: int, now: datetime) -> None:
    """The next people are called; behind the last of them the DING begins to climb.

    A repetition calls nobody twice. Nobody is called any more once the DING is recalled.
    """
    policies.require_platform(actor)
    ding = Ding.objects.select_for_update(no_key=True).get(pk=ding_id)
    if ding.recalled_at is not None:
        DingRequest.objects.filter(ding=ding).update(still_to_call=[])
        return
    part = _part(ding_id, done)
    if not part:
        _finish(ding)
        return
    has_confirmed = _confirmed_earlier(ding_id, part)
    called = [person_id for person_id in part if person_id not in has_confirmed]
    _ding_opening.address(ding, called, ding_reach.lost(ding, called), now=now)
    events.publish(DingSpread(ding_id=ding_id, done=done + len(part)))


@service
def look_again(*, actor: Actor, ding_id: int, done: int, now: datetime) -> None:
    """Whoever left or was disabled while his part was written is called no longer.

    It looks behind the commit of that part, as the first timer does of a smaller DING.
    """
    policies.require_platform(actor)
    ding = Ding.objects.select_for_update(no_key=True).get(pk=ding_id)
    lost = ding_reach.lost(ding, _part(ding_id, max(0, done - AT_ONCE)))
    for said, gone in ding_reach.by_reason(lost).items():
        _ding_ends.end(ding, gone, DingState.UNREACHABLE, said, now=now)


def _confirmed_earlier(ding_id: int, person_ids: list[int]) -> set[int]:
    """Those who have confirmed the DING that this one repeats, if it does."""
    wanted = DingRequest.objects.only("repeats_id").get(ding_id=ding_id)
    if wanted.repeats_id is None:
        return set()
    return ding_audiences.confirmed(wanted.repeats_id, person_ids)


def _part(ding_id: int, done: int) -> list[int]:
    """A part of those to be called; the others are not read."""
    rows = DingRequest.objects.filter(ding_id=ding_id)
    found = rows.values_list(f"still_to_call__{done}_{done + AT_ONCE}", flat=True).first()
    return list(found or ())


def _finish(ding: Ding) -> None:
    """All are called: the timers run as they were planned at the opening, and nothing is kept."""
    wanted = DingRequest.objects.filter(ding=ding).exclude(still_to_call=[])
    if not wanted.update(still_to_call=[]):
        return
    plan = [
        ladder.Rung(DingStep(rung["step"]), datetime.fromisoformat(rung["due_at"]))
        for rung in ding.steps
        if rung["step"] != DingStep.APP
    ]
    _ding_opening.set_timers(ding.pk, plan)
