"""系统管理 › 组织与人员: each operation shows what it touches before it is done."""

import re

import pytest
from django.test import Client
from django.utils import timezone

from core.models import AuditEntry
from org import codes
from org.models import AdminGrant, Unit
from org.queries import appointments, units
from org.queries.visibility import EVERYTHING
from tests import factories
from tests.factories import Province

pytestmark = pytest.mark.usefixtures("sound_audit")
CONFIRMED = {"confirmed": "1"}


def page_of(client: Client, address: str) -> str:
    answer = client.get(f"/administration/units/{address}")
    assert answer.status_code == 200
    return str(answer.content.decode())


def post(client: Client, address: str, form: dict[str, object]) -> tuple[int, str]:
    answer = client.post(f"/administration/units/{address}", form)
    return answer.status_code, answer.content.decode()


def names_below(unit_id: int) -> list[str]:
    page = units.children(unit_id, at=timezone.now(), viewer=EVERYTHING)
    return [unit.name for unit in page.items]


def test_a_move_is_shown_before_it_is_done(province: Province) -> None:
    client, unit = province.client("何管理"), province.unit("西湖区民政局/一科")
    target = province.unit("西湖区卫生健康局")
    form: dict[str, object] = {"parent_id": target, "basis": "西编〔2026〕3号"}
    status, shown = post(client, f"{unit}/move/", form)
    assert status == 200
    assert "1 个组织、2 人、0 项管理权限随同移动" in shown
    assert f'<input type="hidden" name="parent_id" value="{target}">' in shown
    assert 'name="confirmed" value="1">移动</button>' in shown
    assert units.names([unit])[unit].parent_id == province.unit("西湖区民政局")
    status, back = post(client, f"{unit}/move/", form | {"back": "1"})
    assert (status, 'value="西编〔2026〕3号"' in back, "西湖区卫生健康局" in back) == (
        200,
        True,
        True,
    )
    assert post(client, f"{unit}/move/", form | CONFIRMED)[0] == 204
    assert units.names([unit])[unit].parent_id == target
    history = page_of(client, f"{unit}/changes/")
    assert "西编〔2026〕3号" in history
    assert '<span class="change-before">西湖区民政局</span> → 西湖区卫生健康局' in history
    assert "何管理办理" in history


def test_what_cannot_be_has_no_button(province: Province) -> None:
    client, organ = province.client("何管理"), province.unit("西湖区民政局")
    inside: dict[str, object] = {"parent_id": province.unit("西湖区民政局/一科")}
    status, shown = post(client, f"{organ}/move/", inside)
    assert status == 200
    assert "不能把组织移动到它自己或它的下级之下" in shown
    assert 'name="confirmed"' not in shown
    status, refused = post(client, f"{organ}/move/", inside | CONFIRMED)
    assert status == 422
    assert "不能把组织移动到它自己或它的下级之下" in refused
    assert units.names([organ])[organ].parent_id == province.unit("西湖区")


def test_a_move_beyond_the_scope_asks_the_other_side(province: Province) -> None:
    client, unit = province.client("何管理"), province.unit("西湖区民政局/一科")
    form = {"parent_id": province.unit("上城区民政局"), **CONFIRMED}
    answer = client.post(f"/administration/units/{unit}/move/", form)
    assert answer.status_code == 204
    assert re.fullmatch(r"/administration/requests/\d+/", answer["HX-Redirect"])
    assert units.names([unit])[unit].parent_id == province.unit("西湖区民政局")


@pytest.mark.parametrize("dialog", ["move", "merge", "split", "abolish"])
def test_nobody_works_on_his_own_root_or_on_anothers_units(province: Province, dialog: str) -> None:
    client = province.client("何管理")
    assert (
        client.get(f"/administration/units/{province.unit('西湖区')}/{dialog}/").status_code == 403
    )
    for name in ("上城区民政局", "杭州市"):
        address = f"/administration/units/{province.unit(name)}/{dialog}/"
        assert client.get(address).status_code == 404
        assert client.post(address, CONFIRMED).status_code == 404


