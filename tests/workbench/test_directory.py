"""通讯录: tree, people, card, search, and the phone that is revealed on the record."""

import html
import re

import pytest
from django.utils import timezone

from core.actor import system
from core.models import AuditEntry
from org.services import lines
from tests.conftest import Budget
from tests.factories import FOUNDED, Province


def test_the_tree_opens_at_the_viewers_own_unit(province: Province) -> None:
    page = province.client("张晓梅").get("/directory/").content.decode()
    assert 'aria-selected="true"' in page
    assert "张晓梅" in page
    assert "海曙区民政局" not in page


def test_a_branch_lists_the_units_directly_below(province: Province) -> None:
    unit = province.unit("海曙区")
    answer = province.client("张晓梅").get(f"/directory/units/{unit}/branch/?depth=4")
    fragment = answer.content.decode()
    assert fragment.count('role="treeitem"') == 1
    assert "海曙区民政局" in fragment
    assert 'aria-level="4"' in fragment
    assert 'aria-expanded="false"' in fragment


def test_people_of_a_unit_alone_and_with_those_below(province: Province) -> None:
    client = province.client("张晓梅")
    organ = province.unit("西湖区民政局")
    alone = client.get(f"/directory/units/{organ}/people/").content.decode()
    assert "王伟民" in alone
    assert "李建国" in alone
    assert "单小芳" not in alone
    below = client.get(f"/directory/units/{organ}/people/?scope=below").content.decode()
    for name in ("王伟民", "李建国", "张晓梅", "曾国强", "单小芳"):
        assert name in below


def test_a_card_masks_the_phone(province: Province) -> None:
    person = province.person("王伟民")
    card = province.client("张晓梅").get(f"/directory/people/{person}/").content.decode()
    assert "138****" in card
    assert "1380000" not in card
    assert "查看号码" not in card
    assert "完整号码仅本人和所在单位的人员管理员可查看" in card
    assert f"/messages/?person={person}" in card


def test_nobody_is_offered_a_conversation_with_herself(province: Province) -> None:
    person = province.person("张晓梅")
    card = province.client("张晓梅").get(f"/directory/people/{person}/").content.decode()
    assert "发消息" not in card


def test_an_administrator_reveals_a_phone_and_the_log_knows(
    province: Province, sound_audit: None
) -> None:
    person = province.person("王伟民")
    client = province.client("何管理")
    assert "查看号码" in client.get(f"/directory/people/{person}/").content.decode()
    shown = client.post(f"/directory/people/{person}/phone/").content.decode()
    assert "1380000" in shown
    entry = AuditEntry.objects.get(action="org.phone.revealed")
    assert entry.object_id == str(person)
    assert entry.actor_name == "何管理"


def test_a_colleague_cannot_reveal_a_phone(province: Province) -> None:
    person = province.person("王伟民")
    answer = province.client("张晓梅").post(f"/directory/people/{person}/phone/")
    assert answer.status_code == 403
    assert "1380000" not in answer.content.decode()
    assert not AuditEntry.objects.filter(action="org.phone.revealed").exists()


@pytest.mark.parametrize("wanted", ["单小芳", "小芳", "shanxiaofang", "sxf"])
def test_search_finds_by_name_pinyin_and_initials(wanted: str, province: Province) -> None:
    answer = province.client("张晓梅").get("/directory/search/", {"q": wanted})
    assert "单小芳" in answer.content.decode()


def test_search_finds_units(province: Province) -> None:
    answer = province.client("张晓梅").get("/directory/search/", {"q": "卫生健康"})
    assert "西湖区卫生健康局" in answer.content.decode()


def test_one_character_over_the_province_is_refused_politely(province: Province) -> None:
    answer = province.client("张晓梅").get("/directory/search/", {"q": "王"})
    assert answer.status_code == 200
    assert "请至少输入两个字" in answer.content.decode()


def test_one_character_is_looked_for_in_the_chosen_unit(province: Province) -> None:
    asked: dict[str, str | int] = {"q": "国", "unit": province.unit("西湖区民政局")}
    client = province.client("张晓梅")
    for address in ("/directory/search/", "/directory/"):
        page = client.get(address, asked).content.decode()
        assert "仅在“西湖区民政局”及其下级中查找" in page
        assert "曾国强" in page
    elsewhere = client.get("/directory/search/", asked | {"unit": province.unit("海曙区")})
    assert "曾国强" not in elsewhere.content.decode()
    assert "一个字仅在“海曙区”及其下级中查找" in elsewhere.content.decode()


