"""系统管理, people: the person's page, changes, transfers, leaving and handing over."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from org.models import Appointment, Handover, HandoverItem, Person, ReviewRequest
from org.queries import appointments
from tests.conftest import Budget
from tests.factories import Province

ADMIN = "何管理"


def _page(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return str(answer.content.decode())


def _held(person_id: int) -> list[tuple[int, str]]:
    held = appointments.of_person(person_id, at=timezone.now())
    return [(one.unit_id, one.title) for one in held]


def _transfer(province: Province, unit: str) -> dict[str, object]:
    return {
        "unit_id": province.unit(unit),
        "from_appointment_id": province.appointments["曾国强"],
        "title": "副主任",
        "function": "deputy",
    }


@pytest.mark.parametrize("part", ["", "edit/", "transfer/", "leave/", "return/"])
def test_a_person_of_the_next_county_does_not_exist(part: str, province: Province) -> None:
    address = f"/administration/people/{province.person('曾国强')}/{part}"
    assert province.client("马科员").get(address).status_code == 404
    assert province.client("单小芳").get(address).status_code == 404


def test_the_persons_page_tells_posts_and_rights(province: Province) -> None:
    page = _page(province.client(ADMIN), f"/administration/people/{province.person('王伟民')}/")
    assert "浙江省 / 杭州市 / 西湖区 / 西湖区民政局" in page
    assert "138****0015" in page
    assert "没有管理权限" in page
    assert "办理离职" in page


def test_an_administrators_own_page_offers_no_promotion(province: Province) -> None:
    page = _page(province.client(ADMIN), f"/administration/people/{province.person(ADMIN)}/")
    for offer in ("修改信息", "调动", "办理离职"):
        assert offer not in page


def test_the_unit_lists_people_with_their_terms(province: Province) -> None:
    unit = province.unit("西湖区卫生健康局")
    day = timezone.localdate() + timedelta(days=30)
    last = day + timedelta(days=90)
    form = {
        "person_id": province.person("曾国强"),
        "title": "挂职副局长",
        "function": "deputy",
        "kind": "temporary_posting",
        "valid_from": day.isoformat(),
        "valid_to": last.isoformat(),
    }
    client = province.client(ADMIN)
    assert client.post(f"/administration/units/{unit}/appoint/", form).status_code == 204
    page = _page(client, f"/administration/?unit={unit}")
    assert "待生效" in page
    assert f"{day:%Y-%m-%d} 起" in page
    assert f"至 {last:%Y-%m-%d}" in page
    made = Appointment.objects.get(kind="temporary_posting")
    assert timezone.localtime(made.valid_to).date() == last + timedelta(days=1)


def test_a_persons_name_and_phone_are_corrected(province: Province) -> None:
    person = province.person("曾国强")
    address = f"/administration/people/{person}/edit/"
    client = province.client(ADMIN)
    assert "138****0018" in _page(client, address)
    wrong = client.post(address, {"name": "曾国强", "phone": "12"})
    assert wrong.status_code == 422
    assert "请填写 11 位手机号码" in wrong.content.decode()
    right = {"name": "曾国祥", "job_level": "三级主任科员", "staff_number": "XH-7", "phone": ""}
    assert client.post(address, right).status_code == 204
    row = Person.objects.get(pk=person)
    assert (row.name, row.job_level, row.staff_number) == ("曾国祥", "三级主任科员", "XH-7")
    assert row.phone_cipher is not None


def test_people_change_places_within_their_rank(province: Province) -> None:
    unit = province.unit("西湖区民政局/一科")
    client = province.client(ADMIN)
    form = {"name": "新科员", "title": "科员", "function": "staff"}
    assert client.post(f"/administration/units/{unit}/admit/", form).status_code == 204
    dialog = _page(client, f"/administration/units/{unit}/order/")
    # 曾国强 is alone in his rank and moves nowhere.
    assert re.findall(r'(disabled)? aria-label="上移(\w+)"', dialog) == [
        ("disabled", "曾国强"),
        ("disabled", "单小芳"),
        ("", "新科员"),
    ]
    made = Appointment.objects.get(person__name="新科员")
    moved = client.post(f"/administration/appointments/{made.pk}/up/")
    names = re.findall(r'aria-label="上移(\w+)"', moved.content.decode())
    assert names == ["曾国强", "新科员", "单小芳"]


def test_a_transfer_says_what_it_touches_and_asks_the_other_side(province: Province) -> None:
    client = province.client(ADMIN)
    head = province.person("王伟民")
    assert "西湖区民政局 局长暂缺" in _page(client, f"/administration/people/{head}/transfer/")
    person = province.person("曾国强")
    address = f"/administration/people/{person}/transfer/"
    assert "须对方单位同意后生效" in _page(client, address)
    assert client.post(address, _transfer(province, "上城区民政局")).status_code == 204
    assert ReviewRequest.objects.get().summary.startswith("将曾国强由")
    assert _held(person) == [(province.unit("西湖区民政局/一科"), "科长")]
    same = client.post(address, _transfer(province, "西湖区民政局/一科"))
    assert same.status_code == 422
    assert "与现任职组织相同" in same.content.decode()
    assert client.post(address, _transfer(province, "西湖区卫生健康局")).status_code == 204
    assert _held(person) == [(province.unit("西湖区卫生健康局"), "副主任")]


def test_the_head_of_a_handover_counts_the_rows_below_it(province: Province) -> None:
    client, person = province.client(ADMIN), province.person("王伟民")
    left = client.post(f"/administration/people/{person}/leave/", {"reason": "retired"})
    assert left.status_code == 204
    arrived: list[HandoverItem] = []

    def arrive(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        """Another item is noted by a worker once the page has read the departure."""
        found = execute(sql, params, many, context)
        if "FROM org_handover h" in sql and not arrived:
            left = Handover.objects.get()
            arrived.append(HandoverItem.objects.create(handover=left, kind="grant", subject="g"))
        return found

    with connection.execute_wrapper(arrive):
        page = _page(client, f"/administration/people/{person}/")
    assert page.count('class="handover-item') == 2
    assert "0 / 2 项已办结" in page


def test_leaving_shows_what_ends_and_the_list_is_worked_off(province: Province) -> None:
    client = province.client(ADMIN)
    person = province.person("王伟民")
    address = f"/administration/people/{person}/leave/"
    preview = _page(client, address)
    assert "结束任职：浙江省 / 杭州市 / 西湖区 / 西湖区民政局 局长" in preview
    assert "停用账号，所有设备退出登录" in preview
    assert Person.objects.get(pk=person).status == "active"
    assert '<option value="" selected>请选择</option>' in preview
    assert "目录同步注销" not in preview
    for reason in ("", "scim"):
        assert client.post(address, {"reason": reason}).status_code == 422
    assert Person.objects.get(pk=person).status == "active"
    assert client.post(address, {"reason": "retired"}).status_code == 204
    page = _page(client, f"/administration/people/{person}/")
    assert "已离职 · 退休" in page
    assert "王伟民已离职，请办理交接" in page
    assert "0 / 1 项已办结" in page
    assert "王伟民" in _page(client, "/administration/departures/")
    assert "王伟民" not in _page(province.client("马科员"), "/administration/departures/")
    item = HandoverItem.objects.get()
    settle = f"/administration/handover-items/{item.pk}/"
    assert province.client("马科员").get(settle).status_code == 404
    assert client.post(settle, {"successor_id": province.person("李建国")}).status_code == 204
    assert "由李建国接手" in _page(client, f"/administration/people/{person}/")
    assert Handover.objects.get().closed_at is not None
    assert "没有待交接的离职人员" in _page(client, "/administration/departures/")
    back = {"unit_id": province.unit("西湖区民政局"), "title": "调研员", "function": "staff"}
    assert client.post(f"/administration/people/{person}/return/", back).status_code == 204
    assert _held(person) == [(province.unit("西湖区民政局"), "调研员")]
    assert "已复职" in _page(client, "/administration/departures/?state=all")


def test_who_leaves_nothing_behind_calls_for_no_handover(province: Province) -> None:
    client, person = province.client(ADMIN), province.person("曾国强")
    left = client.post(f"/administration/people/{person}/leave/", {"reason": "contract"})
    assert left.status_code == 204
    page = _page(client, f"/administration/people/{person}/")
    assert "曾国强已离职" in page
    assert "请办理交接" not in page


def test_posts_are_kept_on_their_page(province: Province) -> None:
    client = province.client(ADMIN)
    unit = province.unit("西湖区民政局")
    address = f"/administration/units/{unit}/posts/"
    page = _page(client, address)
    assert "1 / 未核定" in page
    form = {"title": "副局长", "function": "deputy", "rank": "20", "establishment": "2"}
    taken = client.post(f"{address}add/", form)
    assert taken.status_code == 422
    assert "该组织已有名为“副局长”的岗位" in taken.content.decode()
    post = re.search(
        r'hx-get="/administration/posts/(\d+)/" hx-target="#dialog" aria-label="修改岗位副', page
    )
    assert post is not None
    assert client.post(f"/administration/posts/{post[1]}/", form).status_code == 204
    assert "1 / 2" in _page(client, address)
    assert province.client("马科员").get(address).status_code == 404


def test_names_and_titles_are_shown_as_text(province: Province) -> None:
    client = province.client(ADMIN)
    unit = province.unit("西湖区民政局")
    nasty = '"><img src=x onerror=alert(1)>'
    form = {"name": "名", "title": nasty, "function": "staff", "staff_number": "A-1"}
    assert client.post(f"/administration/units/{unit}/admit/", form).status_code == 204
    person = Person.objects.get(staff_number="A-1")
    pages = [
        f"/administration/?unit={unit}",
        f"/administration/people/{person.pk}/",
        f"/administration/units/{unit}/order/",
        f"/administration/units/{unit}/posts/",
    ]
    for address in pages:
        page = _page(client, address)
        assert "<img src=x" not in page, address
        assert "&lt;img src=x" in page, address


def test_a_persons_page_costs_a_fixed_number_of_queries(province: Province, budget: Budget) -> None:
    client = province.client(ADMIN)
    with budget("workbench.administration.person"):
        assert client.get(f"/administration/people/{province.person('王伟民')}/").status_code == 200
