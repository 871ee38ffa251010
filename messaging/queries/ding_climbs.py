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
"""So many deliveries are made by one job: a job is short, and a fault in it stops no others."""
TELLING_OTHERS: Final = (DingStep.DUTY, DingStep.LEADER)
"""Rungs that tell an officer or a leader of those who have not confirmed."""
_NAMED: Final = 5


@dataclass(frozen=True, slots=True)
class Reach:
    """One delivery: for these of the people called, to this one."""

    for_ids: tuple[int, ...]
    to_id: int | None
    """Nobody is on duty, or leads: None. Of an officer who is called himself: he, alone."""
    key: str
    """The same at each repetition: of the person and the rung, whoever confirms meanwhile."""
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


def looked_at(ding_id: int, step: DingStep, *, after: int) -> list[int]:
    """Those still called whom one job of the rung looks at: the next people behind that one.

    A rung that tells others looks at everybody, so each officer hears of all of his people at once.
    """
    rows = DingTarget.objects.filter(ding_id=ding_id, state=DingState.PENDING)
    if step in TELLING_OTHERS:
        return list(rows.order_by("person_id").values_list("person_id", flat=True))
    behind = rows.filter(person_id__gt=after).order_by("person_id")
    return list(behind.values_list("person_id", flat=True)[:AT_ONCE])


def next_part(ding_id: int, step: DingStep, *, after: int, at: datetime) -> Climb:
    """The deliveries of the rung to the next people; those with evidence of it are passed over."""
    ding = Ding.objects.get(pk=ding_id)
    person_ids = looked_at(ding_id, step, after=after)
    proven = DingEvidence.objects.filter(ding_id=ding_id, step=step, person_id__in=person_ids)
    done = set(proven.values_list("person_id", flat=True))
    wanted = [person_id for person_id in person_ids if person_id not in done]
    if step in TELLING_OTHERS:
        reaches = _to_officers(ding, step, wanted, at=at)
        # What this part does is passed over by the next, for its evidence.
        return Climb(reaches[:AT_ONCE], after if len(reaches) > AT_ONCE else None)
    more = person_ids[-1] if len(person_ids) == AT_ONCE else None
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
    """One delivery for each officer; he is told who has not confirmed, and not what.

    An officer who has not confirmed himself is not told of himself.
    """
    names = people.names([*person_ids, ding.sender_id], at=at)
    officers = _officers(step, {key: names[key].unit_id for key in person_ids}, at=at)
    to: dict[tuple[int | None, bool], list[int]] = {}
    for person_id in person_ids:
        officer = officers.get(person_id)
        to.setdefault((officer, officer == person_id), []).append(person_id)
    sender = names[ding.sender_id]
    return [
        Reach(
            for_ids=tuple(called),
            to_id=officer,
            key=f"ding:{ding.pk}:{step.value}:{officer}",
            title=f"DING 未确认：{_listed([names[key].name for key in called])}",
            text=f"{sender.unit_name} {sender.name} 的 DING 尚未确认，请联系上述人员登录查看。",
        )
        for (officer, _), called in to.items()
    ]


def _officers(
    step: DingStep, units_of: dict[int, int | None], *, at: datetime
) -> dict[int, int | None]:
    placed = {key: unit_id for key, unit_id in units_of.items() if unit_id is not None}
    if step == DingStep.DUTY:
        on_duty = duty.officers(set(placed.values()), at=at)
        return {person_id: on_duty.get(unit_id) for person_id, unit_id in placed.items()}
    return duty.leaders(placed, at=at)


def _listed(names: Sequence[str]) -> str:
    shown = "、".join(names[:_NAMED])
    return shown if len(names) <= _NAMED else f"{shown} 等 {len(names)} 人"
