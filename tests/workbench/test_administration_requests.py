"""系统管理 › 双人复核: what waits, who decides, and how it ends, on pages."""

import pytest
from django.test import Client
from django.utils import timezone

from org.kinds import AdminRole
from org.models import AdminGrant, ReviewRequest
from org.policies import Wanted
from org.services import authority, requests
from tests.conftest import Budget
from tests.factories import Province

REQUESTS = "/administration/requests/"


@pytest.fixture
def request_id(province: Province) -> int:
    """冯副厅 asks to let 蒋市长 administer apps of 杭州市."""
    asked = authority.grant(
        actor=province.actor("冯副厅"),
        person_id=province.person("蒋市长"),
        wanted=Wanted(AdminRole.APPS, province.unit("杭州市"), depth=1),
        reason="市级统一管理",
        now=timezone.now(),
    )
    assert isinstance(asked, requests.Asked)
    return asked.request_id


def _page(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_the_second_person_sees_what_would_happen(
    province: Province, request_id: int, budget: Budget
) -> None:
    client = province.client("卫二")
    with budget("workbench.administration.requests"):
        box = _page(client, REQUESTS)
    assert "授予蒋市长“杭州市”的应用管理员权限" in box
    assert 'data-count="reviews">1</span>' in box
    assert f'href="{REQUESTS}{request_id}/"' in _page(client, "/today/")
    shown = _page(client, f"{REQUESTS}{request_id}/")
    for line in ("可再授权 1 层", "长期有效", "理由：市级统一管理", "冯副厅", "同意并执行"):
        assert line in shown
    assert "撤回申请" not in shown


def test_whoever_asked_sees_who_may_decide_and_may_withdraw(
    province: Province, request_id: int
) -> None:
    client = province.client("冯副厅")
    shown = _page(client, f"{REQUESTS}{request_id}/")
    assert "卫二" in shown
    assert "撤回申请" in shown
    assert "同意并执行" not in shown
    assert client.post(f"{REQUESTS}{request_id}/approve/").status_code == 403
    assert client.post(f"{REQUESTS}{request_id}/withdraw/").status_code == 204
    assert ReviewRequest.objects.get().state == "withdrawn"
    assert "已撤回" in _page(client, f"{REQUESTS}?box=asked")


def test_agreeing_lets_it_happen(province: Province, request_id: int) -> None:
    client = province.client("卫二")
    answer = client.post(f"{REQUESTS}{request_id}/approve/", {"remark": ""})
    assert (answer.status_code, answer["HX-Redirect"]) == (204, f"{REQUESTS}{request_id}/")
    given = AdminGrant.objects.get(person_id=province.person("蒋市长"))
    assert (given.role, given.delegation_depth) == ("apps", 1)
    assert "已同意" in _page(client, f"{REQUESTS}?box=decided")
    late = client.post(f"{REQUESTS}{request_id}/reject/", {"remark": "晚了"})
    assert late.status_code == 409


def test_refusing_takes_a_reason(province: Province, request_id: int) -> None:
    client = province.client("卫二")
    assert client.post(f"{REQUESTS}{request_id}/reject/", {"remark": " "}).status_code == 422
    assert ReviewRequest.objects.get().state == "waiting"
    assert client.post(f"{REQUESTS}{request_id}/reject/", {"remark": "缓议"}).status_code == 204
    assert not AdminGrant.objects.filter(person_id=province.person("蒋市长")).exists()
    assert "缓议" in _page(province.client("冯副厅"), f"{REQUESTS}{request_id}/")


def test_a_request_is_not_there_for_others(province: Province, request_id: int) -> None:
    for name in ("何管理", "陈省收", "张晓梅"):
        client = province.client(name)
        for act, method in (("", client.get), ("approve/", client.post), ("reject/", client.post)):
            assert method(f"{REQUESTS}{request_id}/{act}").status_code == 404, (name, act)
    assert ReviewRequest.objects.get().state == "waiting"
