"""Gapped writes keep the numbers equal to what parent_id says."""

import pytest
from django.db import transaction

from org import errors, layout, tree
from org.kinds import UnitKind
from org.models import Unit
from org.queries import tree as tree_queries
from tests import factories

pytestmark = pytest.mark.django_db


def structure() -> list[tuple[object, ...]]:
    return list(
        Unit.objects.order_by("id").values_list(
            "id", "parent_id", "tree_id", "lft", "rght", "depth"
        )
    )


def new_unit(code: str, kind: UnitKind = UnitKind.DEPARTMENT, level: int = 3) -> Unit:
    return Unit(code=code, name=code, kind=kind, level=level, valid_from=factories.FOUNDED, sort=0)


def below(unit_id: int) -> set[str]:
    return {unit.name for unit in Unit.objects.get(pk=unit_id).get_descendants()}


def test_insert_writes_one_row_and_leaves_every_other_alone() -> None:
    province = factories.small_province()
    before = structure()
    unit = tree.insert(new_unit("二科"), parent_id=province.unit("西湖区民政局"))
    assert [row for row in structure() if row[0] != unit.pk] == before
    assert below(province.unit("西湖区民政局")) == {"办公室", "一科", "二科"}
    assert tree_queries.check().faults == ()


def test_three_hundred_inserts_below_a_leaf_widen_it_and_stay_sound() -> None:
    province = factories.small_province()
    office = province.unit("西湖区民政局/办公室")
    with transaction.atomic():
        for number in range(300):
            tree.insert(new_unit(f"D{number}"), parent_id=office)
    report = tree_queries.check()
    assert [fault.reason for fault in report.faults] == []
    assert Unit.objects.get(pk=office).get_descendant_count() == 300


def test_a_chain_of_thirty_units_widens_up_to_the_root() -> None:
    parent_id = factories.small_province().unit("西湖区民政局")
    for number in range(30):
        parent_id = tree.insert(new_unit(f"C{number}", UnitKind.VIRTUAL), parent_id=parent_id).pk
    assert tree_queries.check().faults == ()


def test_move_renumbers_only_what_moves() -> None:
    province = factories.small_province()
    tree.renumber()
    before = {row[0]: row for row in structure()}
    organ = province.unit("西湖区民政局")
    moved = tree.move(unit_id=organ, parent_id=province.unit("海曙区"))
    changed = {row[0] for row in structure() if row != before[row[0]]}
    offices = {province.unit("西湖区民政局/办公室"), province.unit("西湖区民政局/一科")}
    assert moved.units == 3
    assert changed == {organ} | offices
    assert "西湖区民政局" in below(province.unit("宁波市"))
    assert "西湖区民政局" not in below(province.unit("杭州市"))
    assert tree_queries.check().faults == ()


def test_moving_a_whole_district_widens_a_city_that_is_too_narrow() -> None:
    province = factories.small_province()
    moved = tree.move(unit_id=province.unit("西湖区"), parent_id=province.unit("宁波市"))
    assert (moved.units, moved.old_parent_id) == (10, province.unit("杭州市"))
    assert below(province.unit("宁波市")) >= {"西湖区", "海曙区", "西湖区民政局", "海曙区民政局"}
    assert below(province.unit("杭州市")) == {
        "上城区", "上城区民政局", "杭州市民政局", "办公室", "业务科",
    }  # fmt: skip
    assert tree_queries.check().faults == ()


def test_a_unit_cannot_move_below_itself_or_its_own_parts() -> None:
    province = factories.small_province()
    before = structure()
    for target in ("西湖区", "西湖区民政局", "西湖区民政局/一科"):
        with pytest.raises(errors.UnitBelowItself), transaction.atomic():
            tree.move(unit_id=province.unit("西湖区"), parent_id=province.unit(target))
    assert structure() == before


def test_rename_touches_names_only() -> None:
    province = factories.small_province()
    before = structure()
    tree.rename(
        unit_id=province.unit("西湖区民政局"), name="西湖区民政和社会工作局", short_name="民社局"
    )
    assert structure() == before
    unit = Unit.objects.get(pk=province.unit("西湖区民政局"))
    assert (unit.name, unit.short_name) == ("西湖区民政和社会工作局", "民社局")
    assert unit.name_grams is not None
    assert "社会" in unit.name_grams


