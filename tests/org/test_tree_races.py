"""Several connections write the tree at once; what comes out equals parent_id."""

import random
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from django.db import connection, transaction
from django.utils import timezone

from bench import org_race
from core import actor
from org import errors, tree
from org.kinds import UnitKind
from org.models import Unit
from org.queries import tree as tree_queries
from org.services import moves, units
from tests import factories

WRITERS = 4
OPERATIONS = 75
SERVED = 600
"""Operations of the short race on services; `python -m bench.org_race` runs ten thousand."""

pytestmark = [pytest.mark.live, pytest.mark.django_db(transaction=True)]


def write_at_random(seed: int) -> Counter[str]:
    """Inserts, moves, renames, deletes and now and then renumbers, over one connection."""
    dice = random.Random(seed)  # noqa: S311  # repeatable, not secret
    done: Counter[str] = Counter()
    try:
        for number in range(OPERATIONS):
            ids = list(Unit.objects.order_by("id").values_list("id", flat=True))
            kind = dice.choices(
                ["insert", "move", "rename", "delete", "renumber"], [50, 25, 10, 14, 1]
            )[0]
            try:
                with transaction.atomic():
                    _write(kind, dice, ids, f"{seed}-{number}")
                done[kind] += 1
            except (errors.UnitBelowItself, errors.UnitNotFound, errors.UnitInUse) as refusal:
                done[type(refusal).__name__] += 1
    finally:
        connection.close()
    return done


def _write(kind: str, dice: random.Random, ids: list[int], code: str) -> None:
    if kind == "insert":
        unit = Unit(
            code=code, name=code, kind=UnitKind.VIRTUAL, level=3, valid_from=factories.FOUNDED
        )
        # Few parents, so that writers meet and neighbourhoods fill up.
        tree.insert(unit, parent_id=dice.choice(ids[:8] + ids[-4:]))
    elif kind == "move":
        tree.move(unit_id=dice.choice(ids[1:]), parent_id=dice.choice(ids))
    elif kind == "rename":
        tree.rename(unit_id=dice.choice(ids), name=code, short_name=code)
    elif kind == "delete":
        tree.delete(unit_id=dice.choice(ids[27:] or ids))
    else:
        tree.renumber()


def test_raced_writes_end_equal_to_parent_id() -> None:
    factories.small_province()
    with ThreadPoolExecutor(WRITERS) as pool:
        outcomes = list(pool.map(write_at_random, range(1, WRITERS + 1)))
    total = sum(outcomes, Counter())
    assert sum(total.values()) == WRITERS * OPERATIONS
    assert total["insert"] > 100
    assert total["move"] > 10
    reasons = [
        fault.reason for fault in tree_queries.check().faults if "may not stand" not in fault.reason
    ]
    assert reasons == []
    assert tree_queries.check().units == 27 + total["insert"] - total["delete"]


