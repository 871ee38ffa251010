"""Signing in through the organisation's own service: a real provider, and one that lies."""

import base64
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest
from django.conf import settings
from django.test import Client, override_settings
from django.utils import timezone

from config import env
from core import actor
from core.models import AuditEntry
from org.credentials import totp
from org.models import Account, AccountSession, Person, UpstreamLink
from org.services import second_factors
from tests import factories, ports
from tests.org import upstream_service
from tests.org.upstream_service import Service

pytestmark = pytest.mark.django_db

START, CALLBACK = "/accounts/upstream/", "/accounts/upstream/callback/"
CLIENT_ID, CLIENT_SECRET = "tong wen:1", "/+=" + "s3cret" * 8


@pytest.fixture
def service() -> Iterator[Service]:
    with upstream_service.running() as running, configured(running.issuer):
        yield running


def configured(issuer: str, **more: Any) -> Any:
    return override_settings(
        UPSTREAM_OIDC_ISSUER=issuer,
        UPSTREAM_OIDC_CLIENT_ID=CLIENT_ID,
        UPSTREAM_OIDC_CLIENT_SECRET=CLIENT_SECRET,
        **more,
    )


def asked(client: Client, **query: str) -> dict[str, str]:
    """What the browser is sent to the service with."""
    leads = client.get(START, query)
    assert leads.status_code == 302, leads
    found = parse_qs(urlsplit(leads["Location"]).query)
    return {name: values[0] for name, values in found.items()}


def honest(service: Service, question: dict[str, str], **claims: Any) -> None:
    now = int(time.time())
    service.claims = {
        "iss": service.issuer,
        "sub": "u-1001",
        "aud": CLIENT_ID,
        "exp": now + 300,
        "iat": now,
        "nonce": question["nonce"],
        "preferred_username": "wangweimin",
        **claims,
    }


def answered(client: Client, question: dict[str, str], **query: str) -> Any:
    return client.get(CALLBACK, {"code": "c-1", "state": question["state"], **query})


def is_in(client: Client) -> bool:
    return client.get("/api/v1/org/units").status_code == 200


def sign_in(service: Service, client: Client, **claims: Any) -> Any:
    question = asked(client)
    honest(service, question, **claims)
    return answered(client, question)


