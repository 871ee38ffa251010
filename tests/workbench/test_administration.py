"""系统管理: administrators act in their own scope; outside it nothing exists."""

import re

import pytest
from django.test import Client
from django.utils import timezone

from core.models import AuditEntry
from org import codes
from org.queries import appointments, units, visibility
from tests.conftest import Budget
from tests.factories import Province


def _page(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return str(answer.content.decode())


def _names_below(unit_id: int) -> list[str]:
    return [
        unit.name
        for unit in units.children(unit_id, at=timezone.now(), viewer=visibility.EVERYTHING).items
    ]


@pytest.mark.parametrize("address", ["", "grants/", "audit/"])
def test_the_screen_is_not_there_for_others(address: str, province: Province) -> None:
    assert province.client("张晓梅").get(f"/administration/{address}").status_code == 404


def test_an_administrator_sees_the_own_scope_only(province: Province) -> None:
    page = _page(province.client("何管理"), "/administration/")
    assert "西湖区民政局" in page
    assert "上城区" not in page
    assert "海曙区" not in page


def test_a_search_finds_units_and_people_of_the_own_office_only(province: Province) -> None:
    client = province.client("何管理")
    found = _page(client, "/administration/search/?q=民政局")
    assert f'href="/administration/?unit={province.unit("西湖区民政局")}"' in found
    for name in ("上城区民政局", "海曙区民政局", "杭州市民政局"):
        assert name not in found
    person = province.person("曾国强")
    for wanted in ("曾国强", "zengguoqiang", "zgq"):
        found = _page(client, f"/administration/search/?q={wanted}")
        assert f'href="/administration/people/{person}/"' in found
        assert "西湖区民政局 一科，科长" in found
    assert client.get(f"/administration/people/{person}/").status_code == 200
    assert "没有找到" in _page(client, "/administration/search/?q=林上城")


def test_one_character_is_looked_for_in_an_office_of_one_county(province: Province) -> None:
    found = _page(province.client("何管理"), "/administration/search/?q=国")
    assert "曾国强" in found
    assert "李建国" in found


def test_the_screen_opens_with_what_the_address_searches_for(province: Province) -> None:
    page = _page(province.client("何管理"), "/administration/?q=单小芳")
    assert f'href="/administration/people/{province.person("单小芳")}/"' in page
    assert "data-steps-aside hidden" in page


def test_the_search_is_not_there_for_others(province: Province) -> None:
    for name in ("张晓梅", "卫二"):
        answer = province.client(name).get("/administration/search/?q=曾国强")
        assert "曾国强" not in answer.content.decode()
    assert province.client("张晓梅").get("/administration/search/?q=民政").status_code == 404


def test_the_search_costs_a_fixed_number_of_queries(province: Province, budget: Budget) -> None:
    client = province.client("何管理")
    with budget("workbench.administration.search"):
        assert client.get("/administration/search/?q=民政").status_code == 200


@pytest.mark.parametrize("wanted", ["%%%%", "字" * 500, "a%00b"])
def test_the_search_survives_hostile_text(wanted: str, province: Province) -> None:
    answer = province.client("何管理").get(f"/administration/search/?q={wanted}")
    assert answer.status_code == 200


def test_a_unit_of_the_next_county_does_not_exist(province: Province) -> None:
    client = province.client("何管理")
    for name in ("上城区", "上城区民政局", "杭州市"):
        unit = province.unit(name)
        assert client.get(f"/administration/?unit={unit}").status_code == 404
        for part in ("", "add/", "rename/", "move/", "appoint/", "admit/"):
            assert client.get(f"/administration/units/{unit}/{part}").status_code == 404


def test_a_unit_is_added_and_the_page_moves_to_it(province: Province, sound_audit: None) -> None:
    organ = province.unit("西湖区民政局")
    address = f"/administration/units/{organ}/add/"
    form = {"kind": "department", "name": "社会救助科", "short_name": "", "code": "", "phone": ""}
    answer = province.client("何管理").post(address, form)
    assert answer.status_code == 204
    below = units.children(organ, at=timezone.now(), viewer=visibility.EVERYTHING).items
    added = next(unit for unit in below if unit.name == "社会救助科")
    assert answer["HX-Redirect"] == f"/administration/?unit={added.id}"
    assert AuditEntry.objects.filter(action="org.unit.added", object_id=str(added.id)).count() == 1


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("123", "组织编码 123 不正确：统一社会信用代码应为 18 位，现为 3 位"),
        ("11330106OO00000101", "统一社会信用代码中没有“O”"),
        (codes.credit_code("330106", 9)[:-1] + "!", "统一社会信用代码中没有“!”"),
    ],
)
def test_a_wrong_code_is_said_beside_the_code(code: str, said: str, province: Province) -> None:
    county = province.unit("西湖区")
    form = {"kind": "organ", "name": "西湖区新局", "short_name": "", "code": code, "phone": ""}
    answer = province.client("何管理").post(f"/administration/units/{county}/add/", form)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert 'id="id_code-error">组织编码' in page
    assert said in page
    assert "西湖区新局" not in _names_below(county)


