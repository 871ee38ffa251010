"""Thousands of raced tree operations by processes on real services, then the proof.

    python -m bench.org_race --operations 10000 --writers 4

Adds, moves, renames, reorders and abolishes through org.services, and deletes through org.tree
what was entered by mistake, below a few hundred units, so that writers meet. It changes the tree
and the audit log: point DATABASE_URL at a scratch database with a province in it. Exit code 1
where numbers and parent_id, or headcounts and appointments, differ afterwards, or where a writer
met anything but an expected refusal.
"""

import argparse
import multiprocessing
import os
import random
import sys
import time
from collections import Counter
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.db import connection, transaction  # noqa: E402
from django.utils import timezone  # noqa: E402

from core import actor, audit  # noqa: E402
from core.errors import DomainError  # noqa: E402
from org import tree  # noqa: E402
from org.kinds import UnitKind  # noqa: E402
from org.models import Unit  # noqa: E402
from org.queries import headcounts  # noqa: E402
from org.queries import tree as tree_queries  # noqa: E402
from org.services import moves, units  # noqa: E402

# Never forked: children would share the sockets of the connection pool.
PROCESSES = multiprocessing.get_context("spawn")
MIX = {"add": 40, "move": 20, "rename": 12, "reorder": 12, "abolish": 8, "delete": 8}


def rows(sql: str, values: Any = None) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return [row[0] for row in cursor.fetchall()]


def arena(county: int) -> list[int]:
    """Organs of the county and what is below them: where the race is run."""
    return rows(
        "SELECT u.id FROM org_unit r JOIN org_unit u ON u.tree_id = r.tree_id AND u.lft BETWEEN"
        " r.lft AND r.rght WHERE r.id = %s AND u.kind IN ('organ', 'department', 'virtual')"
        " AND u.valid_to IS NULL ORDER BY u.id",
        [county],
    )


def organs(county: int) -> list[int]:
    return rows(
        "SELECT id FROM org_unit WHERE parent_id = %s AND kind = 'organ' ORDER BY id", [county]
    )


class Writer:
    """One process with a person's part of the log to itself."""

    def __init__(self, seed: int, county: int) -> None:
        self.dice = random.Random(seed)
        self.seed, self.county = seed, county
        self.who = actor.Actor(kind=actor.ActorKind.SYSTEM, name=f"writer {seed}", account_id=seed)
        self.places = organs(county)[:12]
        self.mine: list[int] = []

    def step(self, number: int) -> str:
        kind = self.dice.choices(list(MIX), list(MIX.values()))[0]
        try:
            getattr(self, kind)(f"{self.seed}-{number}")
        except DomainError as refusal:
            return refusal.code
        return kind

    def unit(self) -> int:
        """One of its own mostly, anybody's now and then."""
        if self.mine and self.dice.random() < 0.7:
            return self.dice.choice(self.mine)
        return self.dice.choice(arena(self.county))

    def add(self, name: str) -> None:
        parent = self.dice.choice(self.places)
        kind = self.dice.choice([UnitKind.DEPARTMENT, UnitKind.VIRTUAL])
        now = timezone.now()
        made = units.add(actor=self.who, parent_id=parent, name=f"科{name}", kind=kind, now=now)
        self.mine.append(made)

    def move(self, name: str) -> None:
        parent = self.dice.choice(self.places)
        moves.move(actor=self.who, unit_id=self.unit(), parent_id=parent, now=timezone.now())

    def rename(self, name: str) -> None:
        units.rename(actor=self.who, unit_id=self.unit(), name=f"改{name}", now=timezone.now())

    def reorder(self, name: str) -> None:
        unit = self.unit()
        beside = rows(
            "SELECT s.id FROM org_unit u JOIN org_unit s ON s.parent_id = u.parent_id"
            " WHERE u.id = %s AND s.id <> u.id ORDER BY s.id LIMIT 5",
            [unit],
        )
        before = self.dice.choice([*beside, None])
        moves.reorder(actor=self.who, unit_id=unit, before_id=before, now=timezone.now())

    def abolish(self, name: str) -> None:
        if not self.mine:
            return
        unit = self.mine.pop(self.dice.randrange(len(self.mine)))
        units.abolish(actor=self.who, unit_id=unit, now=timezone.now())

    def delete(self, name: str) -> None:
        """A unit that was only just entered, with nothing that refers to it."""
        with transaction.atomic():
            code = f"X{name}-{time.monotonic_ns()}"
            unit = Unit(
                code=code, name=code, kind=UnitKind.VIRTUAL, level=3, valid_from=timezone.now()
            )
            tree.insert(unit, parent_id=self.dice.choice(self.places))
        with transaction.atomic():
            tree.delete(unit_id=unit.pk)


def write(seed: int, operations: int, county: int) -> tuple[Counter[str], list[str]]:
    connection.close()
    writer, done, broken = Writer(seed, county), Counter[str](), []
    for number in range(operations):
        try:
            done[writer.step(number)] += 1
        except Exception as unexpected:  # noqa: BLE001  # whatever it is fails the race
            broken.append(f"{type(unexpected).__name__}: {unexpected}")
    connection.close()
    return done, broken


def prove() -> list[str]:
    """What is wrong with the tree, its headcounts and the log."""
    wrong = [f"unit {fault.unit_id} {fault.reason}" for fault in tree_queries.check().faults]
    wrong += [
        f"unit {fault.unit_id} counts {fault.counted} people instead of {fault.expected}"
        for fault in headcounts.faults(at=timezone.now())
    ]
    return wrong + [f"audit {fault}" for fault in audit.verify().faults]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--writers", type=int, default=4)
    parser.add_argument("--operations", type=int, default=10_000)
    options = parser.parse_args()
    (county,) = rows(
        "SELECT id FROM org_unit WHERE kind = 'region' AND level = 3 ORDER BY lft LIMIT 1"
    )
    share = options.operations // options.writers
    began = time.perf_counter()
    with PROCESSES.Pool(options.writers) as pool:
        jobs = [(seed, share, county) for seed in range(1, options.writers + 1)]
        outcomes = pool.starmap(write, jobs)
    spent = time.perf_counter() - began
    total = sum((done for done, _ in outcomes), Counter[str]())
    broken = [one for _, many in outcomes for one in many]
    print(f"{total.total()} operations by {options.writers} processes in {spent:.0f} s", end="")
    print(f" ({total.total() / spent:.0f}/s): {dict(total.most_common())}")
    for one, times in Counter(broken).most_common(10):
        print(f"unexpected, {times} times: {one}")
    wrong = prove()
    for one in wrong[:20]:
        print(one)
    print(f"differences from parent_id, appointments and the log's chain: {len(wrong)}")
    sys.exit(1 if wrong or broken else 0)


if __name__ == "__main__":
    main()
