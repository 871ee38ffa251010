"""The unit tree of a province against its peers: one run, one database, one table.

It changes the tree and makes tables of its own: point DATABASE_URL at a scratch database with a
province in it, then bin/bench-org (docs/operations/scale.md).
"""

import argparse
import itertools
import multiprocessing
import os
import random
import statistics
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.db import connection, transaction  # noqa: E402
from django.utils import timezone  # noqa: E402

from bench import org_peers as peers  # noqa: E402
from core import actor  # noqa: E402
from org import errors  # noqa: E402
from org.kinds import UnitKind  # noqa: E402
from org.queries import tree as tree_queries  # noqa: E402
from org.services import moves, units  # noqa: E402

try:
    from bench import org_treebeard
except ModuleNotFoundError:
    org_treebeard = None  # type: ignore[assignment]  # the product's environment has no peers

# Never forked: children would share the sockets of the connection pool.
PROCESSES = multiprocessing.get_context("spawn")
TOUCHED = "SELECT coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0) FROM pg_stat_xact_user_tables"
SLOW = ("django-mptt", "treebeard NS")


@dataclass(frozen=True)
class Places:
    """Units to read and to write, by what they are."""

    villages: list[int]
    townships: list[int]
    counties: list[int]
    cities: list[int]


@dataclass(frozen=True)
class Figure:
    """Milliseconds over several runs, and rows written in the last one."""

    median: float
    p95: float
    touched: int = 0


def measure(act: Callable[[], object], runs: int) -> Figure:
    """Everything is rolled back."""
    took, touched = [], 0
    for _ in range(runs):
        with transaction.atomic():
            # The counters run on over transactions that are rolled back.
            before = peers.rows(TOUCHED)[0][0]
            began = time.perf_counter()
            act()
            took.append((time.perf_counter() - began) * 1000)
            touched = peers.rows(TOUCHED)[0][0] - before
            transaction.set_rollback(True)
    took.sort()
    return Figure(statistics.median(took), took[int(len(took) * 0.95)], touched)