# --- a real provider ----------------------------------------------------------------------


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    """oidc-provider-mock, a process of its own; its issuer."""
    port = ports.free()
    process = subprocess.Popen(
        [sys.executable, "-m", "oidc_provider_mock", "--port", str(port), "--require-nonce"],
        env={**os.environ, "DJANGO_SETTINGS_MODULE": ""},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    issuer = f"http://127.0.0.1:{port}"
    try:
        _wait_for(f"{issuer}/.well-known/openid-configuration", process)
        yield issuer
    finally:
        process.terminate()
        process.wait(timeout=120)


def _wait_for(address: str, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx.get(address, trust_env=False).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.2)
    pytest.fail("the provider did not start")


def _known(issuer: str, subject: str, **claims: str) -> None:
    answer = httpx.put(f"{issuer}/users/{subject}", json=claims, trust_env=False)
    assert answer.status_code in (200, 204), answer.text


def _consent(address: str, subject: str) -> str:
    """The address that the provider sends the browser back to."""
    answer = httpx.post(address, data={"sub": subject}, trust_env=False, follow_redirects=False)
    assert answer.status_code == 302, answer.text
    return answer.headers["Location"]


def test_a_real_provider_signs_a_person_in(province: factories.Province, provider: str) -> None:
    _known(provider, "1001", preferred_username="wangweimin")
    client = Client()
    before = client.session.session_key
    with configured(provider):
        page = client.get("/accounts/login/?next=/directory/").content.decode()
        assert "/accounts/upstream/?next=/directory/" in page
        leads = client.get(START, {"next": "/directory/"})
        assert leads["Location"].startswith(f"{provider}/oauth2/authorize?")
        back = _consent(leads["Location"], "1001")
        assert back.startswith(f"{settings.SITE_ORIGIN}{CALLBACK}?")
        answer = client.get(f"{CALLBACK}?{urlsplit(back).query}")
    assert (answer.status_code, answer["Location"]) == (302, "/directory/")
    assert is_in(client)
    assert client.session.session_key != before
    row = AccountSession.objects.get(pk=client.session["account_session_id"])
    assert (row.method, row.second_factor) == ("upstream", "")
    link = UpstreamLink.objects.get()
    assert (link.account_id, link.subject) == (province.accounts["王伟民"], "1001")
    actions = AuditEntry.objects.filter(object_id=str(province.accounts["王伟民"]))
    assert list(actions.order_by("id").values_list("action", flat=True)) == [
        "org.account.upstream_linked",
        "org.sign_in.succeeded",
    ]


def test_a_real_providers_code_for_one_browser_is_worth_nothing_in_another(
    province: factories.Province, provider: str
) -> None:
    _known(provider, "1001", preferred_username="wangweimin")
    victim, attacker = Client(), Client()
    with configured(provider):
        back = _consent(attacker.get(START)["Location"], "1001")
        theirs = asked(victim)
        code = parse_qs(urlsplit(back).query)["code"][0]
        # The attacker's answer as it is, and with the victim's own state: the nonce differs.
        assert victim.get(f"{CALLBACK}?{urlsplit(back).query}")["Location"] == "/accounts/login/"
        theirs = asked(victim)
        mixed = urlencode({"code": code, "state": theirs["state"]})
        assert victim.get(f"{CALLBACK}?{mixed}")["Location"] == "/accounts/login/"
    assert not is_in(victim)
    assert not UpstreamLink.objects.exists()


# --- a provider under our hand ------------------------------------------------------------


def test_the_question_carries_state_nonce_and_pkce(
    province: factories.Province, service: Service
) -> None:
    client = Client()
    question = asked(client)
    honest(service, question)
    assert answered(client, question)["Location"] == "/"
    assert is_in(client)
    [form] = service.exchanged
    assert question["code_challenge_method"] == "S256"
    assert question["code_challenge"] == upstream_service.challenge_of(form["code_verifier"])
    assert form["redirect_uri"] == f"{settings.SITE_ORIGIN}{CALLBACK}"
    encoded = base64.b64encode(f"tong%20wen%3A1:%2F%2B%3D{'s3cret' * 8}".encode()).decode()
    assert form["authorization"] == f"Basic {encoded}"
    assert CLIENT_SECRET not in str(question)
    other = asked(Client())
    assert {other[name] == question[name] for name in ("state", "nonce", "code_challenge")} == {
        False
    }


@pytest.mark.parametrize(
    "wrong",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"aud": "another-client"},
        {"aud": [CLIENT_ID, "another"], "azp": "another"},
        {"iss": "https://evil.example"},
        {"exp": 1},
        {"exp": None},
        {"iat": 4102444800},
        {"sub": ""},
        {"preferred_username": ""},
        {"preferred_username": ["wangweimin"]},
    ],
    ids=str,
)
def test_a_token_that_does_not_hold_signs_nobody_in(
    province: factories.Province, service: Service, wrong: dict[str, Any]
) -> None:
    client = Client()
    answer = sign_in(service, client, **wrong)
    assert (answer.status_code, answer["Location"]) == (302, "/accounts/login/")
    assert "认证服务的答复无效" in client.get("/accounts/login/").content.decode()
    assert not is_in(client)
    assert not UpstreamLink.objects.exists()


@pytest.mark.parametrize("forgery", ["another key", "no signature", "our secret as the key"])
def test_a_token_that_the_service_did_not_sign_signs_nobody_in(
    province: factories.Province, service: Service, forgery: str
) -> None:
    client = Client()
    question = asked(client)
    honest(service, question)
    if forgery == "another key":
        service.key = upstream_service.FOREIGN
    if forgery == "no signature":
        service.token = upstream_service.unsigned(service.claims)
    if forgery == "our secret as the key":
        service.token = upstream_service.by_secret(service.claims, CLIENT_SECRET)
    assert answered(client, question)["Location"] == "/accounts/login/"
    assert not is_in(client)


