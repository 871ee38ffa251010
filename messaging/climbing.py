"""What a DING does by the clock: it climbs its ladder, and ends.

No service, because delivering takes the network, which no transaction may wait for: a query says
what is to be done, a channel does it, a service keeps it.
"""

from datetime import datetime
from typing import Final

from core.actor import system
from messaging import channels_out, events
from messaging.channels_out import in_app
from messaging.kinds import DingState, DingStep, StepOutcome
from messaging.queries import ding_climbs as climb_queries
from messaging.services import ding_climbs, ding_spreads
from org.services import people

LINK: Final = "/messages/?view=dings"
_MISSING: Final = {DingStep.DUTY: "没有排班，已跳过", DingStep.LEADER: "没有上级负责人，已跳过"}
_UNABLE: Final = {
    DingStep.DUTY: "没有可送达的值班人员，已跳过",
    DingStep.LEADER: "没有可送达的上级负责人，已跳过",
}
_ACTOR: Final = system("messaging.climbing")


def climb(event: events.DingDue, now: datetime) -> None:
    """Whoever has not confirmed by then is called by one rung more, or not any more.

    A repetition calls nobody twice: evidence passes people over, and a delivery has its key.
    """
    step = DingStep(event.step)
    if step == DingStep.END:
        ding_climbs.exhaust(actor=_ACTOR, ding_id=event.ding_id, now=now)
    elif step == DingStep.APP:
        _look_at_all(event.ding_id, now)  # the opening itself has delivered
    elif step in climb_queries.TELLING_OTHERS:
        if event.after == 0:
            _look_at_all(event.ding_id, now)
        part = climb_queries.next_part(event.ding_id, step, after=event.after, at=now)
        _carry_out(event, part, now)
    elif not _goes_side_by_side(event, now):
        _climb_next(event, now)


def spread(event: events.DingSpread, now: datetime) -> None:
    """The next people of a wide DING are called."""
    if event.done:
        ding_spreads.look_again(actor=_ACTOR, ding_id=event.ding_id, done=event.done, now=now)
    ding_spreads.call_next(actor=_ACTOR, ding_id=event.ding_id, done=event.done, now=now)


def end(event: events.DingEnding, now: datetime) -> None:
    """The next people of a wide DING that was recalled are called no longer."""
    state = DingState(event.state)
    ding_climbs.end_next(actor=_ACTOR, ding_id=event.ding_id, state=state, said=event.said, now=now)


def tell_counts(event: events.DingMoved, now: datetime) -> None:
    """The sender's devices know how a wide DING stands."""
    ding_climbs.tell_counts(actor=_ACTOR, ding_id=event.ding_id, now=now)


def _look_at_all(ding_id: int, now: datetime) -> None:
    for person_ids in climb_queries.everybody(ding_id):
        ding_climbs.let_go(actor=_ACTOR, ding_id=ding_id, person_ids=person_ids, now=now)


def _goes_side_by_side(event: events.DingDue, now: datetime) -> bool:
    """Whether there are so many that the rung was parted among workers; its parts are not again."""
    if event.after or event.until:
        return False
    lanes = climb_queries.lanes(event.ding_id)
    if not lanes:
        return False
    ding_climbs.go_side_by_side(
        actor=_ACTOR, ding_id=event.ding_id, step=DingStep(event.step), lanes=lanes, now=now
    )
    return True


def _climb_next(event: events.DingDue, now: datetime) -> None:
    step, after, until = DingStep(event.step), event.after, event.until
    has_channel = channels_out.of(step) is not None
    at_once = climb_queries.AT_ONCE if has_channel else climb_queries.LOOKED_AT_ONCE
    person_ids = climb_queries.looked_at(event.ding_id, after=after, until=until, at_once=at_once)
    ding_climbs.let_go(actor=_ACTOR, ding_id=event.ding_id, person_ids=person_ids, now=now)
    if has_channel:
        part = climb_queries.next_part(event.ding_id, step, after=after, until=until, at=now)
    else:
        part = climb_queries.next_passed_over(event.ding_id, step, after=after, until=until)
    _carry_out(event, part, now)


def _carry_out(event: events.DingDue, part: climb_queries.Climb, now: datetime) -> None:
    step = DingStep(event.step)
    for reach in part.reaches:
        evidence = _reach(step, reach, now)
        ding_climbs.keep(
            actor=_ACTOR,
            ding_id=event.ding_id,
            step=step,
            reach=reach,
            outcome=evidence.outcome,
            said=evidence.said,
            reference=evidence.reference,
            now=now,
        )
    if part.next_after is not None:
        ding_climbs.go_on(
            actor=_ACTOR,
            ding_id=event.ding_id,
            step=step,
            after=part.next_after,
            until=event.until,
            now=now,
        )


def close_overdue(now: datetime) -> None:
    """No DING waits beyond its end, also where the timer of it was lost."""
    for ding_id in climb_queries.overdue(at=now):
        ding_climbs.exhaust(actor=_ACTOR, ding_id=ding_id, now=now)
    ding_climbs.forget_quotas(actor=_ACTOR, now=now)


def _reach(step: DingStep, reach: climb_queries.Reach, now: datetime) -> channels_out.Evidence:
    if step in climb_queries.TELLING_OTHERS:
        channel: channels_out.Channel | None = in_app.InApp(now)
        missing = _UNABLE[step] if reach.notes else _MISSING[step]
    else:
        channel, missing = channels_out.of(step), channels_out.NOT_CONFIGURED
    if channel is None or reach.to_id is None:
        return channels_out.Evidence(StepOutcome.SKIPPED, missing)
    if step == DingStep.DUTY and reach.for_ids == (reach.to_id,):
        return channels_out.Evidence(StepOutcome.SKIPPED, "本人正在值班，已跳过")
    phone = ""
    if step in (DingStep.SMS, DingStep.VOICE):
        phone = people.reveal_phone(actor=_ACTOR, person_id=reach.to_id, now=now)
        if not phone:
            return channels_out.Evidence(StepOutcome.SKIPPED, "没有登记手机号，已跳过")
    return channels_out.attempt(
        channel,
        key=reach.key,
        recipient=channels_out.Recipient(reach.to_id, phone),
        content=channels_out.Content(reach.title, reach.text, LINK),
    )
