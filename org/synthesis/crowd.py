"""Made-up people by the million, as lines of COPY: who they are, where they serve, how found.

Lines hold no character that COPY would have to escape: every word of them is ours.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final

from core import crypto
from org import names
from org.loading import bulk
from org.synthesis import naming
from org.synthesis.naming import PersonName
from org.synthesis.staffing import Rung, Team

POSTS: Final = "id, unit_id, title, function, rank, establishment"
PEOPLE: Final = (
    "id, public_id, name, pinyin, initials, phone_cipher, phone_index, job_level, staff_number,"
    " status, created_at"
)
APPOINTMENTS: Final = (
    'id, person_id, post_id, unit_id, kind, "order", office_phone, valid_from, valid_to'
)
SEARCH: Final = (
    "appointment_id, city_id, county_id, township_id, organ_id, level, name, pinyin, initials,"
    " grams, main, rank"
)
SECOND_EVERY: Final = 9
"""One in so many serves somewhere else too."""

_BATCH: Final = 20_000
# Of ten second posts, so many are of this kind, and this far away at the most, counted in units.
_SECOND_KINDS: Final = (
    *(("concurrent", 40),) * 6,
    *(("secondment", 3_000),) * 3,
    ("temporary_posting", 20_000),
)
_STEP: Final = 10
_JOB_LEVELS: Final = (
    (10, "二级调研员"), (20, "三级调研员"), (50, "四级调研员"), (74, "一级主任科员"),
    (80, "四级主任科员"), (100, "一级科员"),
)  # fmt: skip


@dataclass(slots=True)
class Lines:
    """Rows in COPY's text form, to be written in this order of tables."""

    people: list[str] = field(default_factory=list)
    appointments: list[str] = field(default_factory=list)
    search: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Numbers:
    """The first free ids of each table."""

    post: int
    person: int
    appointment: int


class Crowd:
    """Fills the posts of teams with people, the same ones from the same seed."""

    def __init__(
        self, teams: Sequence[Team], *, seed: int, first: Numbers, founded: datetime, now: datetime
    ) -> None:
        self._teams = teams
        self._dice = random.Random(seed)  # noqa: S311  # repeatable, not secret
        self._naming = naming.Naming(self._dice)
        self._first = first
        self._now = now.isoformat()
        self._since = [(founded + timedelta(days=day)).isoformat() for day in range(730)]
        self._until = [(founded + timedelta(days=day)).isoformat() for day in range(900, 2_500)]
        self._last_posts: list[int] = []
        post = first.post - 1
        for team in teams:
            post += len(team.rungs)
            self._last_posts.append(post)

    def posts(self) -> Iterator[tuple[object, ...]]:
        """Every post of every team, its establishment as large as its holders are many."""
        post_id = self._first.post
        for team in self._teams:
            for rung in team.rungs:
                function = rung.function.value
                unit_id = team.place.unit_id
                yield post_id, unit_id, rung.title, function, rung.rank, rung.seats
                post_id += 1

    def batches(self) -> Iterator[Lines]:
        """People with their appointments and search rows, many at a time."""
        lines = Lines()
        person_id, appointment_id = self._first.person, self._first.appointment
        post_id = self._first.post
        drawn = iter(self._names())
        for at, team in enumerate(self._teams):
            for rung in team.rungs:
                for order in range(1, rung.seats + 1):
                    person = next(drawn)
                    self._person(lines, person_id, person, rung)
                    self._main(lines, appointment_id, person_id, post_id, person, team, rung, order)
                    appointment_id += 1
                    if (person_id - self._first.person) % SECOND_EVERY == SECOND_EVERY - 1:
                        self._second(lines, appointment_id, person_id, person, at)
                        appointment_id += 1
                    person_id += 1
                post_id += 1
            if len(lines.people) >= _BATCH:
                yield lines
                lines = Lines()
        if lines.people:
            yield lines

    def _names(self) -> Iterator[PersonName]:
        while True:
            yield from self._naming.draw(_BATCH)

    def _person(self, lines: Lines, person_id: int, person: PersonName, rung: Rung) -> None:
        serial = person_id - self._first.person
        # 100 is no network's prefix: nobody is called by mistake.
        phone = f"100{serial % 100_000_000:08d}"
        sealed = crypto.encrypt_text(phone).hex()
        index = crypto.blind_index(phone).hex()
        lines.people.append(
            f"{person_id}\t{self._dice.getrandbits(128):032x}\t{person.name}\t{person.pinyin}\t"
            f"{person.initials}\t\\\\x{sealed}\t\\\\x{index}\t{_job_level(rung.rank)}\t\tactive\t"
            f"{self._now}\n"
        )

    def _main(
        self,
        lines: Lines,
        appointment_id: int,
        person_id: int,
        post_id: int,
        person: PersonName,
        team: Team,
        rung: Rung,
        order: int,
    ) -> None:
        since = self._since[self._dice.getrandbits(10) % 730]
        lines.appointments.append(
            f"{appointment_id}\t{person_id}\t{post_id}\t{team.place.unit_id}\tmain\t"
            f"{order * _STEP}\t8{appointment_id % 10_000:04d}\t{since}\t\\N\n"
        )
        lines.search.append(_search(appointment_id, person, team, main="t", rank=rung.rank))

    def _second(
        self, lines: Lines, appointment_id: int, person_id: int, person: PersonName, at: int
    ) -> None:
        """Another post, in another unit: the lowest there is in it."""
        kind, far = _SECOND_KINDS[self._dice.randrange(len(_SECOND_KINDS))]
        there = (at + 1 + self._dice.randrange(far)) % len(self._teams)
        if there == at:
            there = (at + 1) % len(self._teams)
        team = self._teams[there]
        until = "\\N" if kind == "concurrent" else self._until[self._dice.randrange(1_600)]
        lines.appointments.append(
            f"{appointment_id}\t{person_id}\t{self._last_posts[there]}\t{team.place.unit_id}\t"
            f"{kind}\t9990\t\t{self._since[at % 730]}\t{until}\n"
        )
        lines.search.append(
            _search(appointment_id, person, team, main="f", rank=team.rungs[-1].rank)
        )


def _search(appointment_id: int, person: PersonName, team: Team, *, main: str, rank: int) -> str:
    return (
        f"{appointment_id}\t{team.place.anchors}\t{person.name}\t{person.pinyin}\t"
        f"{person.initials}\t{_grams(person.name)}\t{main}\t{rank}\n"
    )


@lru_cache(maxsize=1 << 17)
def _grams(name: str) -> str:
    return bulk.array(names.grams(name))


@lru_cache
def _job_level(rank: int) -> str:
    return next(level for at_most, level in _JOB_LEVELS if rank <= at_most)
