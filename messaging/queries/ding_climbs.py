"""Whom a rung of a DING reaches next, and what is said to him there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
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
_NOBODY: Final = duty.Asked(None, {})


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
    notes: Mapping[int, str] = field(default_factory=dict)
    """Of whom the evidence says more: who would have been told instead, and could not be."""


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

    A rung that tells others looks at everybody, so each officer hears of all of his people at once;
    so does the first, which has delivered to all of them with the opening.
    """
    rows = DingTarget.objects.filter(ding_id=ding_id, state=DingState.PENDING)
    if step in (DingStep.APP, *TELLING_OTHERS):
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

    An officer who has not confirmed himself is not told of himself. Whoever cannot sign in is
    passed over for the next in line.
    """
    names = people.names([*person_ids, ding.sender_id], at=at)
    asked = _asked(step, {key: names[key].unit_id for key in person_ids}, at=at)
    unable = people.names({one for who in asked.values() for one in who.unable}, at=at)
    to: dict[tuple[int | None, bool], list[int]] = {}
    notes: dict[int, str] = {}
    for person_id in person_ids:
        who = asked.get(person_id, _NOBODY)
        # Evidence that nobody is there is another one than that nobody there can be reached.
        apart = who.person_id == person_id or (who.person_id is None and bool(who.unable))
        to.setdefault((who.person_id, apart), []).append(person_id)
        passed_over = [f"{unable[key].name}{said}" for key, said in who.unable.items()]
        notes[person_id] = "；".join(passed_over)
    sender = names[ding.sender_id]
    return [
        Reach(
            for_ids=tuple(called),
            to_id=officer,
            key=f"ding:{ding.pk}:{step.value}:{officer}",
            title=f"DING 未确认：{_listed([names[key].name for key in called])}",
            text=f"{sender.unit_name} {sender.name} 的 DING 尚未确认，请联系上述人员登录查看。",
            notes={key: notes[key] for key in called if notes[key]},
        )
        for (officer, _), called in to.items()
    ]


def _asked(
    step: DingStep, units_of: Mapping[int, int | None], *, at: datetime
) -> dict[int, duty.Asked]:
    placed = {key: unit_id for key, unit_id in units_of.items() if unit_id is not None}
    if step == DingStep.DUTY:
        on_duty = duty.officers(set(placed.values()), at=at)
        return {person_id: on_duty[unit_id] for person_id, unit_id in placed.items()}
    return duty.leaders(placed, at=at)


def _listed(names: Sequence[str]) -> str:
    shown = "、".join(names[:_NAMED])
    return shown if len(names) <= _NAMED else f"{shown} 等 {len(names)} 人"
