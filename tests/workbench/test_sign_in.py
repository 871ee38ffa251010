"""Signing in: the page, the wrong password, the lockout that looks the same, signing out."""

import pytest
from django.test import Client

from tests.factories import PASSWORD, Province

LOGIN = "/accounts/login/"


def _try(client: Client, username: str, password: str, *, address: str = "10.1.1.1") -> str:
    form = {"login": username, "password": password}
    answer = client.post(LOGIN, form, REMOTE_ADDR=address)
    return str(answer.get("Location") or _refusal(answer.content.decode()))


def _refusal(page: str) -> str:
    start = page.index('id="login-error"><span>') + len('id="login-error"><span>')
    return page[start : page.index("</span>", start)]


def test_the_page_is_in_chinese_and_says_what_may_be_handled(db: None) -> None:
    page = Client().get(LOGIN).content.decode()
    assert "<title>登录 - 同文</title>" in page
    assert "非涉密·内部" in page
    assert 'lang="zh-CN"' in page


def test_the_right_password_leads_to_the_workbench(province: Province) -> None:
    client = Client()
    assert _try(client, "zhangxiaomei", PASSWORD) == "/"
    assert "张晓梅" in client.get("/").content.decode()


def test_signing_in_leads_back_to_where_one_wanted_to_go(province: Province) -> None:
    form = {"login": "zhangxiaomei", "password": PASSWORD, "next": "/directory/?q=sxf"}
    assert Client().post(LOGIN, form)["Location"] == "/directory/?q=sxf"


@pytest.mark.parametrize("target", ["//evil.example", "/\\evil.example", "javascript:alert(1)"])
def test_a_target_elsewhere_leads_home(target: str, province: Province) -> None:
    form = {"login": "zhangxiaomei", "password": PASSWORD, "next": target}
    assert Client().post(LOGIN, form)["Location"] == "/"


def test_a_wrong_name_and_a_wrong_password_read_the_same(province: Province) -> None:
    wrong_password = _try(Client(), "zhangxiaomei", "not-the-password")
    wrong_name = _try(Client(), "nobody-at-all", "not-the-password")
    assert wrong_password == wrong_name != ""


def test_after_five_failures_the_right_password_is_refused_in_the_same_words(
    province: Province,
) -> None:
    client = Client()
    said = {_try(client, "zhangxiaomei", "not-the-password") for _ in range(5)}
    said.add(_try(client, "zhangxiaomei", PASSWORD))
    assert len(said) == 1
    assert client.get("/").status_code == 302


def test_a_lockout_leaves_others_elsewhere_alone(province: Province) -> None:
    for _ in range(5):
        _try(Client(), "zhangxiaomei", "not-the-password")
    assert _try(Client(), "wangweimin", PASSWORD, address="10.2.2.2") == "/"


def test_signing_in_takes_a_new_session_id(province: Province) -> None:
    client = Client()
    client.get(LOGIN)
    session = client.session
    session["planted"] = True
    session.save()
    before = session.session_key
    _try(client, "zhangxiaomei", PASSWORD)
    assert client.session.session_key != before


def test_signing_out_ends_the_session(province: Province) -> None:
    client = province.client("张晓梅")
    assert client.get("/accounts/logout/").status_code == 200
    assert client.get("/").status_code == 200
    assert client.post("/accounts/logout/")["Location"] == LOGIN
    assert client.get("/").status_code == 302


@pytest.mark.parametrize("address", ["signup/", "password/reset/", "password/set/", "email/"])
def test_nobody_signs_up_or_resets_a_password_by_mail(db: None, address: str) -> None:
    assert Client().get(f"/accounts/{address}").status_code == 404
    assert Client().post(f"/accounts/{address}").status_code == 404


def test_the_pages_of_the_account_are_drawn_in_our_look(province: Province) -> None:
    client = province.client("张晓梅")
    for address in ("/accounts/password/change/", "/accounts/2fa/"):
        page = client.get(address, follow=True).content.decode()
        assert "workbench/base.css" in page
        assert "Menu:" not in page


def test_an_empty_field_is_told_in_the_words_of_every_other_page(province: Province) -> None:
    client = province.client("张晓梅")
    page = client.post("/accounts/password/change/", {}).content.decode()
    assert page.count("此项必填") == 3
    assert "你的" not in page
    assert "这个字段" not in page
