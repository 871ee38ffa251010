"""The frame around every page: who sees it, what it says, what it sends."""

import json
from urllib.parse import urlencode

import pytest
from django.test import Client

from tests.conftest import Budget
from tests.factories import Province

SCREENS = ("/", "/messages/", "/documents/", "/approvals/", "/directory/", "/apps/")


@pytest.mark.parametrize("screen", SCREENS)
def test_a_stranger_is_sent_to_sign_in_and_back(screen: str, db: None) -> None:
    answer = Client().get(screen)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/?next=")


@pytest.mark.parametrize("screen", SCREENS)
def test_every_screen_opens_for_a_civil_servant(screen: str, province: Province) -> None:
    answer = province.client("张晓梅").get(screen)
    assert answer.status_code == 200
    page = answer.content.decode()
    assert 'aria-current="page"' in page
    assert "西湖区民政局 办公室" in page
    assert "非涉密·内部" in page


def test_administration_is_on_the_rail_of_administrators_only(province: Province) -> None:
    assert "系统管理" in province.client("何管理").get("/").content.decode()
    assert "系统管理" not in province.client("张晓梅").get("/").content.decode()


def test_htmx_of_a_stranger_keeps_its_page_and_is_told(db: None) -> None:
    answer = Client().get("/today/", headers={"HX-Request": "true"})
    assert answer.status_code == 401
    assert json.loads(answer["HX-Trigger"]) == {"signed-out": True}
    assert answer["HX-Reswap"] == "none"
    assert "HX-Redirect" not in answer


def test_a_script_of_a_stranger_is_refused_in_json(db: None) -> None:
    answer = Client().get("/counters/", headers={"Accept": "application/json"})
    assert answer.status_code == 401
    assert answer.json()["code"] == "NOT_SIGNED_IN"


@pytest.mark.parametrize(
    ("referer", "back"),
    [
        ("http://testserver/approvals/7/?tab=flow", "/approvals/7/?tab=flow"),
        ("https://evil.example/approvals/7/", "/"),
        ("", "/"),
    ],
)
def test_a_form_of_a_stranger_leads_back_to_its_page(referer: str, back: str, db: None) -> None:
    answer = Client().post("/administration/audit/verify/", headers={"Referer": referer})
    assert answer["Location"] == f"/accounts/login/?{urlencode({'next': back})}"


def test_a_page_that_is_not_there_says_so_in_chinese(province: Province) -> None:
    answer = province.client("张晓梅").get("/no/such/page/")
    assert answer.status_code == 404
    assert "内容不存在，或您无权查看" in answer.content.decode()


def test_a_form_without_its_token_is_refused_in_chinese(province: Province) -> None:
    client = Client(enforce_csrf_checks=True)
    answer = client.post("/accounts/login/", {"login": "x", "password": "y"})
    assert answer.status_code == 403
    assert "页面已过期" in answer.content.decode()


def test_the_frame_of_an_empty_workbench_costs_a_fixed_number_of_queries(
    province: Province, budget: Budget
) -> None:
    client = province.client("张晓梅")
    with budget("workbench.home"):
        assert client.get("/").status_code == 200


def test_counters_cost_a_fixed_number_of_queries(province: Province, budget: Budget) -> None:
    client = province.client("张晓梅")
    with budget("workbench.counters"):
        answer = client.get("/counters/")
    names = (
        "approvals",
        "documents",
        "messages",
        "notices",
        "dings",
        "inbox",
        "reviews",
        "plans",
        "administration",
    )
    assert answer.json() == dict.fromkeys(names, 0)
