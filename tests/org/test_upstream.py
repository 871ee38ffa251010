"""Signing in through the organisation's own service: one that lies, is away, or half configured."""

import base64
import secrets
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from config import env
from org.models import UpstreamLink
from tests import factories
from tests.org import upstream, upstream_service
from tests.org.upstream_service import Service

pytestmark = pytest.mark.django_db


def test_the_question_carries_state_nonce_and_pkce(
    province: factories.Province, service: Service
) -> None:
    client = Client()
    question = upstream.asked(client)
    upstream.honest(service, question)
    assert upstream.answered(client, question)["Location"] == "/"
    assert upstream.is_in(client)
    [form] = service.exchanged
    assert question["code_challenge_method"] == "S256"
    assert question["code_challenge"] == upstream_service.challenge_of(form["code_verifier"])
    assert form["redirect_uri"] == f"{settings.SITE_ORIGIN}{upstream.CALLBACK}"
    encoded = base64.b64encode(f"tong%20wen%3A1:%2F%2B%3D{'s3cret' * 8}".encode()).decode()
    assert form["authorization"] == f"Basic {encoded}"
    assert upstream.CLIENT_SECRET not in str(question)
    other = upstream.asked(Client())
    assert {other[name] == question[name] for name in ("state", "nonce", "code_challenge")} == {
        False
    }


@pytest.mark.parametrize(
    "wrong",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"aud": "another-client"},
        {"aud": [upstream.CLIENT_ID, "another"], "azp": "another"},
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
    answer = upstream.sign_in(service, client, **wrong)
    assert (answer.status_code, answer["Location"]) == (302, "/accounts/login/")
    assert "认证服务的答复无效" in client.get("/accounts/login/").content.decode()
    assert not upstream.is_in(client)
    assert not UpstreamLink.objects.exists()


@pytest.mark.parametrize("forgery", ["another key", "no signature", "our secret as the key"])
def test_a_token_that_the_service_did_not_sign_signs_nobody_in(
    province: factories.Province, service: Service, forgery: str
) -> None:
    client = Client()
    question = upstream.asked(client)
    upstream.honest(service, question)
    if forgery == "another key":
        service.key = upstream_service.FOREIGN
    if forgery == "no signature":
        service.token = upstream_service.unsigned(service.claims)
    if forgery == "our secret as the key":
        service.token = upstream_service.by_secret(service.claims, upstream.CLIENT_SECRET)
    assert upstream.answered(client, question)["Location"] == "/accounts/login/"
    assert not upstream.is_in(client)


@pytest.mark.parametrize("name", ["token_endpoint", "jwks_uri", "authorization_endpoint"])
def test_nothing_is_asked_of_another_host(
    province: factories.Province, service: Service, name: str
) -> None:
    service.described = {name: "http://169.254.169.254/latest"}
    client = Client()
    assert client.get(upstream.START)["Location"] == "/accounts/login/"
    assert service.asked == ["/.well-known/openid-configuration"]


def test_an_answer_nobody_asked_for_is_given_up(
    province: factories.Province, service: Service
) -> None:
    client = Client()
    question = upstream.asked(client)
    upstream.honest(service, question)
    assert (
        upstream.answered(client, {"state": secrets.token_urlsafe(8)})["Location"]
        == "/accounts/login/"
    )
    # The question was used up by the wrong answer; the right one comes too late.
    assert upstream.answered(client, question)["Location"] == "/accounts/login/"
    assert upstream.answered(Client(), question)["Location"] == "/accounts/login/"
    fresh = upstream.asked(client)
    upstream.honest(service, fresh)
    wrong = upstream.answered(client, fresh, iss="https://evil.example")
    assert wrong["Location"] == "/accounts/login/"
    assert service.exchanged == []


def test_an_answer_is_taken_once(province: factories.Province, service: Service) -> None:
    client = Client()
    question = upstream.asked(client)
    upstream.honest(service, question)
    upstream.answered(client, question)
    client.post("/accounts/logout/")
    assert upstream.answered(client, question)["Location"] == "/accounts/login/"
    assert not upstream.is_in(client)


def test_without_configuration_there_is_no_such_way(province: factories.Province) -> None:
    assert Client().get(upstream.START).status_code == 404
    assert Client().get(upstream.CALLBACK).status_code == 404
    assert "统一身份认证" not in Client().get("/accounts/login/").content.decode()


def test_a_service_that_is_away_leaves_the_password(province: factories.Province) -> None:
    client = Client()
    with upstream.configured("http://127.0.0.1:9"):
        assert client.get(upstream.START)["Location"] == "/accounts/login/"
        page = client.get("/accounts/login/").content.decode()
    assert "认证服务暂时无法访问，请改用密码登录" in page


@pytest.mark.parametrize("target", ["//evil.example", "/\\evil.example", "javascript:alert(1)"])
def test_it_never_leads_off_the_site(
    province: factories.Province, service: Service, target: str
) -> None:
    client = Client()
    question = upstream.asked(client, next=target)
    upstream.honest(service, question)
    assert upstream.answered(client, question)["Location"] == "/"


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
    secret.write_text(upstream.CLIENT_SECRET)
    given = {
        "DEPLOYMENT": "local",
        "UPSTREAM_OIDC_ISSUER": "http://127.0.0.1:9",
        "UPSTREAM_OIDC_CLIENT_ID": upstream.CLIENT_ID,
        "UPSTREAM_OIDC_CLIENT_SECRET_FILE": str(secret),
    }
    for name, value in {**given, **missing}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit):
        env.read()
    assert complaint in capsys.readouterr().err
