"""Whom a rung of a DING reaches next, and what is said to him there."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from messaging.kinds import DingState, DingStep
from messaging.models import Ding, DingEvidence, DingTarget
from messaging.queries import duty
from org.queries import people

AT_ONCE: Final = 100
"""So many people are called by one job: a job is short, and a fault in it stops no others."""
_NAMED: Final = 5


@dataclass(frozen=True, slots=True)
class Reach:
    """One delivery: for these of the people called, to this one."""

    for_ids: tuple[int, ...]
    to_id: int | None
    """Nobody is on duty, or leads: None."""
    key: str
    """The same at each repetition."""
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Climb:
    """What is to be done on a rung now, and behind whom the next part begins (None: no more)."""

    reaches: list[Reach]
    next_after: int | None


def overdue(*, at: datetime) -> list[int]:
    """The DINGs that should have ended by then, and have not."""
    rows = DingTarget.objects.filter(state=DingState.PENDING, ding__closes_at__lte=at)
    return sorted(set(rows.values_list("ding_id", flat=True)))


def pending_of(ding_id: int, *, after: int) -> list[int]:
    """The next people whom the DING still calls."""
    rows = DingTarget.objects.filter(ding_id=ding_id, person_id__gt=after, state=DingState.PENDING)
    return list(rows.order_by("person_id").values_list("person_id", flat=True)[:AT_ONCE])


def next_part(ding_id: int, step: DingStep, *, after: int, at: datetime) -> Climb:
    """The deliveries of the rung to the next people; those with evidence of it are passed over."""
    ding = Ding.objects.get(pk=ding_id)
    person_ids = pending_of(ding_id, after=after)
    proven = DingEvidence.objects.filter(ding_id=ding_id, step=step, person_id__in=person_ids)
    done = set(proven.values_list("person_id", flat=True))
    wanted = [person_id for person_id in person_ids if person_id not in done]
    more = person_ids[-1] if len(person_ids) == AT_ONCE else None
    if step in (DingStep.DUTY, DingStep.LEADER):
        return Climb(_to_officers(ding, step, wanted, at=at), more)
    return Climb([_to_himself(ding, step, person_id, at=at) for person_id in wanted], more)


def _to_himself(ding: Ding, step: DingStep, person_id: int, *, at: datetime) -> Reach:
    """What is said outside of the platform names who calls, never what the message says."""
    name = people.names([ding.sender_id], at=at)[ding.sender_id].name
    return Reach(
        for_ids=(person_id,),
        to_id=person_id,
        key=f"ding:{ding.pk}:{person_id}:{step.value}",
        title=f"{name} 向您发出 DING",
        text=f"{name} 向您发出 DING，请登录平台查看并确认。",
    )


def _to_officers(
    ding: Ding, step: DingStep, person_ids: Sequence[int], *, at: datetime
) -> list[Reach]:
    """One delivery for each officer; he is told who has not confirmed, and not what."""
    names = people.names([*person_ids, ding.sender_id], at=at)
    to: dict[int | None, list[int]] = {}
    officers = _officers(step, {key: names[key].unit_id for key in person_ids}, at=at)
    for person_id in person_ids:
        to.setdefault(officers.get(person_id), []).append(person_id)
    sender = names[ding.sender_id]
    return [
        Reach(
            for_ids=tuple(called),
            to_id=officer,
            key=f"ding:{ding.pk}:{step.value}:{officer}:{called[0]}",
            title=f"DING 未确认：{_listed([names[key].name for key in called])}",
            text=f"{sender.unit_name} {sender.name} 的 DING 尚未确认，请联系上述人员登录查看。",
        )
        for officer, called in to.items()
    ]


def _officers(
    step: DingStep, units_of: dict[int, int | None], *, at: datetime
) -> dict[int, int | None]:
    unit_ids = {unit_id for unit_id in units_of.values() if unit_id is not None}
    if step == DingStep.DUTY:
        on_duty = duty.officers(unit_ids, at=at)
        return {person_id: on_duty.get(unit_id or 0) for person_id, unit_id in units_of.items()}
    return {
        person_id: duty.leader_of(unit_id, but=person_id, at=at)
        for person_id, unit_id in units_of.items()
        if unit_id is not None
    }


def _listed(names: Sequence[str]) -> str:
    shown = "、".join(names[:_NAMED])
    return shown if len(names) <= _NAMED else f"{shown} 等 {len(names)} 人"
