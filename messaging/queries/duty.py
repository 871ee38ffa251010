"""Who is on duty for a unit, and who leads it."""

import itertools
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from core import paging
from core.actor import Actor
from core.paging import Page
from messaging import policies
from messaging.models import DutyShift
from messaging.queries import ding_reach
from org.queries import appointments, people, units

_BY_BEGIN: Final = paging.Cursors("messaging.duty", tuple[datetime, int])
_KEPT_IN_SIGHT: Final = timedelta(days=7)
_LEVELS: Final = 20
"""As far up as the tree goes."""


@dataclass(frozen=True, slots=True)
class Shift:
    """Somebody's time on duty for a unit."""

    id: int
    unit_id: int
    person_id: int
    person_name: str
    place: str
    title: str
    begins_at: datetime
    ends_at: datetime
    is_now: bool
    unable: str
    """Why a DING could not tell him now; empty where it can, and of what is over."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Who is told; nobody where the line is empty, or nobody in it can sign in."""

    person_id: int | None
    unable: Mapping[int, str]
    """Those before him in the line who cannot, and why."""


def roster(
    *, actor: Actor, unit_id: int, cursor: str | None, limit: int, at: datetime
) -> Page[Shift]:
    """The unit's shifts from a week ago on, the earliest first, for who administers its people."""
    policies.require_roster(actor, unit_id, at=at)
    rows = DutyShift.objects.filter(unit_id=unit_id, ends_at__gt=at - _KEPT_IN_SIGHT)
    position = _BY_BEGIN.decode(cursor)
    if position is not None:
        begun, last_id = position
        rows = rows.filter(begins_at__gte=begun).exclude(begins_at=begun, pk__lte=last_id)
    found = list(rows.order_by("begins_at", "pk")[: limit + 1])
    shown = found[:limit]
    names = people.names({row.person_id for row in shown}, at=at)
    lost = ding_reach.without_account({row.person_id for row in shown if row.ends_at > at})
    items = [_shift(row, names[row.person_id], lost.get(row.person_id, ""), at=at) for row in shown]
    last = shown[-1] if len(found) > limit else None
    return Page(items, _BY_BEGIN.encode((last.begins_at, last.pk)) if last else None)


def officers(unit_ids: Collection[int], *, at: datetime) -> dict[int, Asked]:
    """Who is on duty for each unit: its own officer, else that of the nearest unit above.

    Of several on duty for a unit whoever began last comes first.
    """
    above = units.paths(unit_ids)
    every = {unit.id for path in above.values() for unit in path}
    rows = DutyShift.objects.filter(unit_id__in=every, begins_at__lte=at, ends_at__gt=at)
    on_duty: dict[int, list[int]] = {}
    for row in rows.order_by("-begins_at", "-pk"):
        on_duty.setdefault(row.unit_id, []).append(row.person_id)
    in_line = {
        unit_id: [person for unit in reversed(path) for person in on_duty.get(unit.id, ())]
        for unit_id, path in above.items()
    }
    return _asked(in_line)


def leaders(units_of: Mapping[int, int], *, at: datetime) -> dict[int, Asked]:
    """Who leads each person, by his unit: its head by rank; for the head, the next one above."""
    heads = appointments.heads_above_many(set(units_of.values()), _LEVELS, at=at)
    return _asked(
        {
            person_id: [head for head in heads[unit_id] if head != person_id]
            for person_id, unit_id in units_of.items()
        }
    )


def _asked(in_line: Mapping[int, Sequence[int]]) -> dict[int, Asked]:
    """The first of each line who can sign in; one look at all accounts."""
    lost = ding_reach.without_account({person for line in in_line.values() for person in line})
    found: dict[int, Asked] = {}
    for key, line in in_line.items():
        unable = tuple(dict.fromkeys(itertools.takewhile(lambda one: one in lost, line)))
        able = next((person for person in line if person not in lost), None)
        found[key] = Asked(able, {person: lost[person] for person in unable})
    return found


def _shift(row: DutyShift, person: people.PersonName, unable: str, *, at: datetime) -> Shift:
    return Shift(
        id=row.pk,
        unit_id=row.unit_id,
        person_id=row.person_id,
        person_name=person.name,
        place=person.unit_name,
        title=person.title,
        begins_at=row.begins_at,
        ends_at=row.ends_at,
        is_now=row.begins_at <= at < row.ends_at,
        unable=unable if row.ends_at > at else "",
    )