def test_a_search_keeps_to_the_picked_unit_until_everything_is_asked_for(
    province: Province,
) -> None:
    asked: dict[str, str | int] = {"q": "民政局", "unit": province.unit("西湖区")}
    client = province.client("张晓梅")
    for address in ("/directory/search/", "/directory/"):
        found = client.get(address, asked).content.decode().partition('id="tree"')[0]
        assert "仅在“西湖区”及其下级中查找" in found
        assert "西湖区民政局" in found
        assert "上城区民政局" not in found
        found = client.get(address, asked | {"range": "all"}).content.decode()
        assert "仅在“西湖区”" not in found
        assert "上城区民政局" in found
    people: dict[str, str | int] = {"q": "林上城", "unit": province.unit("西湖区民政局")}
    nobody = client.get("/directory/search/", people).content.decode()
    assert "没有找到" in nobody
    assert "可将范围改为“全部”" in nobody
    anywhere = client.get("/directory/search/", people | {"range": "all"}).content.decode()
    assert "上城区民政局，局长" in anywhere


def test_former_names_keep_to_the_picked_unit_too(province: Province) -> None:
    unit = province.unit("西湖区民政局/一科")
    form = {"name": "养老服务科", "short_name": "养老科"}
    address = f"/administration/units/{unit}/rename/"
    assert province.client("何管理").post(address, form).status_code == 204
    client = province.client("张晓梅")
    for place, is_found in (("西湖区民政局", True), ("上城区", False)):
        asked: dict[str, str | int] = {"q": "一科", "unit": province.unit(place)}
        page = client.get("/directory/search/", asked).content.decode()
        assert ("养老服务科" in page) is is_found


@pytest.mark.parametrize(
    ("address", "checked"), [("/directory/", "all"), ("/directory/?unit={unit}", "unit")]
)
def test_the_range_stands_at_the_unit_once_one_is_picked(
    address: str, checked: str, province: Province
) -> None:
    asked = address.format(unit=province.unit("西湖区民政局"))
    page = province.client("张晓梅").get(asked).content.decode()
    assert f'name="range" value="{checked}" checked' in page
    assert page.count('name="range"') == 2
    assert page.count("checked>") == 1


def test_beyond_twenty_the_search_says_so_and_shows_more(province: Province) -> None:
    unit = province.unit("西湖区民政局/一科")
    administrator, client = province.client("何管理"), province.client("张晓梅")
    for number in range(21):
        form = {
            "name": "丁普查",
            "title": "普查员",
            "function": "staff",
            "phone": f"1391111{number:04d}",
        }
        address = f"/administration/units/{unit}/admit/"
        assert administrator.post(address, form).status_code == 204
    asked: dict[str, str | int] = {"q": "丁普查", "unit": unit, "range": "unit"}
    page = client.get("/directory/search/", asked).content.decode()
    assert page.count("丁普查</span>") == 20
    assert "只显示前 20 条" in page
    more = re.search(r'hx-get="(/directory/search/\?[^"]+more=1)"', page)
    assert more is not None
    page = client.get(html.unescape(more[1])).content.decode()
    assert page.count("丁普查</span>") == 21
    assert "只显示前" not in page
    assert "仅在“一科”" in page
    page = administrator.get("/administration/search/", {"q": "丁普查"}).content.decode()
    assert page.count("丁普查</span>") == 20
    assert "只显示前 20 条" in page


def test_whoever_administers_gets_from_the_directory_to_the_pages_of_the_office(
    province: Province,
) -> None:
    inside, outside = province.unit("西湖区民政局"), province.unit("上城区民政局")
    person, stranger = province.person("王伟民"), province.person("林上城")
    pages = (
        (f"/directory/units/{inside}/people/", f"/administration/?unit={inside}"),
        (f"/directory/people/{person}/", f"/administration/people/{person}/"),
    )
    administrator = province.client("何管理")
    for address, page in pages:
        assert f'href="{page}"' in administrator.get(address).content.decode()
        assert administrator.get(page).status_code == 200
        for other in ("张晓梅", "马科员"):
            assert "/administration/" not in province.client(other).get(address).content.decode()
    for address in (f"/directory/units/{outside}/people/", f"/directory/people/{stranger}/"):
        assert "/administration/" not in administrator.get(address).content.decode()