def serve_at_random(seed: int, county: int) -> tuple[Counter[str], list[str]]:
    """What one process of bench/org_race.py does, over one connection."""
    return org_race.write(seed, SERVED // WRITERS, county)


def test_raced_services_leave_tree_headcounts_and_log_sound() -> None:
    province = factories.small_province()
    county = province.unit("西湖区")
    with ThreadPoolExecutor(WRITERS) as pool:
        outcomes = list(pool.map(serve_at_random, range(1, WRITERS + 1), [county] * WRITERS))
    assert [broken for _, broken in outcomes] == [[]] * WRITERS
    total = sum((done for done, _ in outcomes), Counter[str]())
    assert total.total() == SERVED
    assert all(total[kind] > 10 for kind in org_race.MIX)
    assert org_race.prove() == []


def test_concurrent_roots_get_trees_of_their_own() -> None:
    def plant(number: int) -> int:
        try:
            with transaction.atomic():
                unit = Unit(
                    code=f"R{number}",
                    name=f"R{number}",
                    kind=UnitKind.REGION,
                    level=1,
                    valid_from=factories.FOUNDED,
                )
                return tree.insert(unit, parent_id=None).tree_id
        finally:
            connection.close()

    with ThreadPoolExecutor(WRITERS) as pool:
        trees = list(pool.map(plant, range(12)))
    assert sorted(trees) == list(range(1, 13))
    assert tree_queries.check().faults == ()


@pytest.mark.parametrize("act", ["move", "rename", "abolish"])
def test_a_right_that_ends_while_one_waits_for_the_row_is_gone(act: str) -> None:
    province = factories.small_province()
    unit_id = units.add(
        actor=actor.system("test"),
        parent_id=province.unit("西湖区民政局"),
        name="二科",
        kind=UnitKind.DEPARTMENT,
        now=timezone.now(),
    )
    administrator = province.actor("何管理")  # of 西湖区
    acts: dict[str, Callable[[], object]] = {
        "move": lambda: moves.move(
            actor=administrator,
            unit_id=unit_id,
            parent_id=province.unit("西湖区卫生健康局"),
            now=timezone.now(),
        ),
        "rename": lambda: units.rename(
            actor=administrator, unit_id=unit_id, name="三科", now=timezone.now()
        ),
        "abolish": lambda: units.abolish(actor=administrator, unit_id=unit_id, now=timezone.now()),
    }
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            tree.move(unit_id=unit_id, parent_id=province.unit("上城区民政局"))
            waiting = pool.submit(_closing, acts[act])
            _until_somebody_waits()
        with pytest.raises(errors.OutOfScope):
            waiting.result()
    unit = Unit.objects.get(pk=unit_id)
    assert (unit.parent_id, unit.name) == (province.unit("上城区民政局"), "二科")
    assert unit.valid_to is None


def test_adding_below_a_full_unit_and_moving_something_there_wait_for_each_other_in_one_order() -> (
    None
):
    province = factories.small_province()
    full, moved = province.unit("西湖区民政局/一科"), province.unit("上城区民政局")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE org_unit SET rght = lft + 1 WHERE id = %s", [full])
    add = partial(
        units.add,
        actor=actor.system("test"),
        parent_id=full,
        name="一组",
        kind=UnitKind.DEPARTMENT,
        now=timezone.now(),
    )
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            tree.hold_all(subtrees=[moved])
            waiting = pool.submit(_closing, add)
            _until_somebody_waits()
            tree.move(unit_id=moved, parent_id=full)
        added = waiting.result()
    assert isinstance(added, int)
    assert Unit.objects.get(pk=added).parent_id == full
    assert Unit.objects.get(pk=moved).parent_id == full
    assert [f for f in tree_queries.check().faults if "may not stand" not in f.reason] == []


def _closing(act: Callable[[], object]) -> object:
    try:
        return act()
    finally:
        connection.close()


def _until_somebody_waits() -> None:
    """Another connection to this database waits for a lock."""
    with connection.cursor() as cursor:
        for _ in range(5000):
            cursor.execute(
                "SELECT count(*), pg_sleep(0.002) FROM pg_locks l JOIN pg_stat_activity a"
                " USING (pid) WHERE NOT l.granted AND a.datname = current_database()"
            )
            if cursor.fetchone()[0]:
                return
    raise AssertionError("nobody waits for a lock")


def test_two_moves_into_each_other_make_no_cycle() -> None:
    province = factories.small_province()
    pairs = [("西湖区", "上城区"), ("上城区", "西湖区")]

    def swap(pair: tuple[str, str]) -> str:
        try:
            with transaction.atomic():
                tree.move(unit_id=province.unit(pair[0]), parent_id=province.unit(pair[1]))
        except errors.UnitBelowItself:
            return "refused"
        finally:
            connection.close()
        return "moved"

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(swap, pairs)) == ["moved", "refused"]
    assert [f for f in tree_queries.check().faults if "may not stand" not in f.reason] == []