def test_siblings_are_put_in_order(province: Province) -> None:
    client, county = province.client("何管理"), province.unit("西湖区")
    office = province.unit("西湖区人民政府办公室")
    civil, health = province.unit("西湖区民政局"), province.unit("西湖区卫生健康局")
    dialog = page_of(client, f"{county}/parts/order/")
    assert [int(one) for one in re.findall(r'id="up-(\d+)"', dialog)] == [civil, health]
    assert [int(one) for one in re.findall(r'id="down-(\d+)"', dialog)] == [office, civil]
    assert post(client, f"{health}/place/", {"before": civil})[0] == 200
    assert names_below(county) == ["西湖区人民政府办公室", "西湖区卫生健康局", "西湖区民政局"]
    assert post(client, f"{office}/place/", {"before": ""})[0] == 200
    assert names_below(county) == ["西湖区卫生健康局", "西湖区民政局", "西湖区人民政府办公室"]
    next_county = f"/administration/units/{province.unit('上城区民政局')}/place/"
    assert client.post(next_county, {"before": ""}).status_code == 404


def test_sections_merge_after_a_look_at_it(province: Province) -> None:
    client, into = province.client("何管理"), province.unit("西湖区民政局/办公室")
    merged = province.unit("西湖区民政局/一科")
    form: dict[str, object] = {"others": [merged], "way": "into"}
    status, shown = post(client, f"{into}/merge/", form)
    assert (status, "撤销：一科，原编码以后指向“办公室”" in shown) == (200, True)
    answer = client.post(f"/administration/units/{into}/merge/", form | CONFIRMED)
    assert answer["HX-Redirect"] == f"/administration/?unit={into}"
    assert Unit.objects.get(pk=merged).valid_to is not None
    assert "承接自" in page_of(client, f"{into}/changes/")
    gone = page_of(client, f"{merged}/changes/")
    assert "<dt>并入</dt><dd>办公室</dd>" in gone
    assert "（空）" not in gone


def test_a_merger_of_organs_waits_for_a_second_person(province: Province) -> None:
    client, organ = province.client("何管理"), province.unit("西湖区民政局")
    form = {
        "others": [province.unit("西湖区卫生健康局")],
        "way": "new",
        "name": "西湖区民生局",
        "code": codes.credit_code("330106", 9),
        **CONFIRMED,
    }
    status, shown = post(client, f"{organ}/merge/", {**form, "confirmed": ""})
    assert (status, "此项操作须另一位管理员复核" in shown, ">提交复核</button>" in shown) == (
        200, True, True,
    )  # fmt: skip
    answer = client.post(f"/administration/units/{organ}/merge/", form)
    assert re.fullmatch(r"/administration/requests/\d+/", answer["HX-Redirect"])
    asked = client.get(answer["HX-Redirect"]).content.decode()
    assert "把“西湖区民政局”、“西湖区卫生健康局”合并为“西湖区民生局”" in asked
    assert Unit.objects.get(pk=organ).valid_to is None


def test_a_merger_into_one_that_goes_on_is_asked_for_in_such_words(province: Province) -> None:
    client, organ = province.client("何管理"), province.unit("西湖区民政局")
    form = {"others": [province.unit("西湖区卫生健康局")], "way": "into", **CONFIRMED}
    answer = client.post(f"/administration/units/{organ}/merge/", form)
    asked = client.get(answer["HX-Redirect"]).content.decode()
    assert "把“西湖区卫生健康局”并入“西湖区民政局”" in asked


def test_a_merger_says_what_is_missing(province: Province) -> None:
    client, organ = province.client("何管理"), province.unit("西湖区民政局")
    status, nobody = post(client, f"{organ}/merge/", {"way": "into"})
    assert (status, "请选择要合并的组织" in nobody) == (422, True)
    other = province.unit("西湖区卫生健康局")
    status, nameless = post(client, f"{organ}/merge/", {"others": [other], "way": "new"})
    assert (status, "请填写新组织名称" in nameless) == (422, True)


def test_a_unit_gives_off_a_new_one(province: Province) -> None:
    client, organ = province.client("何管理"), province.unit("西湖区民政局")
    dialog = page_of(client, f"{organ}/split/")
    department, person = province.unit("西湖区民政局/一科"), province.appointments["李建国"]
    assert f'name="department_ids" value="{department}"' in dialog
    assert f'name="appointment_ids" value="{person}"' in dialog
    form: dict[str, object] = {
        "name": "西湖区养老局",
        "kind": "organ",
        "department_ids": [department],
        "appointment_ids": [person],
    }
    status, shown = post(client, f"{organ}/split/", form)
    assert (status, "新设“西湖区养老局”：下级组织 1 个，本级人员 1 人次" in shown) == (200, True)
    assert post(client, f"{organ}/split/", form | CONFIRMED)[0] == 204
    assert names_below(province.unit("西湖区"))[-1] == "西湖区养老局"
    assert units.names([department])[department].parent_id != organ


