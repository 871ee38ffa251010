"""Whom the organisation's own service signs in, and what is asked of him besides."""

from typing import Any

import pytest
from django.test import Client, override_settings
from django.utils import timezone

from core import actor
from core.models import AuditEntry
from org.credentials import totp
from org.models import Account, AccountSession, Person, UpstreamLink
from org.services import second_factors
from tests import factories
from tests.org import upstream
from tests.org.upstream_service import Service

pytestmark = pytest.mark.django_db


def test_nobody_is_signed_up(province: factories.Province, service: Service) -> None:
    before = Account.objects.count()
    client = Client()
    upstream.sign_in(service, client, preferred_username="stranger")
    assert not upstream.is_in(client)
    assert Account.objects.count() == before
    assert AuditEntry.objects.filter(action="org.sign_in.failed").count() == 1
    page = client.get("/accounts/login/").content.decode()
    assert "该身份没有可用的账号，请联系本单位管理员" in page


@pytest.mark.parametrize("state", ["disabled", "left"])
def test_a_closed_account_stays_closed(
    province: factories.Province, service: Service, state: str
) -> None:
    linked = Client()
    upstream.sign_in(service, linked)
    assert upstream.is_in(linked)
    if state == "disabled":
        Account.objects.filter(username="wangweimin").update(is_active=False)
    else:
        Person.objects.filter(pk=province.person("王伟民")).update(status="left")
    for claims in ({}, {"sub": "u-2002"}):
        client = Client()
        upstream.sign_in(service, client, **claims)
        assert not upstream.is_in(client)


def test_a_name_that_goes_to_somebody_else_does_not_take_the_account_along(
    province: factories.Province, service: Service
) -> None:
    upstream.sign_in(service, Client())
    heir = Client()
    upstream.sign_in(service, heir, sub="u-2002")
    assert not upstream.is_in(heir)
    renamed = Client()
    upstream.sign_in(service, renamed, preferred_username="wang.wm")
    assert upstream.is_in(renamed)
    assert UpstreamLink.objects.count() == 1


def test_the_staff_number_names_the_account_where_that_is_configured(
    province: factories.Province, service: Service
) -> None:
    Person.objects.filter(pk=province.person("王伟民")).update(staff_number="330106-0001")
    client = Client()
    with override_settings(UPSTREAM_OIDC_MATCHES="staff_number", UPSTREAM_OIDC_CLAIM="employee"):
        upstream.sign_in(service, client, employee="330106-0001", preferred_username="lijianguo")
    assert upstream.is_in(client)
    assert UpstreamLink.objects.get().account_id == province.accounts["王伟民"]


def _with_totp(province: factories.Province, name: str) -> str:
    secret = totp.fresh_secret()
    second_factors.enrol(
        actor=actor.system("test"),
        account_id=province.accounts[name],
        secret=secret,
        now=timezone.now(),
    )
    return secret


def test_the_own_second_factor_is_asked_for_all_the_same(
    province: factories.Province, service: Service
) -> None:
    secret = _with_totp(province, "王伟民")
    client = Client()
    answer = upstream.sign_in(service, client, amr=["pwd", "otp"], acr="loa3")
    assert answer["Location"] == "/accounts/2fa/authenticate/"
    assert not upstream.is_in(client)
    code = totp.code_at(secret, totp.counter_at(timezone.now()))
    client.post("/accounts/2fa/authenticate/", {"code": code})
    assert upstream.is_in(client)
    row = AccountSession.objects.get(pk=client.session["account_session_id"])
    assert (row.method, row.second_factor) == ("upstream", "totp")


@pytest.mark.parametrize("claims", [{"acr": "loa3"}, {"amr": ["pwd", "otp"]}])
def test_what_the_service_saw_counts_where_the_installation_names_it(
    province: factories.Province, service: Service, claims: dict[str, Any]
) -> None:
    _with_totp(province, "何管理")
    client = Client()
    with override_settings(UPSTREAM_OIDC_SECOND_FACTOR=frozenset({"loa3", "otp"})):
        answer = upstream.sign_in(service, client, preferred_username="heguanli", **claims)
    assert answer["Location"] == "/"
    assert client.get("/administration/").status_code == 200


def test_an_administrator_without_any_is_asked_at_the_administration(
    province: factories.Province, service: Service
) -> None:
    client = Client()
    with override_settings(UPSTREAM_OIDC_SECOND_FACTOR=frozenset({"loa3"})):
        upstream.sign_in(service, client, preferred_username="heguanli", acr="loa1")
    assert client.get("/").status_code == 200
    assert client.get("/administration/").status_code == 403


def test_an_old_password_does_not_matter_to_who_signs_in_without_it(
    province: factories.Province, service: Service
) -> None:
    Account.objects.filter(username="wangweimin").update(must_change_password=True)
    client = Client()
    upstream.sign_in(service, client)
    assert client.get("/").status_code == 200


def test_a_number_of_two_people_signs_nobody_in(
    province: factories.Province, service: Service
) -> None:
    for name in ("王伟民", "李建国"):
        Person.objects.filter(pk=province.person(name)).update(staff_number="330106-0001")
    client = Client()
    with override_settings(UPSTREAM_OIDC_MATCHES="staff_number", UPSTREAM_OIDC_CLAIM="employee"):
        upstream.sign_in(service, client, employee="330106-0001", preferred_username="lijianguo")
    assert not upstream.is_in(client)
    assert not UpstreamLink.objects.exists()