def test_a_wrong_check_digit_and_a_taken_code_are_told_apart(province: Province) -> None:
    address = f"/administration/units/{province.unit('西湖区')}/add/"
    client = province.client("何管理")
    right = codes.credit_code("330106", 9)
    wrong = right[:-1] + ("0" if right[-1] != "0" else "1")
    form = {"kind": "organ", "name": "西湖区数据局", "code": wrong}
    assert "校验位不符" in client.post(address, form).content.decode()
    assert client.post(address, form | {"code": right}).status_code == 204
    again = client.post(address, form | {"code": right, "name": "西湖区二局"})
    assert again.status_code == 422
    assert f"组织编码 {right} 已被“西湖区数据局”使用" in again.content.decode()


def test_an_empty_name_is_said_beside_the_name(province: Province) -> None:
    organ = province.unit("西湖区民政局")
    form = {"kind": "department", "name": " ", "code": ""}
    answer = province.client("何管理").post(f"/administration/units/{organ}/add/", form)
    assert answer.status_code == 422
    assert 'id="id_name-error">请填写名称' in answer.content.decode()


def test_the_next_countys_administrator_cannot_add_here(province: Province) -> None:
    organ = province.unit("西湖区民政局")
    before = len(units.children(organ, at=timezone.now(), viewer=visibility.EVERYTHING).items)
    form = {"kind": "department", "name": "越界科", "code": ""}
    answer = province.client("马科员").post(f"/administration/units/{organ}/add/", form)
    assert answer.status_code == 404
    assert (
        len(units.children(organ, at=timezone.now(), viewer=visibility.EVERYTHING).items) == before
    )


def test_a_unit_is_renamed(province: Province) -> None:
    unit = province.unit("西湖区民政局/一科")
    form = {"name": "养老服务科", "short_name": "养老科"}
    answer = province.client("何管理").post(f"/administration/units/{unit}/rename/", form)
    assert answer.status_code == 204
    assert units.names([unit])[unit].name == "养老服务科"


def test_a_unit_moves_within_the_scope_and_not_out_of_it(province: Province) -> None:
    client = province.client("何管理")
    unit = province.unit("西湖区民政局/一科")
    address = f"/administration/units/{unit}/move/"
    beyond = {"parent_id": province.unit("上城区民政局"), "confirmed": "1"}
    assert client.post(address, beyond)["HX-Redirect"].startswith("/administration/requests/")
    assert units.names([unit])[unit].parent_id == province.unit("西湖区民政局")
    target = province.unit("西湖区卫生健康局")
    assert client.post(address, {"parent_id": target, "confirmed": "1"}).status_code == 204
    assert units.names([unit])[unit].parent_id == target


def test_targets_of_a_move_come_from_the_scope_only(province: Province) -> None:
    address = "/picker/parents/?q=民政局"
    fragment = _page(province.client("何管理"), address)
    assert "西湖区民政局" in fragment
    assert "上城区民政局" not in fragment
    assert "杭州市民政局" not in fragment


