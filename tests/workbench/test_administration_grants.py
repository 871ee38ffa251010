"""系统管理 › 管理权限 and 三员分立: who administers what, granted and taken back on pages."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from core.actor import system
from org.kinds import AdminRole
from org.models import AdminGrant, ReviewRequest
from org.policies import Wanted
from org.queries import authority
from org.services import authority as services
from org.services import requests
from tests.factories import Province

GRANTS = "/administration/grants/"


def _page(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return str(answer.content.decode())


def _wanted(person: int, **given: Any) -> dict[str, Any]:
    form = {"person_id": person, "role": "org", "reach": "entire", "highest_level": ""}
    return {**form, "depth": "0", "until": "", "reason": "", **given}


def _pass_on(province: Province, giver: str, taker: str, wanted: Wanted) -> int:
    done = services.grant(
        actor=province.actor(giver),
        person_id=province.person(taker),
        wanted=wanted,
        now=timezone.now(),
    )
    assert isinstance(done, requests.Done)
    return done.id


def _holds(province: Province, name: str, unit: str) -> bool:
    return authority.administers(
        province.person(name), "org", province.unit(unit), at=timezone.now()
    )


@pytest.mark.parametrize("address", ["", "units/", "people/", "units/find/", "../officers/"])
def test_the_pages_are_not_there_for_others(address: str, province: Province) -> None:
    assert province.client("张晓梅").get(f"{GRANTS}{address}").status_code == 404


def test_my_rights_warn_before_they_end(province: Province) -> None:
    organ = province.unit("西湖区卫生健康局")
    soon = timezone.now() + timedelta(days=3, hours=1)
    _pass_on(province, "何管理", "赵卫东", Wanted(AdminRole.ORG, organ, until=soon))
    _pass_on(province, "何管理", "钱医", Wanted(AdminRole.ORG, organ))
    page = _page(province.client("赵卫东"), GRANTS)
    assert "剩 3 天" in page
    assert "请联系授予人何管理" in page
    assert "请联系授予人" not in _page(province.client("钱医"), GRANTS)


def test_a_unit_shows_own_and_inherited_administrators(province: Province) -> None:
    organ = province.unit("西湖区民政局")
    _pass_on(province, "何管理", "王伟民", Wanted(AdminRole.ORG, organ))
    page = _page(province.client("何管理"), f"{GRANTS}units/?unit={organ}")
    own, inherited = page.index("王伟民"), page.index("上级授权")
    assert own < inherited
    assert page.count("上级授权</span>") == 7
    assert "授予权限" in page


def test_a_unit_of_the_next_county_is_not_there(province: Province) -> None:
    client = province.client("何管理")
    for place in ("上城区", "上城区民政局", "海曙区"):
        unit = province.unit(place)
        assert client.get(f"{GRANTS}units/?unit={unit}").status_code == 404
        assert client.get(f"{GRANTS}units/{unit}/give/").status_code == 403
    found = _page(client, f"{GRANTS}units/find/?q=民政局")
    assert "西湖区民政局" in found
    assert "上城区民政局" not in found
    assert "海曙区民政局" not in found
    city = _page(client, f"{GRANTS}units/?unit={province.unit('杭州市')}")
    assert "西湖区" in city
    assert "上城区" not in city


def test_a_right_is_granted_and_the_page_shows_it(province: Province) -> None:
    organ = province.unit("西湖区民政局")
    client = province.client("何管理")
    form = _wanted(province.person("王伟民"), depth="1", reason="自行维护")
    answer = client.post(f"{GRANTS}units/{organ}/give/", form)
    assert answer.status_code == 204
    assert answer["HX-Redirect"] == f"{GRANTS}units/?unit={organ}"
    given = AdminGrant.objects.get(person_id=province.person("王伟民"))
    assert (given.role, given.root_id, given.delegation_depth) == ("org", organ, 1)
    assert (given.reason, given.granted_by_id) == ("自行维护", province.person("何管理"))
    assert "自行维护" in _page(client, answer["HX-Redirect"])


def test_what_needs_a_second_person_leads_to_its_request(province: Province) -> None:
    city = province.unit("杭州市")
    form = _wanted(province.person("蒋市长"), role="apps")
    answer = province.client("冯副厅").post(f"{GRANTS}units/{city}/give/", form)
    request = ReviewRequest.objects.get()
    assert answer.status_code == 204
    assert answer["HX-Redirect"] == f"/administration/requests/{request.pk}/"
    assert not AdminGrant.objects.filter(person_id=province.person("蒋市长")).exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [("role", "system"), ("depth", "3"), ("reach", "all"), ("until", "昨天"), ("person_id", "")],
)
def test_the_dialog_offers_the_own_limits_and_no_more(
    province: Province, field: str, value: str
) -> None:
    organ = province.unit("西湖区民政局")
    before = AdminGrant.objects.count()
    form = _wanted(province.person("王伟民"), **{field: value})
    answer = province.client("何管理").post(f"{GRANTS}units/{organ}/give/", form)
    assert answer.status_code == 422
    assert AdminGrant.objects.count() == before


def test_granting_twice_is_said_beside_the_role(province: Province) -> None:
    organ = province.unit("西湖区民政局")
    _pass_on(province, "何管理", "王伟民", Wanted(AdminRole.ORG, organ))
    form = _wanted(province.person("王伟民"))
    answer = province.client("何管理").post(f"{GRANTS}units/{organ}/give/", form)
    assert answer.status_code == 422
    assert "该人员已有此项管理权限" in answer.content.decode()


def test_revoking_shows_what_else_ends(province: Province) -> None:
    organ = province.unit("西湖区民政局")
    first = _pass_on(province, "何管理", "王伟民", Wanted(AdminRole.ORG, organ, depth=1))
    _pass_on(province, "王伟民", "李建国", Wanted(AdminRole.ORG, organ))
    client = province.client("何管理")
    dialog = _page(client, f"{GRANTS}{first}/revoke/")
    assert "由此再授出的 1 项权限将一并收回" in dialog
    assert "李建国：西湖区民政局，组织管理员" in dialog
    assert _holds(province, "李建国", "西湖区民政局")
    answer = client.post(f"{GRANTS}{first}/revoke/", {"reason": "轮岗"})
    assert answer.status_code == 204
    assert not _holds(province, "王伟民", "西湖区民政局")
    assert not _holds(province, "李建国", "西湖区民政局")
    assert province.client("马科员").get(f"{GRANTS}{first}/revoke/").status_code == 404


def test_a_person_of_the_scope_is_looked_up(province: Province) -> None:
    organ = province.unit("西湖区民政局")
    _pass_on(province, "何管理", "王伟民", Wanted(AdminRole.ORG, organ))
    client = province.client("何管理")
    assert "王伟民" in _page(client, f"{GRANTS}people/?q=王伟民")
    shown = _page(client, f"{GRANTS}people/{province.person('王伟民')}/")
    assert "组织管理员" in shown
    assert "林上城" not in _page(client, f"{GRANTS}people/?q=林上城").replace('value="林上城"', "")
    assert client.get(f"{GRANTS}people/{province.person('林上城')}/").status_code == 404


def test_the_three_officers_are_named_and_a_vacancy_is_alarming(province: Province) -> None:
    page = _page(province.client("卫二"), "/administration/officers/")
    for name in ("褚一", "卫二", "陈省收"):
        assert name in page
    assert "无人担任" not in page
    held = AdminGrant.objects.get(role="audit")
    services.revoke(actor=system("test"), grant_id=held.pk, now=timezone.now())
    assert "无人担任" in _page(province.client("卫二"), "/administration/officers/")


@pytest.mark.parametrize("role", ["is_staff", "is_superuser", "clearance", "role"])
def test_nobody_makes_himself_more_by_naming_a_field(province: Province, role: str) -> None:
    before = list(AdminGrant.objects.order_by("pk").values())
    client = province.client("张晓梅")
    for path in (f"people/{province.person('张晓梅')}", f"accounts/{province.accounts['张晓梅']}"):
        for method in (client.patch, client.put, client.post):
            answer = method(
                f"/api/v1/org/{path}", {role: "system"}, content_type="application/json"
            )
            assert answer.status_code in (403, 404, 405, 422)
    form = {"person_id": province.person("张晓梅"), "role": "org", role: "system"}
    for name in ("张晓梅", "何管理"):
        answer = province.client(name).post(
            f"/api/v1/org/units/{province.unit('浙江省')}/grants",
            form,
            content_type="application/json",
        )
        assert answer.status_code in (403, 422)
    assert list(AdminGrant.objects.order_by("pk").values()) == before
