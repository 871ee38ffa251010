"""When a DING climbs which rung: the ladder, working hours and holidays of the settings."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

from django.conf import settings
from django.utils import timezone

from messaging.kinds import DingLevel, DingStep

_SATURDAY: Final = 5


@dataclass(frozen=True, slots=True)
class Rung:
    """One rung and when it is due."""

    step: DingStep
    due_at: datetime


def plan(level: DingLevel, *, at: datetime) -> tuple[Rung, ...]:
    """The rungs of a DING opened at that instant, in order of time; the last one is its end."""
    working = is_working_time(at)
    minutes = settings.DING_LADDER if working else settings.DING_LADDER_OFF_HOURS
    levels = settings.DING_LEVELS if working else settings.DING_LEVELS_OFF_HOURS
    steps = [DingStep.APP, *(DingStep(name) for name in levels[level.value]), DingStep.END]
    return tuple(
        sorted(
            (Rung(step, at + timedelta(minutes=_minutes(minutes, step))) for step in set(steps)),
            key=lambda rung: (rung.due_at, list(DingStep).index(rung.step)),
        )
    )


def is_working_time(at: datetime) -> bool:
    """Whether offices are open then."""
    local = timezone.localtime(at)
    return _is_working_day(local.date()) and any(
        begins <= local.time() < ends for begins, ends in _hours()
    )


def day_of(at: datetime) -> date:
    """The day of the offices' calendar."""
    return timezone.localtime(at).date()


def _minutes(minutes: Mapping[str, int], step: DingStep) -> int:
    return 0 if step == DingStep.APP else minutes[step.value]


def _is_working_day(day: date) -> bool:
    said = day.isoformat()
    if said in settings.DING_WORKDAYS:
        return True
    return day.weekday() < _SATURDAY and said not in settings.DING_HOLIDAYS


def _hours() -> list[tuple[time, time]]:
    return [
        (time.fromisoformat(begins), time.fromisoformat(ends))
        for begins, ends in settings.DING_WORKING_HOURS
    ]
