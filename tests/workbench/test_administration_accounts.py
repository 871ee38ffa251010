"""系统管理, accounts: for the own scope only, and a password is shown once and kept nowhere."""

import re

import pytest
from django.test import Client

from core.models import AuditEntry
from org.queries import accounts
from tests import factories
from tests.factories import Province

_PASSWORD = re.compile(r"data-password>([^<]+)<")


def _address(person_id: int, part: str = "") -> str:
    return f"/administration/people/{person_id}/account/{part}"


def _shown(page: str) -> str:
    found = _PASSWORD.search(page)
    assert found is not None
    return found.group(1)


def _signs_in(username: str, password: str) -> bool:
    form = {"login": username, "password": password}
    return Client().post("/accounts/login/", form).status_code == 302


def _admitted(province: Province, name: str) -> int:
    unit = province.unit("西湖区民政局/一科")
    form = {"name": name, "title": "科员", "function": "staff", "phone": ""}
    client = province.client("何管理")
    assert client.post(f"/administration/units/{unit}/admit/", form).status_code == 204
    page = client.get(f"/administration/units/{unit}/").content.decode()
    found = re.findall(rf"people/(\d+)/account/[^>]*aria-label=\"{name}的账号", page)
    return max(int(person) for person in found)


def test_an_account_is_opened_with_a_password_that_signs_in(
    province: Province, sound_audit: None
) -> None:
    person = _admitted(province, "曾国强")
    client = province.client("何管理")
    offered = client.get(_address(person)).content.decode()
    assert 'value="zengguoqiang2"' in offered
    answer = client.post(_address(person, "open/"), {"username": "zengguoqiang2"})
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "no-store"
    assert _signs_in("zengguoqiang2", _shown(answer.content.decode()))
    entry = AuditEntry.objects.get(action="org.account.opened")
    assert entry.actor_name == "何管理"


def test_a_taken_username_is_said_beside_it(province: Province) -> None:
    person = _admitted(province, "曾思齐")
    answer = province.client("何管理").post(_address(person, "open/"), {"username": "zengguoqiang"})
    assert answer.status_code == 422
    assert 'id="id_username-error">账号已被使用' in answer.content.decode()
    assert accounts.of_person(person) is None


def test_a_reset_password_is_shown_once_and_ends_the_sessions(
    province: Province, sound_audit: None, caplog: pytest.LogCaptureFixture
) -> None:
    person = province.person("曾国强")
    signed_in = province.client("曾国强")
    client = province.client("何管理")
    password = _shown(client.post(_address(person, "password/")).content.decode())
    assert password not in client.get(_address(person)).content.decode()
    assert signed_in.get("/directory/").status_code == 302
    assert not _signs_in("zengguoqiang", factories.PASSWORD)
    assert _signs_in("zengguoqiang", password)
    kept = str(list(AuditEntry.objects.values()))
    assert AuditEntry.objects.filter(action="org.account.password_set").count() == 1
    assert password not in kept
    assert password not in caplog.text


def test_an_account_is_disabled_and_enabled(province: Province) -> None:
    person = province.person("曾国强")
    client = province.client("何管理")
    assert 'hx-confirm="确定停用曾国强的账号吗' in client.get(_address(person)).content.decode()
    assert "已停用" in client.post(_address(person, "disable/")).content.decode()
    assert not _signs_in("zengguoqiang", factories.PASSWORD)
    assert "正常" in client.post(_address(person, "enable/")).content.decode()
    assert _signs_in("zengguoqiang", factories.PASSWORD)


@pytest.mark.parametrize("part", ["open/", "password/", "disable/", "enable/"])
def test_accounts_of_the_next_county_do_not_exist(part: str, province: Province) -> None:
    person = province.person("林上城")
    before = accounts.of_person(person)
    client = province.client("何管理")
    assert client.get(_address(person)).status_code == 404
    assert client.post(_address(person, part), {"username": "linxin"}).status_code == 404
    assert accounts.of_person(person) == before
    assert _signs_in("linshangcheng", factories.PASSWORD)


def test_nobody_resets_or_disables_the_own_account(province: Province) -> None:
    client = province.client("何管理")
    person = province.person("何管理")
    before = accounts.of_person(person)
    assert "重置密码" not in client.get(_address(person)).content.decode()
    for part in ("password/", "disable/"):
        assert client.post(_address(person, part)).status_code == 409
    assert accounts.of_person(person) == before
