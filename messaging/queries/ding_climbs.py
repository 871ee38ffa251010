"""Whom a rung of a DING reaches next, and what is said to him there."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from django.db import connection
from django.db.models import QuerySet

from messaging.kinds import DingState, DingStep
from messaging.models import Ding, DingEvidence, DingTarget
from messaging.queries import duty
from org.queries import people

AT_ONCE: Final = 100
"""So many deliveries are made by one job: a job is short, and a fault in it stops no others."""
OFFICERS_AT_ONCE: Final = 500
"""The same of notices to officers, which need no network; each such job looks at everybody."""
LOOKED_AT_ONCE: Final = 2000
LANE: Final = 2000
"""So many people of a rung are called one after the other; more of them side by side."""
_LANES: Final = """
SELECT person_id FROM (
    SELECT person_id, row_number() OVER (ORDER BY person_id) AS place
      FROM messaging_dingtarget WHERE ding_id = %(ding)s AND state = 'pending') numbered
 WHERE place %% %(lane)s = 0 ORDER BY person_id"""
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
    """Of a rung that tells others: how many jobs of it there have been."""


def overdue(*, at: datetime) -> list[int]:
    """The DINGs that should have ended by then, and have not."""
    rows = DingTarget.objects.filter(state=DingState.PENDING, ding__closes_at__lte=at)
    return sorted(rows.values_list("ding_id", flat=True).distinct())


def lanes(ding_id: int) -> list[tuple[int, int]]:
    """The parts of those still called: behind which person, up to which (0: all others).

    Empty where they are few enough to be called one after the other.
    """
    with connection.cursor() as cursor:
        cursor.execute(_LANES, {"ding": ding_id, "lane": LANE})
        borders = [row[0] for row in cursor.fetchall()]
    return list(zip([0, *borders], [*borders, 0], strict=True)) if len(borders) > 1 else []


def everybody(ding_id: int) -> Iterator[list[int]]:
    """All those still called, part by part."""
    after = 0
    while part := list(_pending(ding_id, after, 0)[:LOOKED_AT_ONCE]):
        yield part
        after = part[-1]


def looked_at(ding_id: int, *, after: int, until: int, at_once: int) -> list[int]:
    """Those still called whom one job of a rung looks at: the next people behind that one."""
    return list(_pending(ding_id, after, until)[:at_once])


def next_part(ding_id: int, step: DingStep, *, after: int, until: int = 0, at: datetime) -> Climb:
    """The deliveries of the rung to the next people; those with evidence of it are passed over.

    A rung that tells others looks at everybody, so each officer hears of all of his people at once.
    What one job of it has done is passed over by the next, for its evidence.
    """
    ding = Ding.objects.get(pk=ding_id)
    if step in TELLING_OTHERS:
        wanted = _unproven(ding_id, step, list(_pending(ding_id, 0, 0)))
        reaches = _to_officers(ding, step, wanted, at=at)
        more = after + 1 if len(reaches) > OFFICERS_AT_ONCE else None
        return Climb(reaches[:OFFICERS_AT_ONCE], more)
    person_ids = looked_at(ding_id, after=after, until=until, at_once=AT_ONCE)
    wanted = _unproven(ding_id, step, person_ids)
    following = person_ids[-1] if len(person_ids) == AT_ONCE else None
    return Climb(_to_themselves(ding, step, wanted, at=at), following)


def next_passed_over(ding_id: int, step: DingStep, *, after: int, until: int) -> Climb:
    """The next people of a rung that nobody can be reached by: all of them are one delivery."""
    person_ids = looked_at(ding_id, after=after, until=until, at_once=LOOKED_AT_ONCE)
    wanted = tuple(_unproven(ding_id, step, person_ids))
    following = person_ids[-1] if len(person_ids) == LOOKED_AT_ONCE else None
    return Climb([Reach(wanted, None, "", "", "")] if wanted else [], following)


def _pending(ding_id: int, after: int, until: int) -> QuerySet[DingTarget, int]:
    rows = DingTarget.objects.filter(ding_id=ding_id, state=DingState.PENDING, person_id__gt=after)
    if until:
        rows = rows.filter(person_id__lte=until)
    return rows.order_by("person_id").values_list("person_id", flat=True)


def _unproven(ding_id: int, step: DingStep, person_ids: Sequence[int]) -> list[int]:
    proven = DingEvidence.objects.filter(ding_id=ding_id, step=step, person_id__in=person_ids)
    done = set(proven.values_list("person_id", flat=True))
    return [person_id for person_id in person_ids if person_id not in done]


def _to_themselves(
    ding: Ding, step: DingStep, person_ids: Sequence[int], *, at: datetime
) -> list[Reach]:
    """What is said outside of the platform names who calls, never what the message says."""
    name = people.names([ding.sender_id], at=at)[ding.sender_id].name
    return [
        Reach(
            for_ids=(person_id,),
            to_id=person_id,
            key=f"ding:{ding.pk}:{person_id}:{step.value}",
            title=f"{name} 向您发出 DING",
            text=f"{name} 向您发出 DING，请登录平台查看并确认。",
        )
        for person_id in person_ids
    ]


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
