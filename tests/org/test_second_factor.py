"""The second factor: sealed, shown once each, and asked of administrators."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from allauth.mfa import urls as mfa_urls
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from django.core.cache import cache
from django.db import connection
from django.test import Client, override_settings
from django.urls import URLResolver, resolve, reverse
from django.utils import timezone

from core import actor
from core.models import AuditEntry
from org import errors
from org.credentials import totp
from org.models import AccountSession
from org.services import second_factors
from tests import factories

pytestmark = pytest.mark.django_db

SIGN_IN = "/accounts/login/"
AUTHENTICATE = "/accounts/2fa/authenticate/"
ACTIVATE = "/accounts/2fa/totp/activate/"


def password_given(username: str) -> Client:
    client = Client()
    client.post(SIGN_IN, {"login": username, "password": factories.PASSWORD})
    return client


def code_of(secret: str, *, steps: int = 0) -> str:
    return totp.code_at(secret, totp.counter_at(timezone.now()) + steps)


def enrolled(province: factories.Province, name: str) -> str:
    secret = totp.fresh_secret()
    second_factors.enrol(
        actor=actor.system("test"),
        account_id=province.accounts[name],
        secret=secret,
        now=timezone.now(),
    )
    return secret


def set_up(client: Client) -> str:
    """The secret of the second factor that the person has just set up; the code is used up."""
    client.post("/accounts/reauthenticate/", {"password": factories.PASSWORD})
    client.get(ACTIVATE)
    secret: str = client.session["mfa.totp.secret"]
    assert client.post(ACTIVATE, {"code": code_of(secret)}).status_code == 302
    return secret


@contextmanager
def _without_an_audit_log() -> Iterator[None]:
    """Nothing can be written there."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE core_auditentry RENAME TO core_auditentry_away")
        try:
            yield
        finally:
            cursor.execute("ALTER TABLE core_auditentry_away RENAME TO core_auditentry")


def _patterns(patterns: list[Any]) -> Iterator[Any]:
    for one in patterns:
        if isinstance(one, URLResolver):
            yield from _patterns(one.url_patterns)
        else:
            yield one


def enter(client: Client, code: str) -> bool:
    return bool(client.post(AUTHENTICATE, {"code": code}).status_code == 302)


