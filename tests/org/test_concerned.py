"""What a second person is told of the units concerned, and what waits about a unit."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from core.actor import system
from core.models import AuditEntry
from messaging.queries import notices
from org.kinds import AdminRole
from org.models import ReviewRequest, Unit
from org.policies import Wanted
from org.services import authority
from tests.factories import Province

pytestmark = pytest.mark.django_db


@pytest.fixture
def second(province: Province) -> Client:
    """吕安全 is a second organisation administrator of 西湖区."""
    authority.grant(
        actor=system("test"),
        person_id=province.person("吕安全"),
        wanted=Wanted(AdminRole.ORG, province.unit("西湖区")),
        now=timezone.now(),
    )
    return province.client("吕安全")


def _send(client: Client, path: str, **body: object) -> Any:
    return client.post(f"/api/v1/org/{path}", body, content_type="application/json")


def _new_organ(client: Client, province: Province, name: str) -> int:
    county = province.unit("西湖区")
    made = _send(client, f"units/{county}/children", name=name, kind="organ")
    assert made.status_code == 201, made.json()
    return int(made.json()["id"])


def test_the_second_person_is_told_which_unit_is_meant(province: Province, second: Client) -> None:
    first = province.client("何管理")
    organ = _new_organ(first, province, "西湖区数据局")
    asked = _send(first, f"units/{organ}/abolish")
    assert asked.status_code == 202, asked.json()
    page = second.get(f"/administration/requests/{asked.json()['request_id']}/").content.decode()
    assert "撤销的组织" in page
    assert f'href="/administration/?unit={organ}"' in page
    assert "浙江省 / 杭州市 / 西湖区<br>" in page
    assert f"编码 {Unit.objects.get(pk=organ).code} · 下级组织 0 个 · 人员 0 人" in page


def test_the_same_act_is_asked_once_and_shown_at_the_unit(
    province: Province, second: Client
) -> None:
    first = province.client("何管理")
    organ = _new_organ(first, province, "西湖区数据局")
    asked = _send(first, f"units/{organ}/abolish", basis="西政〔2026〕3号")
    again = _send(first, f"units/{organ}/abolish", basis="另一文号")
    assert (again.status_code, again.json()["code"]) == (409, "ORG_ASKED_ALREADY")
    assert ReviewRequest.objects.count() == 1
    mark = f'href="/administration/requests/{asked.json()["request_id"]}/">待复核：撤销组织</a>'
    for client in (first, second):
        assert mark in client.get(f"/administration/?unit={organ}").content.decode()
    other = province.unit("西湖区民政局")
    assert "待复核：" not in first.get(f"/administration/?unit={other}").content.decode()


def test_what_waits_about_an_abolished_unit_lapses(
    province: Province, second: Client, run_jobs: Any
) -> None:
    first = province.client("何管理")
    organ = _new_organ(first, province, "西湖区数据局")
    successor = province.unit("西湖区民政局")
    asked = _send(first, f"units/{organ}/abolish").json()["request_id"]
    moot = _send(first, f"units/{organ}/abolish", successor_id=successor).json()["request_id"]
    assert _send(second, f"requests/{asked}/approve", remark="").status_code == 200
    assert Unit.objects.get(pk=organ).valid_to is not None
    states = dict(ReviewRequest.objects.values_list("id", "state"))
    assert states == {asked: "approved", moot: "lapsed"}
    late = _send(second, f"requests/{moot}/approve", remark="")
    assert (late.status_code, late.json()["code"]) == (409, "ORG_REQUEST_SETTLED")
    assert AuditEntry.objects.filter(action="org.request.lapsed").count() == 1
    run_jobs()
    told = [notice.title for notice in notices.latest(province.person("何管理"), 10)]
    assert sorted(title.partition("：")[0] for title in told) == ["复核已同意", "复核已失效"]
    shown = first.get(f"/administration/requests/{moot}/").content.decode()
    assert "已失效" in shown