@pytest.mark.parametrize("name", ["token_endpoint", "jwks_uri", "authorization_endpoint"])
def test_nothing_is_asked_of_another_host(
    province: factories.Province, service: Service, name: str
) -> None:
    service.described = {name: "http://169.254.169.254/latest"}
    client = Client()
    assert client.get(START)["Location"] == "/accounts/login/"
    assert service.asked == ["/.well-known/openid-configuration"]


def test_an_answer_nobody_asked_for_is_given_up(
    province: factories.Province, service: Service
) -> None:
    client = Client()
    question = asked(client)
    honest(service, question)
    assert answered(client, {"state": secrets.token_urlsafe(8)})["Location"] == "/accounts/login/"
    # The question was used up by the wrong answer; the right one comes too late.
    assert answered(client, question)["Location"] == "/accounts/login/"
    assert answered(Client(), question)["Location"] == "/accounts/login/"
    fresh = asked(client)
    honest(service, fresh)
    wrong = answered(client, fresh, iss="https://evil.example")
    assert wrong["Location"] == "/accounts/login/"
    assert service.exchanged == []


def test_an_answer_is_taken_once(province: factories.Province, service: Service) -> None:
    client = Client()
    question = asked(client)
    honest(service, question)
    answered(client, question)
    client.post("/accounts/logout/")
    assert answered(client, question)["Location"] == "/accounts/login/"
    assert not is_in(client)


def test_nobody_is_signed_up(province: factories.Province, service: Service) -> None:
    before = Account.objects.count()
    client = Client()
    sign_in(service, client, preferred_username="stranger")
    assert not is_in(client)
    assert Account.objects.count() == before
    assert AuditEntry.objects.filter(action="org.sign_in.failed").count() == 1
    page = client.get("/accounts/login/").content.decode()
    assert "该身份没有可用的账号，请联系本单位管理员" in page


@pytest.mark.parametrize("state", ["disabled", "left"])
def test_a_closed_account_stays_closed(
    province: factories.Province, service: Service, state: str
) -> None:
    linked = Client()
    sign_in(service, linked)
    assert is_in(linked)
    if state == "disabled":
        Account.objects.filter(username="wangweimin").update(is_active=False)
    else:
        Person.objects.filter(pk=province.person("王伟民")).update(status="left")
    for claims in ({}, {"sub": "u-2002"}):
        client = Client()
        sign_in(service, client, **claims)
        assert not is_in(client)


def test_a_name_that_goes_to_somebody_else_does_not_take_the_account_along(
    province: factories.Province, service: Service
) -> None:
    sign_in(service, Client())
    heir = Client()
    sign_in(service, heir, sub="u-2002")
    assert not is_in(heir)
    renamed = Client()
    sign_in(service, renamed, preferred_username="wang.wm")
    assert is_in(renamed)
    assert UpstreamLink.objects.count() == 1


def test_the_staff_number_names_the_account_where_that_is_configured(
    province: factories.Province, service: Service
) -> None:
    Person.objects.filter(pk=province.person("王伟民")).update(staff_number="330106-0001")
    client = Client()
    with override_settings(UPSTREAM_OIDC_MATCHES="staff_number", UPSTREAM_OIDC_CLAIM="employee"):
        sign_in(service, client, employee="330106-0001", preferred_username="lijianguo")
    assert is_in(client)
    assert UpstreamLink.objects.get().account_id == province.accounts["王伟民"]


# --- second factor ------------------------------------------------------------------------


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
    answer = sign_in(service, client, amr=["pwd", "otp"], acr="loa3")
    assert answer["Location"] == "/accounts/2fa/authenticate/"
    assert not is_in(client)
    code = totp.code_at(secret, totp.counter_at(timezone.now()))
    client.post("/accounts/2fa/authenticate/", {"code": code})
    assert is_in(client)
    row = AccountSession.objects.get(pk=client.session["account_session_id"])
    assert (row.method, row.second_factor) == ("upstream", "totp")