def test_a_unit_gives_off_several_new_ones(province: Province) -> None:
    client, organ = province.client("何管理"), province.unit("西湖区民政局")
    department, person = province.unit("西湖区民政局/一科"), province.appointments["李建国"]
    first: dict[str, object] = {
        "name": "西湖区养老局",
        "kind": "organ",
        "further": "0",
        "department_ids": [department],
    }
    status, grown = post(client, f"{organ}/split/", first | {"more": "1"})
    assert status == 200
    assert 'value="西湖区养老局"' in grown
    assert 'name="new2-name"' in grown
    assert f'<option value="{department}:1" selected>新组织 1</option>' in grown
    assert "请填写" not in grown
    form = first | {
        "further": "1",
        "new2-name": "西湖区救助局",
        "new2-kind": "organ",
        "department_ids": [f"{department}:1"],
        "appointment_ids": ["", f"{person}:2"],
    }
    status, nameless = post(client, f"{organ}/split/", form | {"new2-name": ""})
    assert (status, "请填写新组织名称" in nameless) == (422, True)
    status, astray = post(client, f"{organ}/split/", form | {"department_ids": [f"{department}:3"]})
    assert (status, "须划到所列的新组织" in astray) == (422, True)
    status, shown = post(client, f"{organ}/split/", form)
    assert status == 200
    assert "新设“西湖区养老局”：下级组织 1 个，本级人员 0 人次" in shown
    assert "新设“西湖区救助局”：下级组织 0 个，本级人员 1 人次" in shown
    status, back = post(client, f"{organ}/split/", form | {"drop": "2"})
    assert (status, 'name="new2-name"' in back) == (200, False)
    assert f'name="department_ids" value="{department}" checked' in back
    assert post(client, f"{organ}/split/", form | CONFIRMED)[0] == 204
    assert names_below(province.unit("西湖区"))[-2:] == ["西湖区养老局", "西湖区救助局"]
    assert units.names([department])[department].parent_id != organ
    (held,) = appointments.of_person(province.person("李建国"), at=timezone.now())
    assert units.names([held.unit_id])[held.unit_id].name == "西湖区救助局"


def test_a_split_is_refused_before_its_consequences_are_shown(province: Province) -> None:
    client, organ = province.client("何管理"), province.unit("西湖区民政局")
    taken, fresh = codes.credit_code("330106", 8), codes.credit_code("330106", 9)
    Unit.objects.filter(pk=province.unit("西湖区卫生健康局")).update(code=taken)
    bare: dict[str, object] = {"name": "西湖区养老局", "kind": "organ", "code": fresh}
    status, empty = post(client, f"{organ}/split/", bare)
    assert (status, "请选择划出的下级组织或人员" in empty) == (422, True)
    whole = bare | {"department_ids": [province.unit("西湖区民政局/一科")]}
    second = {"further": "1", "new2-name": "西湖区救助局", "new2-kind": "organ", "new2-code": fresh}
    for form, said in (
        (whole | {"code": taken}, f"组织编码 {taken} 已被“西湖区卫生健康局”使用"),
        (whole | {"code": "91330106"}, "组织编码 91330106 不正确"),
        (whole | second, f"组织编码 {fresh} 已被另一个新组织使用"),
    ):
        status, shown = post(client, f"{organ}/split/", form)
        assert (status, said in shown, 'name="confirmed"' in shown) == (200, True, False), said
        assert post(client, f"{organ}/split/", form | CONFIRMED)[0] in (409, 422)
    status, shown = post(client, f"{organ}/split/", whole)
    assert (status, 'name="confirmed"' in shown) == (200, True)
    assert "西湖区养老局" not in names_below(province.unit("西湖区"))


def test_a_unit_is_described(province: Province) -> None:
    client, organ = province.client("何管理"), province.unit("西湖区民政局")
    form: dict[str, object] = {
        "other_names": "西湖区老龄办\r\n\r\n西湖区慈善总会\n西湖区老龄办",
        "nature": "government",
        "phone": "0571-87000000",
        "address": "西湖区文三路1号",
        "note": "与慈善总会合署",
    }
    assert post(client, f"{organ}/edit/", form)[0] == 204
    page = page_of(client, f"{organ}/")
    for said in ("西湖区老龄办、西湖区慈善总会", "行政机关", "西湖区文三路1号", "与慈善总会合署"):
        assert said in page
    entry = AuditEntry.objects.get(action="org.unit.updated")
    assert entry.detail["after"]["other_names"] == ["西湖区老龄办", "西湖区慈善总会"]
    assert "西湖区老龄办\n西湖区慈善总会" in page_of(client, f"{organ}/edit/")
    assert post(client, f"{organ}/edit/", form)[0] == 204
    assert AuditEntry.objects.filter(action="org.unit.updated").count() == 1


