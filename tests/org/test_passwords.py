"""What a password must be, how long it holds, and whose it is."""

from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth import password_validation
from django.core.exceptions import ValidationError
from django.test import Client, override_settings
from django.utils import timezone

from core import actor
from org import errors
from org.credentials import passwords
from org.models import Account, PasswordPast
from org.services import accounts
from tests import factories

pytestmark = pytest.mark.django_db

CHANGE = "/accounts/password/change/"
DENGBAO = override_settings(
    AUTH_PASSWORD_VALIDATORS=settings.PASSWORD_RULES["dengbao"],
    PASSWORD_HISTORY=5,
    PASSWORD_MAX_AGE_DAYS=90,
)
ASVS = override_settings(
    AUTH_PASSWORD_VALIDATORS=settings.PASSWORD_RULES["asvs"],
    PASSWORD_HISTORY=0,
    PASSWORD_MAX_AGE_DAYS=None,
)


def signed_in(username: str, password: str) -> Client:
    client = Client()
    answer = client.post("/accounts/login/", {"login": username, "password": password})
    assert answer.status_code == 302
    return client


def account_of(province: factories.Province, name: str = "王伟民") -> Account:
    return Account.objects.get(pk=province.accounts[name])


def is_taken(password: str, account: Account) -> bool:
    try:
        password_validation.validate_password(password, user=account)
    except ValidationError:
        return False
    return True


@pytest.mark.parametrize(
    ("password", "dengbao", "asvs"),
    [
        ("Lotus-Bridge-58", True, True),
        ("lotus bridge rain tea", False, True),  # two classes; ASVS asks for length alone
        ("湖边的桥下有三只白鹭在睡觉", False, True),
        ("Lotus-58", False, False),  # too short
        ("lotusbridge12345", False, True),
        ("Password@2026", False, False),
        ("P@ssw0rd123456", False, False),
        ("Zhejiang@20261123", False, False),
        ("Tongwen-2026!!", False, False),
        ("1qaz2wsx3edc4rfv", False, False),  # on every guesser's list
        ("Aa1!Aa1!Aa1!", False, False),  # four characters over and over
        ("WangWeimin@2026", False, False),  # the owner's name
    ],
)
def test_each_profile_takes_and_refuses(
    province: factories.Province, password: str, dengbao: bool, asvs: bool
) -> None:
    account = account_of(province)
    with DENGBAO:
        assert is_taken(password, account) == dengbao
    with ASVS:
        assert is_taken(password, account) == asvs


def test_passwords_of_chance_pass_both_profiles(province: factories.Province) -> None:
    account = account_of(province)
    for rules in (DENGBAO, ASVS):
        with rules:
            assert all(is_taken(passwords.fresh(), account) for _ in range(50))


def test_the_last_five_passwords_are_not_taken_again(province: factories.Province) -> None:
    account_id, platform = province.accounts["王伟民"], actor.system("test")
    used = [factories.PASSWORD, *(f"Lotus-Bridge-{number}" for number in range(1, 6))]
    with DENGBAO:
        for password in used[1:]:
            accounts.set_password(
                actor=platform, account_id=account_id, password=password, now=timezone.now()
            )
        for password in used[1:]:
            with pytest.raises(errors.PasswordUsedBefore):
                accounts.set_password(
                    actor=platform, account_id=account_id, password=password, now=timezone.now()
                )
        assert account_of(province).check_password(used[-1])
        accounts.set_password(
            actor=platform, account_id=account_id, password=used[0], now=timezone.now()
        )
    assert account_of(province).check_password(used[0])


def test_the_page_says_that_a_password_was_used_before(province: factories.Province) -> None:
    client = signed_in("wangweimin", factories.PASSWORD)
    form = {
        "oldpassword": factories.PASSWORD,
        "password1": factories.PASSWORD,
        "password2": factories.PASSWORD,
    }
    page = client.post(CHANGE, form).content.decode()
    assert "不能使用最近 5 次用过的密码" in page
    assert not PasswordPast.objects.exists()


def test_a_password_of_the_administrators_is_changed_before_anything_else(
    province: factories.Province,
) -> None:
    person_id = province.person("王伟民")
    given = province.client("何管理").post(f"/administration/people/{person_id}/account/password/")
    password = given.context["password"]
    client = signed_in("wangweimin", password)
    assert (client.get("/").status_code, client.get("/")["Location"]) == (302, CHANGE)
    refused = client.get("/api/v1/org/units")
    assert (refused.status_code, refused.json()["code"]) == (403, "ORG_PASSWORD_DUE")
    fragment = client.get("/directory/", headers={"HX-Request": "true"})
    assert (fragment.status_code, fragment["HX-Redirect"]) == (204, CHANGE)
    assert "当前密码由管理员设置" in client.get(CHANGE).content.decode()
    own = "Lotus-Bridge-58"
    form = {"oldpassword": password, "password1": own, "password2": own}
    assert client.post(CHANGE, form)["Location"] == "/"
    assert client.get("/").status_code == 200
    assert signed_in("wangweimin", own).get("/").status_code == 200


def test_the_page_says_what_is_wrong_in_chinese(province: factories.Province) -> None:
    client = signed_in("wangweimin", factories.PASSWORD)
    form = {"oldpassword": factories.PASSWORD, "password1": "short", "password2": "short"}
    page = client.post(CHANGE, form).content.decode()
    assert "密码至少 12 个字符" in page
    assert "characters" not in page


def test_an_account_that_was_just_opened_begins_with_an_own_password(
    province: factories.Province,
) -> None:
    opened = accounts.open_account(
        actor=province.actor("何管理"),
        person_id=_newcomer(province),
        username="xinren",
        password="Quite-Long-7-Words",
        now=timezone.now(),
    )
    assert Account.objects.get(pk=opened).must_change_password


def _newcomer(province: factories.Province) -> int:
    answer = province.client("何管理").post(
        f"/api/v1/org/units/{province.unit('西湖区民政局/一科')}/people",
        {"name": "新人", "title": "科员", "function": "staff"},
        content_type="application/json",
    )
    person_id: int = answer.json()["person_id"]
    return person_id


def test_a_password_holds_ninety_days_by_dengbao_and_for_ever_by_asvs(
    province: factories.Province,
) -> None:
    client = signed_in("wangweimin", factories.PASSWORD)
    for days, rules, expected in ((89, DENGBAO, 200), (90, DENGBAO, 302), (900, ASVS, 200)):
        set_at = timezone.now() - timedelta(days=days)
        Account.objects.filter(username="wangweimin").update(password_set_at=set_at)
        with rules:
            assert client.get("/").status_code == expected, days
    Account.objects.filter(username="wangweimin").update(password_set_at=None)
    with DENGBAO:  # as old as the account, which was opened long ago
        assert client.get("/")["Location"] == CHANGE


def test_no_socket_opens_before_the_password_is_changed(
    province: factories.Province, client: Client
) -> None:
    Account.objects.filter(username="wangweimin").update(must_change_password=True)
    held = signed_in("wangweimin", factories.PASSWORD)
    ticket: Any = held.post("/api/v1/messaging/ws-ticket", {}, content_type="application/json")
    assert (ticket.status_code, ticket.json()["code"]) == (403, "ORG_PASSWORD_DUE")
