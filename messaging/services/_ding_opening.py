"""How a DING is opened: judged, written, and called to at once where it is not wide."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.conf import settings

from core import audit, events
from core.actor import Actor
from messaging import ding_errors, errors, fanout, ladder, policies
from messaging.events import DingDue, DingSpread
from messaging.kinds import DingAudience, DingLevel, DingState, DingStep, StepOutcome
from messaging.models import Ding, DingTarget
from messaging.queries import ding_audiences, ding_reach, dings
from messaging.services import _ding_ends, _ding_rows, _quotas

LISTED: Final = "已列入其待确认事项，尚未在其设备上显示"


@dataclass(frozen=True, slots=True)
class Call:
    """Whom a DING calls, and how far it climbs; where that takes two people, why."""

    audience: DingAudience
    person_ids: tuple[int, ...] = ()
    level: DingLevel = DingLevel.APP
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """The message that a DING calls to, and the client's own id of the DING."""

    conversation_id: int
    seq: int
    client_id: UUID


@dataclass(frozen=True, slots=True)
class Opened:
    """The DING is stored, and what it calls to; `repeated` if the id was used before."""

    ding_id: int
    conversation_id: int
    seq: int
    targets: int
    opened_at: datetime
    repeated: bool


def earlier(actor: Actor, place: Place) -> Opened | None:
    """The DING that the actor opened by the id; ClientMessageConflict of another message."""
    before = Ding.objects.filter(
        sender_id=actor.require_person(), client_ding_id=place.client_id
    ).first()
    if before is None:
        return None
    if (before.conversation_id, before.seq) != (place.conversation_id, place.seq):
        raise errors.ClientMessageConflict
    targets = DingTarget.objects.filter(ding=before).count()
    return Opened(
        before.pk, before.conversation_id, before.seq, targets, before.opened_at, repeated=True
    )


def judge(actor: Actor, place: Place, audience: DingAudience) -> None:
    """The actor sees the message, it can be called to, and he may call such an audience."""
    person_id = actor.require_person()
    message = dings.callable_message(place.conversation_id, place.seq, reader_id=person_id)
    if audience == DingAudience.UNREAD:
        policies.require_sender(person_id, message)
    if audience == DingAudience.EVERYBODY:
        policies.require_may_mention_all(person_id, dings.conversation(place.conversation_id))


def chosen(actor: Actor, place: Place, call: Call) -> list[int]:
    """Whom the DING would call now; NobodyToDing, DingTooMany."""
    at_most = settings.DING_PEOPLE_APPROVED
    found = ding_audiences.people(
        place.conversation_id,
        place.seq,
        audience=call.audience,
        person_ids=call.person_ids,
        but_id=actor.require_person(),
        at_most=at_most,
    )
    if not found:
        raise ding_errors.NobodyToDing
    if len(found) > at_most:
        raise ding_errors.DingTooMany(limit=at_most)
    return found


def open_now(
    actor: Actor,
    place: Place,
    level: DingLevel,
    person_ids: Sequence[int],
    *,
    now: datetime,
    detail: Mapping[str, object] | None = None,
) -> Opened:
    """The DING stands and has called them all, in the caller's transaction."""
    ding, plan = _stored(actor, place, level, now=now)
    address(ding, person_ids, ding_reach.without_account(person_ids), now=now)
    set_timers(ding.pk, plan)
    people = len(person_ids)
    record(actor, "messaging.ding.opened", ding, _told(level, people, detail), now=now)
    return Opened(ding.pk, ding.conversation_id, ding.seq, people, now, repeated=False)


def open_wide(
    actor: Actor,
    place: Place,
    level: DingLevel,
    people: int,
    *,
    now: datetime,
    detail: Mapping[str, object],
) -> Ding:
    """The DING stands; its people, whom the caller keeps with it, are called in jobs."""
    ding, _ = _stored(actor, place, level, now=now)
    ding.is_wide = True
    ding.save(update_fields=["is_wide"])
    events.publish(DingSpread(ding_id=ding.pk))
    record(actor, "messaging.ding.opened", ding, _told(level, people, detail), now=now)
    return ding


def address(
    ding: Ding, person_ids: Sequence[int], lost: Mapping[int, str], *, now: datetime
) -> None:
    """The first rung is the row itself: it stands in the person's list, and a frame tells of it.

    Whoever is `lost` ends at once, with the reason. A device says that it shows it
    (`dings.note_shown`). The sender's other devices hear of it, too.
    """
    _ding_rows.call(ding, person_ids)
    reached = [person_id for person_id in person_ids if person_id not in lost]
    _ding_rows.prove(ding, reached, DingStep.APP, StepOutcome.LISTED, LISTED, now=now)
    if reached:
        content = dings.called(ding, at=now)
        fanout.to_people(person_ids=reached, kind="ding.opened", content=content)
        _ding_ends.tell_sender(ding, now=now)
    for said, gone in ding_reach.by_reason(lost).items():
        _ding_ends.end(ding, gone, DingState.UNREACHABLE, said, now=now)


def set_timers(ding_id: int, plan: Sequence[ladder.Rung]) -> None:
    """The DING climbs by the plan."""
    for rung in plan:
        # The first rung looks once more, behind the commit: whose account was disabled or who left
        # while this transaction ran is seen either there or by the news of it.
        due_at = None if rung.step == DingStep.APP else rung.due_at
        events.publish(DingDue(ding_id=ding_id, step=rung.step.value), due_at=due_at)


def record(
    actor: Actor, action: str, ding: Ding, detail: Mapping[str, object], *, now: datetime
) -> None:
    """What the actor did with the DING stands in the audit log."""
    audit.record(
        actor=actor,
        action=action,
        object_kind="ding",
        object_id=ding.pk,
        now=now,
        detail={"message": f"{ding.conversation_id}#{ding.seq}", **detail},
    )


def _stored(
    actor: Actor, place: Place, level: DingLevel, *, now: datetime
) -> tuple[Ding, tuple[ladder.Rung, ...]]:
    _spend(actor, now=now)
    plan = ladder.plan(level, at=now)
    closes_at = next(rung.due_at for rung in plan if rung.step == DingStep.END)
    # The conversation is held, so the same id comes twice at once only for two of them.
    ding, is_new = Ding.objects.get_or_create(
        sender_id=actor.require_person(),
        client_ding_id=place.client_id,
        defaults={
            "conversation_id": place.conversation_id,
            "seq": place.seq,
            "level": level,
            "steps": [{"step": r.step.value, "due_at": r.due_at.isoformat()} for r in plan],
            "opened_at": now,
            "closes_at": closes_at,
        },
    )
    if not is_new:
        raise errors.ClientMessageConflict
    return ding, plan


def _told(level: DingLevel, people: int, detail: Mapping[str, object] | None) -> dict[str, object]:
    return {"people": people, "level": level.value, **(detail or {})}


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
