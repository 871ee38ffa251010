"""账号服务: whom a helpdesk finds, and what it says of the account."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from org.kinds import AdminRole
from org.models import Account, AdminGrant
from tests.factories import FOUNDED, Province

PAGE = "/administration/accounts/"


@pytest.fixture
def helper(province: Province) -> Client:
    """A browser of 孙收文, who is the helpdesk of 西湖区 and nothing else."""
    AdminGrant.objects.create(
        person_id=province.person("孙收文"),
        role=AdminRole.HELPDESK,
        root_id=province.unit("西湖区"),
        valid_from=FOUNDED,
    )
    return province.client("孙收文")


def _found(client: Client, words: str) -> list[str]:
    answer = client.get(PAGE, {"q": words})
    assert answer.status_code == 200
    return [line.name for line in answer.context["lines"]]


def test_people_are_found_by_username_name_and_pinyin(helper: Client) -> None:
    for words in ("wangweimin", "王伟民", "wwm"):
        assert _found(helper, words) == ["王伟民"]


def test_people_elsewhere_are_not_found(helper: Client) -> None:
    for words in ("linshangcheng", "林上城", "chouhaisheng", "仇海生", "蒋市长"):
        assert _found(helper, words) == []


def test_the_line_says_what_ails_the_account(province: Province, helper: Client) -> None:
    for _ in range(5):
        Client().post("/accounts/login/", {"login": "wangweimin", "password": "wrong"})
    province.client("李建国")
    Account.objects.filter(username="zhangxiaomei").update(is_active=False)
    assert "已锁定" in helper.get(PAGE, {"q": "王伟民"}).content.decode()
    assert "已停用" in helper.get(PAGE, {"q": "张晓梅"}).content.decode()
    [line] = helper.get(PAGE, {"q": "李建国"}).context["lines"]
    assert (line.is_locked, line.has_second_factor, line.sessions) == (False, False, 1)


def test_the_dialog_offers_a_helpdesk_what_it_may_do(province: Province, helper: Client) -> None:
    path = f"/administration/people/{province.person('王伟民')}/account/"
    dialog = helper.get(path).content.decode()
    assert "重置密码" in dialog
    assert "停用账号" not in dialog


def test_a_helpdesk_has_no_hold_on_administrators(province: Province, helper: Client) -> None:
    assert (
        helper.get(f"/administration/people/{province.person('何管理')}/account/").status_code
        == 404
    )
    [line] = helper.get(PAGE, {"q": "何管理"}).context["lines"]
    assert (line.may_help, line.account, line.sessions) == (False, None, 0)


@pytest.mark.parametrize("name", ["王伟民", "陈省收", "冯副厅"])
def test_there_is_no_such_page_for_anybody_else(province: Province, name: str) -> None:
    assert province.client(name).get(PAGE).status_code == 404


@pytest.mark.parametrize("words", ["%", "\x00", "a" * 5000, "' OR 1=1", "王", "<b>"])
def test_odd_words_do_no_harm(helper: Client, words: str) -> None:
    began = timezone.now()
    assert helper.get(PAGE, {"q": words}).status_code == 200
    assert timezone.now() - began < timedelta(seconds=2)


def test_the_list_behind_the_dialog_reads_the_account_again(province: Province) -> None:
    client, person = province.client("何管理"), province.person("王伟民")
    listed = client.get(PAGE, {"q": "王伟民"}).content.decode()
    assert 'hx-trigger="account:changed from:body" hx-select="#accounts"' in listed
    assert 'hx-get="/administration/accounts/?q=%E7%8E%8B%E4%BC%9F%E6%B0%91"' in listed
    account = f"/administration/people/{person}/account/"
    assert "HX-Trigger" not in client.get(account)
    for act, said in (("disable/", "已停用"), ("enable/", "正常"), ("sessions/", "正常")):
        assert client.post(f"{account}{act}")["HX-Trigger"] == "account:changed", act
        assert said in client.get(PAGE, {"q": "王伟民"}).content.decode()
