"""A loaded province is staffed with made-up people, millions of them, by COPY."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

from django.db import connection

from core import audit, db
from core.actor import Actor, ActorKind
from org import errors, tree
from org.kinds import UnitKind
from org.loading import bulk
from org.models import Person, Unit
from org.queries.directory import ANCHORS, ORGAN_LIKE
from org.services.divisions import FOUNDED
from org.synthesis import crowd, staffing
from org.synthesis.staffing import Place, Team
from org.writing import headcounts

TABLES: Final = ("org_post", "org_person", "org_appointment", "org_appointmentsearch")
_PLACES: Final = """
SELECT id, parent_id, kind, level, name FROM org_unit
 WHERE valid_to IS NULL ORDER BY tree_id, lft"""


@dataclass(frozen=True, slots=True)
class Seeded:
    """How much stands in the tables now."""

    people: int
    appointments: int
    posts: int


class _Above(NamedTuple):
    """The regions by level, and the nearest organ, at or above a unit: ids in COPY's text form."""

    anchors: Mapping[int, str]
    organ: str


_NOWHERE: Final = _Above(dict.fromkeys(ANCHORS, "\\N"), "\\N")


@db.service
def staff(
    *, actor: Actor, people: int, seed: int, now: datetime, progress: bulk.Progress
) -> Seeded:
    """The units have posts and people, one in nine with a second post; the same for the same seed.

    PeopleNotEmpty where anybody is there already, TreeEmpty without units to staff. Search rows,
    headcounts, every index and every constraint are in place afterwards. Holds the tables of
    people and the tree alone meanwhile.
    """
    if actor.kind is not ActorKind.SYSTEM:
        raise errors.OutOfScope
    tree.lock_alone()
    if Person.objects.exists():
        raise errors.PeopleNotEmpty
    if not Unit.objects.exists():
        raise errors.TreeEmpty
    teams = list(staffing.teams(_places(), people=people))
    if not teams and people:
        raise errors.TreeEmpty
    with bulk.indexes_off(TABLES, stage="indexes", progress=progress):
        seeded = _write(teams, people, seed, now=now, progress=progress)
    progress("headcounts", 0, 1)
    headcounts.rebuild(now=now)
    bulk.analyse((*TABLES, "org_headcount"))
    progress("headcounts", 1, 1)
    audit.record(
        actor=actor,
        action="org.people.seeded",
        object_kind="org.person",
        object_id="all",
        now=now,
        detail={"people": seeded.people, "appointments": seeded.appointments, "seed": seed},
    )
    return seeded


def _places() -> list[Place]:
    """The units in the order of the tree, each below its parents."""
    above: dict[int, _Above] = {}
    places = []
    with connection.cursor() as cursor:
        cursor.execute(_PLACES)
        for unit_id, parent_id, kind, level, name in cursor:
            here = _below(above.get(parent_id, _NOWHERE), unit_id, kind, level)
            if kind != UnitKind.GROUP:
                above[unit_id] = here
            columns = "\t".join((*here.anchors.values(), here.organ, str(level)))
            places.append(Place(unit_id, kind, level, name, columns))
    return places


def _below(above: _Above, unit_id: int, kind: str, level: int) -> _Above:
    if kind == UnitKind.REGION and level in ANCHORS:
        return _Above({**above.anchors, level: str(unit_id)}, str(unit_id))
    return _Above(above.anchors, str(unit_id)) if kind in ORGAN_LIKE else above


def _write(
    teams: Sequence[Team], people: int, seed: int, *, now: datetime, progress: bulk.Progress
) -> Seeded:
    posts = sum(len(team.rungs) for team in teams)
    appointments = people + people // crowd.SECOND_EVERY
    first = crowd.Numbers(
        post=bulk.reserve("org_post", posts),
        person=bulk.reserve("org_person", people),
        appointment=bulk.reserve("org_appointment", appointments),
    )
    made = crowd.Crowd(teams, seed=seed, first=first, founded=FOUNDED, now=now)
    bulk.copy("org_post", crowd.POSTS, made.posts(), posts, "posts", progress)
    done = 0
    progress("people", 0, people)
    with bulk.writing_behind() as write:
        for lines in made.batches():
            write("org_person", crowd.PEOPLE, lines.people)
            write("org_appointment", crowd.APPOINTMENTS, lines.appointments)
            write("org_appointmentsearch", crowd.SEARCH, lines.search)
            done += len(lines.people)
            progress("people", done, people)
    return Seeded(people=people, appointments=appointments, posts=posts)