@pytest.mark.parametrize("claims", [{"acr": "loa3"}, {"amr": ["pwd", "otp"]}])
def test_what_the_service_saw_counts_where_the_installation_names_it(
    province: factories.Province, service: Service, claims: dict[str, Any]
) -> None:
    _with_totp(province, "何管理")
    client = Client()
    with override_settings(UPSTREAM_OIDC_SECOND_FACTOR=frozenset({"loa3", "otp"})):
        answer = sign_in(service, client, preferred_username="heguanli", **claims)
    assert answer["Location"] == "/"
    assert client.get("/administration/").status_code == 200


def test_an_administrator_without_any_is_asked_at_the_administration(
    province: factories.Province, service: Service
) -> None:
    client = Client()
    with override_settings(UPSTREAM_OIDC_SECOND_FACTOR=frozenset({"loa3"})):
        sign_in(service, client, preferred_username="heguanli", acr="loa1")
    assert client.get("/").status_code == 200
    assert client.get("/administration/").status_code == 403


def test_an_old_password_does_not_matter_to_who_signs_in_without_it(
    province: factories.Province, service: Service
) -> None:
    Account.objects.filter(username="wangweimin").update(must_change_password=True)
    client = Client()
    sign_in(service, client)
    assert client.get("/").status_code == 200


# --- off, and away ------------------------------------------------------------------------


def test_without_configuration_there_is_no_such_way(province: factories.Province) -> None:
    assert Client().get(START).status_code == 404
    assert Client().get(CALLBACK).status_code == 404
    assert "统一身份认证" not in Client().get("/accounts/login/").content.decode()


def test_a_service_that_is_away_leaves_the_password(province: factories.Province) -> None:
    client = Client()
    with configured("http://127.0.0.1:9"):
        assert client.get(START)["Location"] == "/accounts/login/"
        page = client.get("/accounts/login/").content.decode()
    assert "认证服务暂时无法访问，请改用密码登录" in page


@pytest.mark.parametrize("target", ["//evil.example", "/\\evil.example", "javascript:alert(1)"])
def test_it_never_leads_off_the_site(
    province: factories.Province, service: Service, target: str
) -> None:
    client = Client()
    question = asked(client, next=target)
    honest(service, question)
    assert answered(client, question)["Location"] == "/"


@pytest.mark.parametrize(
    ("missing", "complaint"),
    [
        ({"UPSTREAM_OIDC_CLIENT_ID": ""}, "UPSTREAM_OIDC_CLIENT_ID is not set"),
        (
            {"UPSTREAM_OIDC_CLIENT_SECRET_FILE": "/nowhere"},
            "UPSTREAM_OIDC_CLIENT_SECRET_FILE names no readable file",
        ),
        ({"DEPLOYMENT": "production"}, "UPSTREAM_OIDC_ISSUER must be https"),
    ],
)
def test_half_a_configuration_stops_the_start(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    missing: dict[str, str],
    complaint: str,
) -> None:
    secret = tmp_path / "secret"
    secret.write_text(CLIENT_SECRET)
    given = {
        "DEPLOYMENT": "local",
        "UPSTREAM_OIDC_ISSUER": "http://127.0.0.1:9",
        "UPSTREAM_OIDC_CLIENT_ID": CLIENT_ID,
        "UPSTREAM_OIDC_CLIENT_SECRET_FILE": str(secret),
    }
    for name, value in {**given, **missing}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit):
        env.read()
    assert complaint in capsys.readouterr().err


def test_a_number_of_two_people_signs_nobody_in(
    province: factories.Province, service: Service
) -> None:
    for name in ("王伟民", "李建国"):
        Person.objects.filter(pk=province.person(name)).update(staff_number="330106-0001")
    client = Client()
    with override_settings(UPSTREAM_OIDC_MATCHES="staff_number", UPSTREAM_OIDC_CLAIM="employee"):
        sign_in(service, client, employee="330106-0001", preferred_username="lijianguo")
    assert not is_in(client)
    assert not UpstreamLink.objects.exists()
