"""Each way in which django-mptt's own writes bent the tree is refused, or survived."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import models, transaction
from django.db.models import Count

from org import errors, tree
from org.kinds import UnitKind
from org.models import TreeWriteRefused, Unit
from org.queries import tree as tree_queries
from tests import factories
from tests.org.test_tree import below, new_unit, structure

pytestmark = pytest.mark.django_db

MPTT_UNIT: Any = Unit


def unit(province: factories.Province, name: str) -> Any:
    # Any: to the type checker mptt's classes are plain Django models.
    return Unit.objects.get(pk=province.unit(name))


def refused(act: Callable[[], object]) -> None:
    """The call is refused as a bug of its caller, and the tree is as it was."""
    before = structure()
    with pytest.raises(TreeWriteRefused), transaction.atomic():
        act()
    assert structure() == before


def test_saving_an_instance_that_moved_meanwhile_keeps_its_new_place(
    province: factories.Province,
) -> None:
    stale = unit(province, "西湖区")
    tree.move(unit_id=stale.pk, parent_id=province.unit("宁波市"))
    moved = structure()
    stale.name = "新西湖区"
    stale.save()
    assert structure() == moved
    assert Unit.objects.get(pk=stale.pk).name == "新西湖区"


def test_saving_an_instance_after_another_was_inserted_beside_it_keeps_both(
    province: factories.Province,
) -> None:
    stale = unit(province, "西湖区民政局")
    tree.insert(new_unit("二科"), parent_id=stale.pk)
    stale.save(update_fields=["phone"])
    assert below(stale.pk) == {"办公室", "一科", "二科"}
    assert tree_queries.check().faults == ()


def test_a_parent_changed_in_memory_is_refused_on_save(province: factories.Province) -> None:
    changed = unit(province, "西湖区")
    changed.parent = unit(province, "宁波市")
    refused(changed.save)
    refused(lambda: changed.save(update_fields=["name"]))
    refused(lambda: changed.save(update_fields=["parent"]))


def test_a_stale_parent_is_no_place_to_insert_below(province: factories.Province) -> None:
    stale_parent = unit(province, "西湖区民政局")
    tree.move(unit_id=province.unit("西湖区"), parent_id=province.unit("宁波市"))
    refused(lambda: new_unit("二科").insert_at(stale_parent, save=True))
    refused(lambda: Unit.objects.create(parent=stale_parent, code="X", name="X"))
    fresh = tree.insert(new_unit("二科"), parent_id=stale_parent.pk)
    assert fresh.lft > Unit.objects.get(pk=stale_parent.pk).lft
    assert tree_queries.check().faults == ()


def test_deleting_through_instances_and_stale_lists_is_refused(
    province: factories.Province,
) -> None:
    one, two = unit(province, "西湖区民政局/一科"), unit(province, "西湖区民政局/一科")
    refused(one.delete)
    refused(two.delete)
    listed = Unit.objects.filter(name="一科")
    refused(lambda: [each.delete() for each in listed])
    refused(listed.delete)
    refused(Unit._base_manager.filter(name="一科").delete)


def test_deleting_twice_finds_nothing_the_second_time(province: factories.Province) -> None:
    added = tree.insert(new_unit("二科"), parent_id=province.unit("西湖区民政局"))
    tree.delete(unit_id=added.pk)
    before = structure()
    with pytest.raises(errors.UnitNotFound), transaction.atomic():
        tree.delete(unit_id=added.pk)
    assert structure() == before


@pytest.mark.django_db(transaction=True)
def test_a_delete_stopped_by_protect_in_autocommit_changes_nothing() -> None:
    province = factories.small_province()
    before = structure()
    with pytest.raises(RuntimeError, match="inside a transaction"):
        tree.delete(unit_id=province.unit("西湖区民政局/一科"))
    with pytest.raises(errors.UnitInUse), transaction.atomic():
        tree.delete(unit_id=province.unit("西湖区民政局/一科"))
    assert structure() == before


def test_bulk_updates_of_the_structure_are_refused(province: factories.Province) -> None:
    other = unit(province, "宁波市")
    district = unit(province, "西湖区")
    refused(lambda: Unit.objects.filter(pk=district.pk).update(parent=other))
    refused(lambda: Unit.objects.filter(pk=district.pk).update(parent_id=other.pk))
    refused(lambda: Unit.objects.filter(pk=district.pk).update(lft=1))
    refused(lambda: Unit._base_manager.filter(pk=district.pk).update(parent=other))
    refused(lambda: Unit.objects.bulk_update([district], ["parent"]))
    refused(lambda: Unit.objects.bulk_create([new_unit("X")]))
    assert Unit.objects.filter(pk=district.pk).update(phone="0571-1") == 1


@pytest.mark.parametrize(
    "call",
    [
        "insert_node", "move_node", "rebuild", "partial_rebuild", "build_tree_nodes",
        "disable_mptt_updates", "delay_mptt_updates",
    ],
)  # fmt: skip
def test_mptts_own_writes_are_refused(province: factories.Province, call: str) -> None:
    manager = Unit.objects
    refused(lambda: getattr(manager, call)({"name": "X"}))
    refused(lambda: getattr(MPTT_UNIT._tree_manager, call)({"name": "X"}))


def test_moving_by_instance_is_refused(province: factories.Province) -> None:
    district, city = unit(province, "西湖区"), unit(province, "宁波市")
    refused(lambda: district.move_to(city))


def test_delay_and_disable_never_begin_not_even_in_async_code(
    province: factories.Province,
) -> None:
    async def attempt() -> None:
        with (
            MPTT_UNIT.objects.delay_mptt_updates()
        ):  # would stay on in this thread after an exception
            await sync_to_async(structure)()

    refused(lambda: asyncio.run(attempt()))
    assert MPTT_UNIT._mptt_updates_enabled
    assert not MPTT_UNIT._mptt_is_tracking


def test_counting_by_group_is_not_broken_by_a_default_ordering(
    province: factories.Province,
) -> None:
    counted = dict(
        Unit.objects.values("kind").annotate(units=Count("id")).values_list("kind", "units")
    )
    assert counted == {"region": 6, "organ": 7, "department": 14}


def test_descendants_are_counted_and_not_guessed_from_the_gap(
    province: factories.Province,
) -> None:
    district = unit(province, "西湖区")
    assert (district.rght - district.lft - 1) // 2 > 9  # what mptt would answer
    assert district.get_descendant_count() == 9
    assert unit(province, "西湖区民政局/一科").is_leaf_node()
    assert not district.is_leaf_node()


def test_a_stale_instance_reads_its_present_descendants(province: factories.Province) -> None:
    stale = unit(province, "西湖区")
    tree.move(unit_id=stale.pk, parent_id=province.unit("宁波市"))
    # Another unit takes the range that the move freed.
    tree.move(unit_id=province.unit("海曙区"), parent_id=province.unit("杭州市"))
    names = {found.name for found in stale.get_descendants()}
    assert "西湖区民政局" in names
    assert "海曙区民政局" not in names


def test_mptt_reads_still_work_on_gapped_numbers(province: factories.Province) -> None:
    office = unit(province, "西湖区民政局/办公室")
    assert [u.name for u in office.get_ancestors()] == [
        "浙江省",
        "杭州市",
        "西湖区",
        "西湖区民政局",
    ]
    assert office.get_root().name == "浙江省"
    assert {u.name for u in unit(province, "杭州市").get_children()} == {
        "西湖区", "上城区", "杭州市民政局",
    }  # fmt: skip
    assert office.is_descendant_of(unit(province, "杭州市"))


def test_the_structure_is_not_written_by_plain_django_either(
    province: factories.Province,
) -> None:
    assert Unit._meta.base_manager_name == "objects"
    assert isinstance(Unit._meta.get_field("parent"), models.ForeignKey)
    assert Unit._meta.get_field("parent").remote_field.related_name == "+"
    assert UnitKind.REGION in UnitKind