def test_a_unit_with_people_is_not_abolished(province: Province) -> None:
    unit = province.unit("西湖区民政局/一科")
    client, address = province.client("何管理"), f"/administration/units/{unit}/abolish/"
    shown = client.post(address, {}).content.decode()
    assert "不能撤销" in shown
    assert 'name="confirmed"' not in shown
    answer = client.post(address, {"confirmed": "1"})
    assert answer.status_code == 422
    assert "不能撤销" in answer.content.decode()
    assert not units.card(unit, at=timezone.now(), viewer=visibility.EVERYTHING).abolished


def test_someone_new_is_admitted_and_appointed(province: Province, sound_audit: None) -> None:
    unit = province.unit("西湖区民政局/一科")
    form = {"name": "曾思齐", "title": "科员", "function": "staff", "phone": "13911112222"}
    answer = province.client("何管理").post(f"/administration/units/{unit}/admit/", form)
    assert answer.status_code == 204
    assert "曾思齐" in _page(province.client("何管理"), f"/administration/units/{unit}/")


def test_a_wrong_phone_is_said_beside_the_phone(province: Province) -> None:
    unit = province.unit("西湖区民政局/一科")
    form = {"name": "曾思齐", "title": "科员", "function": "staff", "phone": "12"}
    answer = province.client("何管理").post(f"/administration/units/{unit}/admit/", form)
    assert answer.status_code == 422
    assert 'id="id_phone-error">请填写 11 位手机号码' in answer.content.decode()


def test_a_second_main_appointment_is_refused_beside_its_field(province: Province) -> None:
    unit = province.unit("西湖区卫生健康局/一科")
    person = province.person("曾国强")
    form = {"person_id": person, "title": "科员", "function": "staff", "kind": "main"}
    answer = province.client("何管理").post(f"/administration/units/{unit}/appoint/", form)
    assert answer.status_code == 422
    assert 'id="id_kind-error">该人员已有主任职' in answer.content.decode()
    assert len(appointments.of_person(person, at=timezone.now())) == 1


def test_a_colleague_takes_a_concurrent_post(province: Province) -> None:
    unit = province.unit("西湖区卫生健康局/一科")
    person = province.person("曾国强")
    form = {"person_id": person, "title": "科员", "function": "staff", "kind": "concurrent"}
    answer = province.client("何管理").post(f"/administration/units/{unit}/appoint/", form)
    assert answer.status_code == 204
    held = appointments.of_person(person, at=timezone.now())
    assert [post.kind for post in held] == ["main", "concurrent"]


def test_people_of_the_next_county_are_no_candidates(province: Province) -> None:
    client = province.client("何管理")
    address = "/picker/appointees/"
    assert "曾国强" in _page(client, f"{address}?q=曾国")
    assert "林上城" not in _page(client, f"{address}?q=林上").replace("“林上”", "")


def test_an_appointment_ends(province: Province) -> None:
    appointment = province.appointments["单小芳"]
    answer = province.client("何管理").post(f"/administration/appointments/{appointment}/end/")
    assert answer.status_code == 204
    assert appointments.by_id(appointment, at=timezone.now()) is None


def test_an_appointment_of_the_next_county_does_not_end(province: Province) -> None:
    appointment = province.appointments["罗科员"]
    answer = province.client("何管理").post(f"/administration/appointments/{appointment}/end/")
    assert answer.status_code == 404
    assert appointments.by_id(appointment, at=timezone.now()) is not None


def test_the_screen_costs_a_fixed_number_of_queries(province: Province, budget: Budget) -> None:
    client = province.client("何管理")
    with budget("workbench.administration"):
        assert client.get("/administration/").status_code == 200