def test_an_abolition_names_who_goes_on(province: Province) -> None:
    client, organ = province.client("何管理"), province.unit("西湖区民政局")
    added = client.post(
        f"/administration/units/{organ}/add/", {"kind": "department", "name": "临时科"}
    )
    unit = int(added["HX-Redirect"].rpartition("=")[2])
    form: dict[str, object] = {"successor_id": province.unit("西湖区民政局/办公室")}
    status, shown = post(client, f"{unit}/abolish/", form)
    assert (status, "原编码以后指向“办公室”" in shown) == (200, True)
    assert '<button class="button danger" type="submit" name="confirmed"' in shown
    answer = client.post(f"/administration/units/{unit}/abolish/", form | CONFIRMED)
    assert answer["HX-Redirect"] == f"/administration/?unit={organ}"
    gone = page_of(client, f"{unit}/changes/")
    assert "由谁承接" in gone
    assert "（空）" not in gone


def test_a_region_gets_another_code_from_above(province: Province) -> None:
    AdminGrant.objects.create(
        person_id=province.person("何管理"),
        role="org",
        root_id=province.unit("杭州市"),
        valid_from=factories.FOUNDED,
    )
    client, county = province.client("何管理"), province.unit("西湖区")
    status, wrong = post(client, f"{county}/code/", {"code": "330299"})
    assert (status, "应以上级编码 3301 开头" in wrong) == (422, True)
    assert post(client, f"{county}/code/", {"code": "330199000000"})[0] == 204
    assert units.names([county])[county].code == "330199"


@pytest.mark.parametrize(
    "dialog", ["", "changes/", "move/", "merge/", "split/", "abolish/", "edit/"]
)
def test_a_name_full_of_markup_is_text(province: Province, dialog: str) -> None:
    client, unit = province.client("何管理"), province.unit("西湖区民政局/一科")
    name = "<script>alert(1)</script>'\"&"
    form: dict[str, object] = {"name": name, "short_name": name[:20], "basis": "<b>文</b>"}
    assert post(client, f"{unit}/rename/", form)[0] == 204
    page = page_of(client, f"{unit}/{dialog}")
    assert "<script>alert" not in page
    assert "<b>文" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_the_history_is_for_administrators_of_the_unit(province: Province) -> None:
    unit = province.unit("西湖区民政局/一科")
    assert "还没有变更" in page_of(province.client("何管理"), f"{unit}/changes/")
    for person in ("马科员", "王伟民"):
        address = f"/administration/units/{unit}/changes/"
        assert province.client(person).get(address).status_code == 404


def test_a_name_that_another_changed_meanwhile_is_not_overwritten_unread(
    province: Province,
) -> None:
    client, unit = province.client("何管理"), province.unit("西湖区民政局/一科")
    address = f"/administration/units/{unit}/rename/"
    opened = client.get(address).content.decode()
    seen = opened.partition('name="seen" value="')[2].partition('"')[0]
    assert seen
    assert client.post(address, {"name": "业务一科", "seen": seen}).status_code == 204
    late = client.post(address, {"name": "业务二科", "seen": seen})
    page = late.content.decode()
    assert late.status_code == 422
    assert "内容已被他人修改：现为名称“业务一科”" in page
    assert 'value="业务二科"' in page
    assert Unit.objects.get(pk=unit).name == "业务一科"
    anew = page.partition('name="seen" value="')[2].partition('"')[0]
    assert client.post(address, {"name": "业务二科", "seen": anew}).status_code == 204
    assert Unit.objects.get(pk=unit).name == "业务二科"


def test_a_move_names_from_where_to_where(province: Province) -> None:
    unit, target = province.unit("西湖区民政局/一科"), province.unit("西湖区卫生健康局")
    page = province.client("何管理").post(
        f"/administration/units/{unit}/move/", {"parent_id": target}
    )
    county = "浙江省 / 杭州市 / 西湖区"
    way = f"“一科”从“{county} / 西湖区民政局”移到“{county} / 西湖区卫生健康局”之下"
    assert way in page.content.decode()