def compare(peer: peers.Peer, places: Places, runs: int) -> dict[str, Figure]:
    dice = random.Random(1)
    numbers = unused(9)
    few = 3 if peer.name in SLOW else runs

    def move(below: list[int], above: list[int]) -> None:
        peer.move(dice.choice(below), dice.choice(above))

    late = places.villages[-len(places.villages) // 10 :]
    return {
        "add a leaf": measure(lambda: peer.add(dice.choice(places.villages), next(numbers)), few),
        "move a village": measure(lambda: move(places.villages, places.townships), few),
        "move a county": measure(
            lambda: move(places.counties, places.cities), min(few, max(3, runs // 5))
        ),
        "subtree of a county": measure(lambda: peer.subtree(dice.choice(places.counties)), runs),
        "subtree of a city": measure(lambda: peer.subtree(dice.choice(places.cities)), runs),
        "ancestors of a village": measure(lambda: peer.ancestors(dice.choice(late)), runs),
    }


def unused(seed: int) -> Iterator[int]:
    """Ids and codes of no unit, of this run or another."""
    return itertools.count(int(time.time()) * 10**8 + seed * 10**7)


def write(kind: str, seed: int, seconds: float, places: Places) -> tuple[float, list[float]]:
    """One process: four leaves, then a village moves, and so on, all committed."""
    (peer,) = [one for one in all_peers() if one.name == kind]
    dice, took = random.Random(seed), []
    numbers = unused(seed)
    started = time.perf_counter()
    while (began := time.perf_counter()) < started + seconds:
        if len(took) % 5 < 4:
            peer.add(dice.choice(places.villages), next(numbers))
        else:
            peer.move(dice.choice(places.villages), dice.choice(places.townships))
        took.append((time.perf_counter() - began) * 1000)
    return len(took) / (time.perf_counter() - started), took


def race(kind: str, places: Places, writers: int, seconds: float) -> tuple[float, float]:
    """Operations a second of all writers together, and the p95 of one in milliseconds."""
    with PROCESSES.Pool(writers) as pool:
        done = pool.starmap(write, [(kind, seed, seconds, places) for seed in range(writers)])
    took = sorted(one for _, many in done for one in many)
    return sum(rate for rate, _ in done), took[int(len(took) * 0.95)]


def serve(seed: int, seconds: float, places: Places) -> list[float]:
    """One process adds units through the service: rights, lock, history, audit, commit."""
    connection.close()
    dice, took = random.Random(seed), []
    who = actor.Actor(kind=actor.ActorKind.SYSTEM, name=f"bench {seed}", account_id=seed)
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        began = time.perf_counter()
        units.add(
            actor=who,
            parent_id=dice.choice(places.townships),
            name=f"压测{uuid.uuid4().hex[:12]}",
            kind=UnitKind.VIRTUAL,
            now=timezone.now(),
        )
        took.append((time.perf_counter() - began) * 1000)
    connection.close()
    return took


def measure_moves(places: Places, runs: int) -> Figure:
    """Villages move through the service: locks, search rows, headcounts, history, audit, commit."""
    dice = random.Random(2)
    who = actor.Actor(kind=actor.ActorKind.SYSTEM, name="bench", account_id=0)
    took = []
    for _ in range(runs):
        village, township = dice.choice(places.villages), dice.choice(places.townships)
        began = time.perf_counter()
        try:
            moves.move(actor=who, unit_id=village, parent_id=township, now=timezone.now())
        except errors.UnitStandsThere:
            continue
        took.append((time.perf_counter() - began) * 1000)
    return Figure(statistics.median(took), sorted(took)[int(len(took) * 0.95)])


def _over(is_missed: bool) -> str:
    return "over" if is_missed else ""


def all_peers() -> list[peers.Peer]:
    more = [org_treebeard.MaterialisedPath, org_treebeard.NestedSets] if org_treebeard else []
    return [make() for make in [*peers.PEERS, *more]]


def regions() -> Places:
    def ids(level: int) -> list[int]:
        found = peers.rows(
            "SELECT id FROM org_unit WHERE kind = 'region' AND level = %s ORDER BY lft", [level]
        )
        return [row[0] for row in found]

    return Places(ids(5), ids(4), ids(3), ids(2))


TARGETS = {
    "add a leaf": "≥ 500 × mptt, ≤ 2 × ltree",
    "move a village": "≤ 2 × ltree",
    "move a county": "≤ 300 ms, ≤ 2 × ltree",
    "subtree of a county": "≤ 2 ms, ≤ 2.5 × closure",
    "subtree of a city": "≤ 2.5 × closure",
    "ancestors of a village": "≤ 1 ms, ≤ 2.5 × closure",
}


def print_table(found: dict[str, dict[str, Figure]], raced: dict[str, tuple[float, float]]) -> None:
    names = list(found)
    print(f"| operation, ms median (rows) | {' | '.join(names)} | target |")
    print("|---" * (len(names) + 2) + "|")
    for operation, target in TARGETS.items():
        ours = found["ours"][operation].median
        cells = []
        for name in names:
            figure = found[name][operation]
            rows = f" ({figure.touched:,})" if figure.touched > 0 else ""
            ratio = "" if name == "ours" else f" · {figure.median / ours:.2g} ×"
            cells.append(f"{figure.median:,.2f}{rows}{ratio}")
        print(f"| {operation} | {' | '.join(cells)} | {target} |")
    cells = [f"{rate:,.1f}/s, p95 {p95:,.0f} ms" for rate, p95 in (raced[name] for name in names)]
    print(f"| 4 writers, 4 leaves to 1 move | {' | '.join(cells)} | ≥ 200/s |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--writers", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=5, help="how long the writers race")
    parser.add_argument("--runs", type=int, default=40, help="runs of each quick operation")
    options = parser.parse_args()
    places = regions()
    print(f"{peers.rows('SELECT count(*) FROM org_unit')[0][0]:,} units\n")
    found, raced = {}, {}
    for peer in all_peers():
        peer.fill()
        found[peer.name] = compare(peer, places, options.runs)
        raced[peer.name] = race(peer.name, places, options.writers, options.seconds)
    print_table(found, raced)
    connection.close()
    jobs = [(seed, options.seconds, places) for seed in range(options.writers)]
    with PROCESSES.Pool(options.writers) as pool:
        took = sorted(one for many in pool.starmap(serve, jobs) for one in many)
    p95 = took[int(len(took) * 0.95)]
    rate = len(took) / options.seconds
    print("\n| through the whole service | measured | target | |\n|---|---|---|---|")
    print(
        f"| units.add by {options.writers} writers | {rate:.0f}/s, median"
        f" {statistics.median(took):.1f} ms, p95 {p95:.1f} ms | ≥ 200/s, ≤ 20 ms"
        f" | {_over(rate < 200 or p95 > 20)} |"
    )
    moving = measure_moves(places, options.runs)
    print(
        f"| moves.move of a village | median {moving.median:.1f} ms, p95 {moving.p95:.1f} ms"
        f" | ≤ 20 ms | {_over(moving.p95 > 20)} |\n"
    )
    began = time.perf_counter()
    wrong = tree_queries.check().faults
    print(f"differences from parent_id afterwards: {len(wrong)}", end="")
    print(f" (checked in {time.perf_counter() - began:.1f} s)")
    for peer in all_peers()[1:]:
        peers.run(f"DROP TABLE {peer.table}")
    peers.run("DROP TABLE bench_node")


if __name__ == "__main__":
    main()
