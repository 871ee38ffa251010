"""The one picker: search, tree, people of a unit, recent choices and counts, for every purpose."""

from typing import Any

import pytest
from django.utils import timezone

from org.kinds import VisibilityEffect
from org.services import visibility
from tests.conftest import Budget
from tests.factories import Province
from workbench import picking

VIEWER = "张晓梅"  # clerk of 西湖区民政局
ADMIN = "何管理"  # administers units, people and apps of 西湖区


def _get(province: Province, who: str, address: str, **query: Any) -> str:
    answer = province.client(who).get(f"/picker/{address}", query)
    assert answer.status_code == 200, answer.content
    return answer.content.decode()


def test_colleagues_are_offered_before_anything_is_typed(province: Province) -> None:
    shown = _get(province, VIEWER, "people/")
    assert "王伟民" in shown
    assert "张晓梅" not in shown
    assert "林上城" not in shown


def test_recent_choices_come_first_as_far_as_they_may_be_seen(province: Province) -> None:
    lately = [province.person("林上城"), province.person("赵卫东"), 999_999]
    shown = _get(province, VIEWER, "people/", recent=lately)
    assert shown.index("最近选择") < shown.index("林上城") < shown.index("赵卫东")
    assert shown.index("赵卫东") < shown.index("王伟民")
    visibility.make(
        actor=province.actor("卫二"),
        subject=visibility.Subject(person_id=province.person("林上城")),
        terms=visibility.Terms(VisibilityEffect.HIDE),
        now=timezone.now(),
    )
    assert "林上城" not in _get(province, VIEWER, "people/", recent=lately)


def test_organs_beside_ones_own_are_offered_to_write_to(province: Province) -> None:
    shown = _get(province, VIEWER, "organs/")
    assert "西湖区卫生健康局" in shown
    assert "一科" not in shown
    assert "没有找到" in _get(province, VIEWER, "organs/", q="一科")


def test_the_tree_of_an_administrator_holds_the_own_scope_only(province: Province) -> None:
    everywhere = _get(province, ADMIN, "units/tree/")
    assert "浙江省" in everywhere
    own = _get(province, ADMIN, "parents/tree/")
    assert "西湖区民政局" in own
    assert "浙江省" not in own
    assert "没有可以选择的组织" in _get(province, VIEWER, "parents/tree/")


def test_people_are_picked_from_a_unit_alone_or_with_all_below(province: Province) -> None:
    unit = province.unit("西湖区民政局")
    alone = _get(province, VIEWER, f"people/units/{unit}/people/")
    assert "王伟民" in alone
    assert "曾国强" not in alone
    below = _get(province, VIEWER, f"people/units/{unit}/people/", scope="below")
    assert "曾国强" in below
    branch = _get(province, VIEWER, f"people/units/{unit}/", depth=3)
    assert branch.count('role="treeitem"') == 2


def test_the_count_counts_everybody_once(province: Province) -> None:
    county, organ = province.unit("西湖区"), province.unit("西湖区民政局")
    assert "已选 2 个组织，共 15 人" in _get(province, VIEWER, "counts/", unit=[county, organ])
    assert "已选 3 人、1 个组织，共 5 人" in _get(
        province, VIEWER, "counts/", unit=[organ], people=3
    )
    assert "共 0 人" in _get(province, VIEWER, "counts/", unit=[999_999])


def test_what_is_hidden_is_in_no_picker(province: Province) -> None:
    hidden = province.unit("西湖区卫生健康局")
    visibility.make(
        actor=province.actor("卫二"),
        subject=visibility.Subject(unit_id=hidden),
        terms=visibility.Terms(VisibilityEffect.HIDE),
        now=timezone.now(),
    )
    county = province.unit("西湖区")
    for purpose in picking.PURPOSES:
        for address in (f"{purpose}/", f"{purpose}/tree/", f"{purpose}/units/{county}/"):
            shown = _get(province, VIEWER, address)
            assert "卫生健康局" not in shown
            assert "赵卫东" not in shown
        for text in ("卫生健康", "赵卫东", "zwd"):
            shown = _get(province, VIEWER, f"{purpose}/", q=text)
            assert "西湖区卫生健康局" not in shown
            assert "data-pick" not in shown
    client = province.client(VIEWER)
    assert client.get(f"/picker/people/units/{hidden}/people/").status_code == 404
    assert "共 10 人" in _get(province, VIEWER, "counts/", unit=[county])


def test_one_character_over_everything_is_refused_politely(province: Province) -> None:
    assert "请至少输入两个字" in _get(province, VIEWER, "people/", q="王")


@pytest.mark.parametrize("wanted", ["%%%%", "字" * 10_000, "a\x00b", "<script>alert(1)</script>"])
def test_hostile_text_finds_nothing_and_stays_text(wanted: str, province: Province) -> None:
    for purpose in picking.PURPOSES:
        shown = _get(province, VIEWER, f"{purpose}/", q=wanted)
        assert "data-pick" not in shown
        assert "<script>" not in shown


@pytest.mark.parametrize("address", ["nothing/", "nothing/tree/", "people/units/9/people/"])
def test_what_is_not_there_is_not_found(address: str, province: Province) -> None:
    assert province.client(VIEWER).get(f"/picker/{address}").status_code == 404


def test_a_search_costs_a_fixed_number_of_queries(province: Province, budget: Budget) -> None:
    client = province.client(VIEWER)
    with budget("workbench.picker"):
        assert client.get("/picker/people/", {"q": "王伟民"}).status_code == 200