def test_codes_are_those_of_rfc_6238() -> None:
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"  # appendix B, the last six of its eight digits
    for seconds, code in ((59, "287082"), (1111111109, "081804"), (20000000000, "353130")):
        assert totp.code_at(secret, seconds // 30) == code


def test_the_secret_is_stored_sealed_and_its_code_signs_in(province: factories.Province) -> None:
    secret = set_up(password_given("wangweimin"))
    stored = Authenticator.objects.filter(user_id=province.accounts["王伟民"])
    assert secret not in json.dumps(list(stored.values_list("data", flat=True)))
    sealed = stored.get(type=Authenticator.Type.TOTP).data["secret"]
    assert get_adapter().decrypt(sealed) == secret
    assert sealed != get_adapter().encrypt(secret)

    again = password_given("wangweimin")
    assert again.get("/").status_code == 302
    wrong = "000000" if code_of(secret, steps=1) != "000000" else "111111"
    assert not enter(again, wrong)
    assert enter(again, code_of(secret, steps=1))
    assert again.get("/").status_code == 200


def test_a_code_signs_in_once_whatever_becomes_of_the_cache(province: factories.Province) -> None:
    secret = enrolled(province, "王伟民")
    code = code_of(secret)
    assert enter(password_given("wangweimin"), code)
    cache.clear()
    thief = password_given("wangweimin")
    assert not enter(thief, code)
    assert not enter(thief, code_of(secret, steps=-1))  # nor one that is older
    assert thief.get("/").status_code == 302
    assert AuditEntry.objects.filter(action="org.sign_in.failed").count() == 2


def test_the_code_that_set_it_up_signs_nobody_in(
    province: factories.Province, django_capture_on_commit_callbacks: Any
) -> None:
    client = password_given("wangweimin")
    client.post("/accounts/reauthenticate/", {"password": factories.PASSWORD})
    client.get(ACTIVATE)
    code = code_of(client.session["mfa.totp.secret"])
    with django_capture_on_commit_callbacks(execute=True):
        client.post(ACTIVATE, {"code": code})
    assert not enter(password_given("wangweimin"), code)


def test_a_clock_may_be_off_by_half_a_minute_and_no_more(province: factories.Province) -> None:
    secret, now = enrolled(province, "王伟民"), timezone.now()
    account_id = province.accounts["王伟民"]
    present = totp.counter_at(now)
    for steps, taken in ((-2, False), (2, False), (-1, True), (1, True)):
        code = totp.code_at(secret, present + steps)
        redeemed = second_factors.redeem(
            actor=actor.system("test"), account_id=account_id, code=code, now=now
        )
        assert (redeemed is not None) == taken, steps


def test_five_wrong_codes_lock_the_second_factor(province: factories.Province) -> None:
    secret = enrolled(province, "王伟民")
    client = password_given("wangweimin")
    wrong = next(c for c in ("000000", "111111", "222222") if c != code_of(secret))
    for _ in range(5):
        assert not enter(client, wrong)
    assert not enter(client, code_of(secret))


def test_recovery_codes_are_shown_once_and_good_once(
    province: factories.Province, django_capture_on_commit_callbacks: Any
) -> None:
    client = password_given("wangweimin")
    with django_capture_on_commit_callbacks(execute=True):
        set_up(client)
    shown = client.get("/accounts/2fa/recovery-codes/").content.decode()
    codes = re.findall(r"<code>(\d{8})</code>", shown)
    assert len(codes) == 10
    again = client.get("/accounts/2fa/recovery-codes/").content.decode()
    assert not re.findall(r"\d{8}</code>", again)
    assert client.get("/accounts/2fa/recovery-codes/download/").status_code == 403
    assert enter(password_given("wangweimin"), codes[3])
    assert not enter(password_given("wangweimin"), codes[3])
    assert enter(password_given("wangweimin"), codes[4])


# --- what it guards -----------------------------------------------------------------------


def test_an_administrator_without_one_is_led_to_set_it_up(province: factories.Province) -> None:
    client = password_given("heguanli")
    assert client.get("/").status_code == 200
    page = client.get("/administration/")
    assert page.status_code == 403
    assert 'href="/security/"' in page.content.decode()
    assert AuditEntry.objects.get(action="core.access.denied").detail == {
        "code": "ORG_SECOND_FACTOR_REQUIRED"
    }


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("post", "/api/v1/org/units/{unit}/children"),
        ("post", "/api/v1/org/units/{unit}/abolish"),
        ("post", "/api/v1/org/accounts/{account}/disable"),
        ("get", "/api/v1/org/grants"),
    ],
)
def test_the_administrators_api_refuses_with_a_stable_code(
    province: factories.Province, method: str, path: str
) -> None:
    address = path.format(unit=province.unit("西湖区民政局"), account=province.accounts["王伟民"])
    client = password_given("heguanli")
    answer = getattr(client, method)(address, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (403, "ORG_SECOND_FACTOR_REQUIRED")


def test_setting_one_up_opens_the_administration_at_once(
    province: factories.Province, django_capture_on_commit_callbacks: Any
) -> None:
    client = password_given("heguanli")
    with django_capture_on_commit_callbacks(execute=True):
        set_up(client)
    assert client.get("/administration/").status_code == 200
    row = AccountSession.objects.get(pk=client.session["account_session_id"])
    assert row.second_factor == "totp"


def test_a_session_from_before_shows_the_second_factor_once(
    province: factories.Province,
) -> None:
    client = password_given("heguanli")
    secret = enrolled(province, "何管理")
    page = client.get("/administration/")
    assert (page.status_code, "现在验证" in page.content.decode()) == (403, True)
    answer = client.post("/accounts/2fa/reauthenticate/", {"code": code_of(secret)})
    assert answer.status_code == 302
    assert client.get("/administration/").status_code == 200


def test_only_administrators_are_asked_unless_the_policy_says_otherwise(
    province: factories.Province,
) -> None:
    client = password_given("wangweimin")
    assert client.get("/directory/").status_code == 200
    with override_settings(SECOND_FACTOR="everyone"):
        assert client.get("/directory/").status_code == 403
        refused = client.get("/api/v1/org/units")
        assert (refused.status_code, refused.json()["code"]) == (403, "ORG_SECOND_FACTOR_REQUIRED")
        assert client.get("/accounts/password/change/").status_code == 200
    with override_settings(SECOND_FACTOR="nobody"):
        assert password_given("heguanli").get("/administration/").status_code == 200


def test_everyone_reaches_the_page_that_sets_it_up(province: factories.Province) -> None:
    with override_settings(SECOND_FACTOR="everyone"):
        assert password_given("wangweimin").get("/security/").status_code == 200


def test_no_second_factor_changes_without_its_entry_in_the_audit_log(
    province: factories.Province,
) -> None:
    client = password_given("wangweimin")
    client.raise_request_exception = False
    client.post("/accounts/reauthenticate/", {"password": factories.PASSWORD})
    client.get(ACTIVATE)
    code = {"code": code_of(client.session["mfa.totp.secret"])}
    with _without_an_audit_log():
        assert client.post(ACTIVATE, code).status_code == 500
    assert not Authenticator.objects.exists()
    assert client.post(ACTIVATE, code).status_code == 302
    held = sorted(Authenticator.objects.values_list("id", "type", "data"))
    with _without_an_audit_log():
        assert client.post("/accounts/2fa/totp/deactivate/").status_code == 500
        assert client.post("/accounts/2fa/recovery-codes/generate/").status_code == 500
    assert sorted(Authenticator.objects.values_list("id", "type", "data")) == held


def test_every_page_that_changes_a_second_factor_is_ours() -> None:
    """A new one of allauth's would change it without an entry."""
    changing = {"activate", "deactivate", "add", "remove", "generate"}
    pages = {
        one.name: one.callback.view_class.__module__
        for one in _patterns(mfa_urls.urlpatterns)
        if changing & set(one.name.split("_"))
    }
    assert len(pages) == 5
    found = {
        resolve(reverse(name, args=[1] if name == "mfa_remove_webauthn" else [])).func
        for name in pages
    }
    assert {one.__module__ for one in found} == {"org.sign_in.factor_changes"}


def test_an_administrator_keeps_the_last_one(
    province: factories.Province, django_capture_on_commit_callbacks: Any
) -> None:
    client = password_given("heguanli")
    with django_capture_on_commit_callbacks(execute=True):
        set_up(client)
    refused = client.post("/accounts/2fa/totp/deactivate/")
    assert "管理员须保留至少一种" in refused.content.decode()
    assert Authenticator.objects.filter(type="totp").count() == 1


def test_an_administrator_keeps_the_last_key(province: factories.Province) -> None:
    client = password_given("heguanli")
    client.post("/accounts/reauthenticate/", {"password": factories.PASSWORD})
    keys = [
        Authenticator.objects.create(
            user_id=province.accounts["何管理"], type="webauthn", data={"name": name}
        )
        for name in ("办公电脑", "U 盾")
    ]
    path = "/accounts/2fa/webauthn/keys/{}/remove/"
    assert client.post(path.format(keys[0].pk))["Location"] == "/security/"
    assert client.post(path.format(keys[1].pk))["Location"] == "/security/"
    assert list(Authenticator.objects.values_list("id", flat=True)) == [keys[1].pk]


# --- lost telephones ----------------------------------------------------------------------


def test_who_manages_the_account_takes_the_second_factor_away(
    province: factories.Province,
) -> None:
    secret = enrolled(province, "王伟民")
    owner = password_given("wangweimin")
    assert enter(owner, code_of(secret))
    person_id = province.person("王伟民")
    path = f"/administration/people/{person_id}/account/second-factor/"
    assert province.client("马科员").post(path).status_code == 404
    assert Authenticator.objects.filter(user_id=province.accounts["王伟民"]).exists()
    assert province.client("何管理").post(path).status_code == 200
    assert not Authenticator.objects.filter(user_id=province.accounts["王伟民"]).exists()
    assert owner.get("/api/v1/org/units").status_code == 401
    assert password_given("wangweimin").get("/").status_code == 200
    entry = AuditEntry.objects.get(action="org.account.second_factor_reset")
    assert entry.actor_name == "何管理"


def test_nobody_but_the_platform_gives_a_secret_to_another(province: factories.Province) -> None:
    with pytest.raises(errors.OutOfScope):
        second_factors.enrol(
            actor=province.actor("何管理"),
            account_id=province.accounts["王伟民"],
            secret=totp.fresh_secret(),
            now=timezone.now() + timedelta(seconds=1),
        )
    assert not Authenticator.objects.exists()