def test_an_organ_without_its_code_gets_a_temporary_one_that_is_replaced_once(
    province: Province, sound_audit: None
) -> None:
    county = province.unit("西湖区")
    client = province.client("何管理")
    form = {"kind": "organ", "name": "西湖区新局", "code": ""}
    added = client.post(f"/administration/units/{county}/add/", form)
    assert added.status_code == 204
    unit = int(added["HX-Redirect"].rpartition("=")[2])
    page = _page(client, f"/administration/units/{unit}/")
    assert "暂未赋码" in page
    assert re.search("临时编码 T[0-9A-F]{15}", page)
    address = f"/administration/units/{unit}/code/"
    assert "现为 3 位" in client.post(address, {"code": "123"}).content.decode()
    assert province.client("马科员").get(address).status_code == 404
    right = codes.credit_code("330106", 9)
    assert client.post(address, {"code": right.lower()}).status_code == 204
    assert units.names([unit])[unit].code == right
    assert "暂未赋码" not in _page(client, f"/administration/units/{unit}/")
    again = client.post(address, {"code": codes.credit_code("330106", 10)})
    assert again.status_code == 422
    assert "已有正式编码" in again.content.decode()
    assert AuditEntry.objects.filter(action="org.unit.code_set", object_id=str(unit)).count() == 1


def test_a_region_still_needs_its_code(province: Province) -> None:
    form = {"kind": "region", "name": "新街道", "code": ""}
    address = f"/administration/units/{province.unit('西湖区')}/add/"
    answer = province.client("何管理").post(address, form)
    assert answer.status_code == 422
    assert 'id="id_code-error">请填写编码' in answer.content.decode()


@pytest.mark.parametrize(("parent", "first"), [("西湖区民政局", "department"), ("西湖区", "organ")])
def test_the_likeliest_kind_comes_first(parent: str, first: str, province: Province) -> None:
    address = f"/administration/units/{province.unit(parent)}/add/"
    page = _page(province.client("何管理"), address)
    assert re.findall(r'<option value="(\w+)"', page)[0] == first
    assert re.findall(r'<option value="(\w+)"', page)[-1] != "organ"


def test_a_refused_appointment_keeps_the_chosen_person(province: Province) -> None:
    unit = province.unit("西湖区卫生健康局/一科")
    person = province.person("曾国强")
    form = {"person_id": person, "title": "", "function": "staff", "kind": "concurrent"}
    client = province.client("何管理")
    address = f"/administration/units/{unit}/appoint/"
    page = client.post(address, form).content.decode()
    assert f'name="person_id" value="{person}"' in page
    assert "曾国强" in page
    stranger = form | {"person_id": province.person("林上城")}
    assert "林上城" not in client.post(address, stranger).content.decode()


def test_a_post_is_of_the_staff_until_another_is_chosen(province: Province) -> None:
    unit = province.unit("西湖区民政局/一科")
    for dialog in ("appoint", "admit"):
        page = _page(province.client("何管理"), f"/administration/units/{unit}/{dialog}/")
        assert '<option value="staff" selected>' in page


def test_a_leaf_offers_nothing_below_it(province: Province) -> None:
    client = province.client("何管理")
    organ = province.unit("西湖区民政局")
    form = {"kind": "temporary", "name": "防汛专班", "code": ""}
    added = client.post(f"/administration/units/{organ}/add/", form)
    team = added["HX-Redirect"].rpartition("=")[2]
    assert "新增下级组织" in _page(client, f"/administration/units/{organ}/")
    assert "新增下级组织" not in _page(client, f"/administration/units/{team}/")


def test_a_county_does_not_rename_itself(province: Province) -> None:
    county = province.unit("西湖区")
    client = province.client("何管理")
    assert "更名" not in _page(client, f"/administration/units/{county}/")
    address = f"/administration/units/{county}/rename/"
    assert client.get(address).status_code == 403
    assert client.post(address, {"name": "西子区", "short_name": ""}).status_code == 403
    assert units.names([county])[county].name == "西湖区"


def test_candidates_tell_the_organ_of_a_section(province: Province) -> None:
    address = "/picker/appointees/?q=曾国"
    assert "西湖区民政局 一科，科长" in _page(province.client("何管理"), address)


def test_an_administrator_stands_in_one_line_with_all_roles(province: Province) -> None:
    page = _page(province.client("何管理"), "/administration/")
    assert "西湖区：组织管理员、人员管理员、应用管理员" in page