def test_found_people_are_told_apart_by_their_organ(province: Province) -> None:
    page = province.client("张晓梅").get("/directory/search/", {"q": "科员"}).content.decode()
    for organ in ("上城区民政局", "海曙区民政局"):
        assert f"{organ} 业务科，科" in page
    head = province.client("张晓梅").get("/directory/search/", {"q": "王伟民"}).content.decode()
    assert "西湖区民政局，局长" in head


@pytest.mark.parametrize("wanted", ["%%%%", "字" * 10_000, "a\x00b"])
def test_search_survives_hostile_text(wanted: str, province: Province) -> None:
    answer = province.client("张晓梅").get("/directory/search/", {"q": wanted})
    assert answer.status_code == 200


@pytest.mark.parametrize("address", ["?unit=abc", "?unit=0", "?unit=99999999", "?person=9e9"])
def test_an_id_of_nothing_is_not_found(address: str, province: Province) -> None:
    assert province.client("张晓梅").get(f"/directory/{address}").status_code == 404


def test_the_screen_costs_a_fixed_number_of_queries(province: Province, budget: Budget) -> None:
    client = province.client("张晓梅")
    with budget("workbench.directory"):
        assert client.get("/directory/").status_code == 200


def test_people_of_a_unit_cost_a_fixed_number_of_queries(
    province: Province, budget: Budget
) -> None:
    client = province.client("张晓梅")
    unit = province.unit("西湖区民政局")
    with budget("workbench.directory.people"):
        assert client.get(f"/directory/units/{unit}/people/").status_code == 200


def test_another_day_shows_the_tree_and_people_of_then_under_a_banner(province: Province) -> None:
    client = province.client("张晓梅")
    page = client.get("/directory/", {"on": "2025-06-30"}).content.decode()
    assert "正在查看 <strong>2025-06-30</strong> 的组织" in page
    assert "张晓梅" in page
    unit = province.unit("西湖区民政局")
    shown = client.get(f"/directory/units/{unit}/people/", {"on": "2025-06-30"}).content.decode()
    assert "当日本级 2 人，下级组织 2 个" in shown
    assert "王伟民" in shown
    below = client.get(
        f"/directory/units/{unit}/people/", {"on": "2025-06-30", "scope": "below"}
    ).content.decode()
    assert "张晓梅" not in shown
    assert "办公室 · 收发员" in below
    branch = client.get(f"/directory/units/{unit}/branch/", {"on": "2025-06-30"})
    assert branch.content.decode().count("on=2025-06-30") >= 2
    before = client.get(f"/directory/units/{unit}/people/", {"on": "2020-01-01"}).content.decode()
    assert "当日没有该组织" in before
    assert "王伟民" not in before


@pytest.mark.parametrize("day", ["", "abc", "2999-01-01", "0001-01-01", "2025-02-30"])
def test_a_day_that_is_none_or_not_over_shows_the_present(day: str, province: Province) -> None:
    answer = province.client("张晓梅").get("/directory/", {"on": day})
    assert answer.status_code == 200
    assert "正在查看" not in answer.content.decode()


def test_lines_show_their_units_and_say_when_there_are_none(province: Province) -> None:
    client = province.client("张晓梅")
    assert "还没有条线" in client.get("/directory/", {"view": "lines"}).content.decode()
    made = lines.define(
        actor=system("test"),
        name="民政条线",
        code="MZ",
        root_id=province.unit("浙江省"),
        name_endings=["民政局"],
        now=timezone.now(),
    )
    page = client.get("/directory/", {"view": "lines"}).content.decode()
    assert "民政条线" in page
    shown = client.get(f"/directory/lines/{made}/").content.decode()
    assert "该条线还没有单位" in shown
    assert client.get("/directory/lines/999999/").status_code == 404


@pytest.mark.parametrize(
    ("day", "said"),
    [("1900-01-01", "以下是今天的组织"), ("1950-01-01", "当日没有组织可看")],
)
def test_a_day_before_all_records_is_told_of(day: str, said: str, province: Province) -> None:
    client, first = province.client("张晓梅"), timezone.localdate(FOUNDED)
    page = client.get("/directory/", {"on": day}).content.decode()
    assert f"<strong>{day}</strong> 早于最早的记录（{first}），{said}" in page
    assert "早于最早的记录" not in client.get("/directory/", {"on": "2025-06-30"}).content.decode()