def test_delete_removes_an_empty_unit_and_refuses_one_in_use() -> None:
    province = factories.small_province()
    unit = tree.insert(new_unit("二科"), parent_id=province.unit("西湖区民政局"))
    with_unit = structure()
    with pytest.raises(errors.UnitInUse), transaction.atomic():
        tree.delete(unit_id=province.unit("西湖区民政局"))  # has departments
    with pytest.raises(errors.UnitInUse), transaction.atomic():
        tree.delete(unit_id=province.unit("西湖区民政局/一科"))  # has people
    assert structure() == with_unit
    tree.delete(unit_id=unit.pk)
    assert structure() == [row for row in with_unit if row[0] != unit.pk]


def test_check_names_every_kind_of_fault_and_repair_mends_the_numbers() -> None:
    province = factories.small_province()
    xihu, shangcheng = province.unit("西湖区"), province.unit("上城区")
    # Past every guard, as a hand-written UPDATE would be.
    factories.force_unit(shangcheng, f"lft = (SELECT lft FROM org_unit WHERE id = {xihu})")
    factories.force_unit(province.unit("海曙区"), "depth = 9")
    factories.force_unit(province.unit("海曙区民政局"), "tree_id = 7")
    reasons = {fault.reason for fault in tree_queries.check().faults}
    assert reasons == {
        "its range overlaps a sibling's",
        "its depth is not one more than its parent's",
        "stands in another tree than its parent",
    }
    assert tree.renumber() > 0
    assert tree_queries.check().faults == ()


def test_check_names_a_kind_that_may_not_stand_where_it_stands() -> None:
    province = factories.small_province()
    tree.insert(new_unit("局", UnitKind.ORGAN), parent_id=province.unit("西湖区民政局/一科"))
    (fault,) = tree_queries.check().faults
    assert fault.reason == (
        "a organ of level 3 may not stand below a department of level 3 (1 such)"
    )


def test_renumber_refuses_a_cycle_and_names_its_units() -> None:
    province = factories.small_province()
    organ, office = province.unit("西湖区民政局"), province.unit("西湖区民政局/办公室")
    factories.force_unit(organ, f"parent_id = {office}")
    with pytest.raises(tree.TreeHasCycle) as refusal, transaction.atomic():
        tree.renumber()
    assert {organ, office} <= set(refusal.value.args[0])


def test_renumber_twice_changes_nothing_the_second_time() -> None:
    factories.small_province()
    tree.renumber()
    assert tree.renumber() == 0


def test_every_root_has_a_tree_of_its_own() -> None:
    first = tree.insert(new_unit("33", UnitKind.REGION, 1), parent_id=None)
    second = tree.insert(new_unit("34", UnitKind.REGION, 1), parent_id=None)
    assert (first.tree_id, second.tree_id) == (1, 2)
    tree.insert(new_unit("3401", UnitKind.REGION, 2), parent_id=second.pk)
    assert below(first.pk) == set()
    assert below(second.pk) == {"3401"}
    tree.move(unit_id=Unit.objects.get(code="3401").pk, parent_id=first.pk)
    assert below(first.pk) == {"3401"}
    assert tree_queries.check().faults == ()


@pytest.mark.django_db(transaction=True)
def test_writes_outside_a_transaction_are_refused() -> None:
    with pytest.raises(RuntimeError, match="inside a transaction"):
        tree.insert(new_unit("33", UnitKind.REGION, 1), parent_id=None)
    assert Unit.objects.count() == 0


def test_plan_puts_parts_within_and_beside_each_other() -> None:
    plan = layout.plan(1, {1: [2, 3], 3: [4]}, spared={3: 1000})
    assert sorted(plan.places) == [1, 2, 3, 4]
    one, two, three, four = (plan.places[i] for i in (1, 2, 3, 4))
    assert one.lft == 0
    assert one.rght == plan.width - 1
    assert one.lft < two.lft < two.rght < three.lft < four.lft < four.rght < three.rght < one.rght
    assert [place.depth for place in (one, two, three, four)] == [0, 1, 1, 2]
    assert three.rght - four.rght > 1000
