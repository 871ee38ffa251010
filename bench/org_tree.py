"""Tree writes of org against stock django-mptt, in one run on one database.

It changes the tree: point DATABASE_URL at a scratch database, then

    manage.py migrate && manage.py load_divisions org/data/divisions-zhejiang.csv.gz
    python -m bench.org_tree --writers 4 --operations 2000

Prints milliseconds (median), rows per operation where they are known, and the ratio stock / ours;
then races the writers and checks the tree against parent_id.
"""

import argparse
import os
import random
import statistics
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.db import connection, models, transaction  # noqa: E402
from django.utils import timezone  # noqa: E402
from mptt.models import MPTTModel  # noqa: E402

from org import errors, tree  # noqa: E402
from org.kinds import UnitKind  # noqa: E402
from org.models import Unit  # noqa: E402
from org.queries import tree as tree_queries  # noqa: E402


class Stock(MPTTModel):
    """The same tree under django-mptt as it comes."""

    parent = models.ForeignKey("self", models.CASCADE, null=True, related_name="children")
    name = models.CharField(max_length=120)

    class Meta:
        app_label = "bench"


def fill_stock() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS bench_stock")
    with connection.schema_editor() as editor:
        editor.create_model(Stock)
    with connection.cursor() as cursor:
        # Gapless numbers in the order of ours: the rank of each edge of each range.
        cursor.execute(
            """
            INSERT INTO bench_stock (id, parent_id, name, lft, rght, tree_id, level)
            SELECT u.id, u.parent_id, u.name,
                   max(e.rank) FILTER (WHERE e.at = u.lft),
                   max(e.rank) FILTER (WHERE e.at = u.rght), u.tree_id, u.depth
              FROM org_unit u JOIN (
                SELECT id, at, row_number() OVER (PARTITION BY tree_id ORDER BY at) AS rank
                  FROM (SELECT id, tree_id, lft AS at FROM org_unit
                        UNION ALL SELECT id, tree_id, rght FROM org_unit) b) e ON e.id = u.id
             GROUP BY u.id"""
        )
        cursor.execute(
            "SELECT setval(pg_get_serial_sequence('bench_stock', 'id'), max(id)) FROM bench_stock"
        )
        cursor.execute("ANALYZE bench_stock")


def timed(label: str, ours: Callable[[], None], stock: Callable[[], None], dice_runs: int) -> None:
    """Medians of both; everything is rolled back."""
    mine = statistics.median(_runs(ours, dice_runs * 10))
    theirs = statistics.median(_runs(stock, dice_runs))
    print(f"{label:<28} ours {mine:9.2f} ms   stock {theirs:9.1f} ms   {theirs / mine:7.0f} ×")


def _runs(act: Callable[[], None], count: int) -> Iterator[float]:
    for _ in range(count):
        with transaction.atomic():
            began = time.perf_counter()
            act()
            yield (time.perf_counter() - began) * 1000
            transaction.set_rollback(True)


def new_unit(code: str) -> Unit:
    return Unit(
        code=code, name=code, kind=UnitKind.VIRTUAL, level=5, valid_from=timezone.now(), sort=0
    )


def compare(dice: random.Random, runs: int) -> None:
    def ids(level: int) -> list[int]:
        return list(
            Unit.objects.filter(kind=UnitKind.REGION, level=level)
            .order_by("id")
            .values_list("id", flat=True)
        )

    villages, townships, counties, cities = ids(5), ids(4), ids(3), ids(2)
    unused = iter(range(10**9))

    def pair(below: list[int], above: list[int]) -> tuple[int, int]:
        return dice.choice(below), dice.choice(above)

    timed(
        "add a leaf",
        lambda: tree.insert(new_unit(f"B{next(unused)}"), parent_id=dice.choice(villages)) and None,
        lambda: Stock(name="B", parent=Stock.objects.get(pk=dice.choice(villages))).save(),
        runs,
    )
    for label, below, above in (
        ("move a village", villages, townships),
        ("move a county", counties, cities),
    ):

        def ours(below: list[int] = below, above: list[int] = above) -> None:
            unit, parent = pair(below, above)
            tree.move(unit_id=unit, parent_id=parent)

        def stock(below: list[int] = below, above: list[int] = above) -> None:
            unit, parent = pair(below, above)
            Stock.objects.get(pk=unit).move_to(Stock.objects.get(pk=parent), "last-child")

        timed(label, ours, stock, runs)


def race(writers: int, operations: int) -> None:
    """Committed inserts and village moves over several connections, then the proof."""
    villages = list(Unit.objects.filter(level=5, kind="region").values_list("id", flat=True))
    townships = list(Unit.objects.filter(level=4, kind="region").values_list("id", flat=True))

    def write(seed: int) -> int:
        dice, done = random.Random(seed), 0
        try:
            for number in range(operations // writers):
                try:
                    with transaction.atomic():
                        if dice.random() < 0.8:
                            code = f"R{seed}-{number}-{time.monotonic_ns()}"
                            tree.insert(new_unit(code), parent_id=dice.choice(villages))
                        else:
                            tree.move(
                                unit_id=dice.choice(villages), parent_id=dice.choice(townships)
                            )
                    done += 1
                except errors.UnitBelowItself:
                    continue
        finally:
            connection.close()
        return done

    began = time.perf_counter()
    with ThreadPoolExecutor(writers) as pool:
        done = sum(pool.map(write, range(writers)))
    rate = done / (time.perf_counter() - began)
    began = time.perf_counter()
    wrong = [f for f in tree_queries.check().faults if "may not stand" not in f.reason]
    print(
        f"{writers} writers: {done} operations, {rate:.0f}/s; differences from parent_id:"
        f" {len(wrong)} (checked in {time.perf_counter() - began:.1f} s)"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--writers", type=int, default=4)
    parser.add_argument("--operations", type=int, default=2000)
    parser.add_argument("--runs", type=int, default=5, help="stock runs; ours runs ten times more")
    options = parser.parse_args()
    print(f"{Unit.objects.count()} units")
    fill_stock()
    compare(random.Random(1), options.runs)
    race(options.writers, options.operations)
    began = time.perf_counter()
    with transaction.atomic():
        changed = tree.renumber()
    print(f"renumber: {changed} rows in {time.perf_counter() - began:.1f} s")
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE bench_stock")


if __name__ == "__main__":
    main()
