"""Signing in to an app by OIDC: code, PKCE, and every way to cheat."""

import json
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.utils import timezone
from jwcrypto import jwk, jwt
from oauth2_provider.models import AccessToken, Grant

from core.models import AuditEntry
from tests.factories import Province
from tests.miniapps import apps

pytestmark = pytest.mark.django_db


def verified(id_token: str, client_id: str) -> dict[str, Any]:
    """The claims of an ID token whose signature, audience and age are good."""
    keys = jwk.JWKSet.from_json(Client().get("/.well-known/jwks.json").content)
    token = jwt.JWT(
        jwt=id_token, key=keys, algs=["RS256"], check_claims={"aud": client_id, "exp": None}
    )
    claims: dict[str, Any] = json.loads(token.claims)
    return claims


def test_a_visible_app_signs_a_person_in_without_asking(
    province: Province, roster: apps.Published, settings: Any
) -> None:
    code = apps.code_for(province.client(apps.VIEWER), roster, nonce="n-1")
    answer = apps.exchange(roster, code)
    assert answer.status_code == 200
    body = answer.json()
    assert body["expires_in"] == 15 * 60
    claims = verified(body["id_token"], roster.client_id)
    assert claims["iss"] == settings.SITE_ORIGIN
    assert claims["nonce"] == "n-1"
    assert claims["name"] == apps.VIEWER
    assert claims["unit_name"] == "西湖区民政局 办公室"
    assert claims["exp"] - claims["iat"] <= 5 * 60
    assert "phone" not in claims


def test_userinfo_tells_what_the_scopes_allow_and_no_more(
    province: Province, roster: apps.Published
) -> None:
    browser = province.client(apps.VIEWER)
    full = apps.bought(browser, roster)
    bare = apps.bought(browser, roster, scope="openid")
    told = apps.bearer(full["access_token"]).get("/oauth/userinfo/").json()
    assert set(told) == {"sub", "name", "unit_code", "unit_name", "title"}
    assert apps.bearer(bare["access_token"]).get("/oauth/userinfo/").json() == {"sub": told["sub"]}


def test_two_apps_know_a_person_under_different_names(
    province: Province, roster: apps.Published
) -> None:
    other = apps.published(province, app_id="cn.gov.xihu.other", name="另一个应用")
    browser = province.client(apps.VIEWER)
    subs = {
        verified(apps.bought(browser, app)["id_token"], app.client_id)["sub"]
        for app in (roster, other, roster)
    }
    assert len(subs) == 2
    assert str(province.person(apps.VIEWER)) not in subs


def test_discovery_names_what_there_is(db: Any, settings: Any) -> None:
    document = Client().get("/.well-known/openid-configuration").json()
    origin = settings.SITE_ORIGIN
    assert document["issuer"] == origin
    assert document["authorization_endpoint"] == f"{origin}/oauth/authorize/"
    assert document["token_endpoint"] == f"{origin}/oauth/token/"
    assert document["revocation_endpoint"] == f"{origin}/oauth/revoke/"
    assert document["response_types_supported"] == ["code"]
    assert document["subject_types_supported"] == ["pairwise"]
    assert document["code_challenge_methods_supported"] == ["S256"]
    assert document["id_token_signing_alg_values_supported"] == ["RS256"]


def test_a_person_of_another_county_is_refused_as_if_the_app_were_absent(
    province: Province, roster: apps.Published
) -> None:
    answer = province.client(apps.STRANGER).get("/oauth/authorize/", apps.authorization(roster))
    assert answer.status_code == 404
    assert Grant.objects.count() == 0
    denied = AuditEntry.objects.get(action="core.access.denied")
    assert denied.person_id == province.person(apps.STRANGER)


def test_someone_signed_out_signs_in_first_and_comes_back_over_a_page_of_ours(
    province: Province, roster: apps.Published
) -> None:
    asked = apps.authorization(roster)
    answer = Client().get("/oauth/authorize/", asked)
    assert answer.status_code == 302
    to = urlsplit(answer["Location"])
    assert to.path == "/accounts/login/"
    back = parse_qs(to.query)["next"][0]
    assert back.startswith("/oauth/resume/?")
    page = province.client(apps.VIEWER).get(back)
    assert page.status_code == 200
    assert b"/oauth/authorize/?" in page.content
    assert 'http-equiv="refresh"' in page.content.decode()


def test_prompt_none_reports_to_the_app_that_nobody_is_signed_in(roster: apps.Published) -> None:
    answer = Client().get("/oauth/authorize/", apps.authorization(roster, prompt="none"))
    assert answer.status_code == 302
    assert answer["Location"].startswith(f"{apps.CALLBACK}?error=login_required")


@pytest.mark.parametrize(
    "redirect_uri",
    [
        "http://127.0.0.1:9100/callback/",
        "http://127.0.0.1:9100/callback?x=1",
        "http://127.0.0.1:9101/callback",
        "https://evil.example/callback",
        "//evil.example",
        "javascript:alert(1)",
    ],
)
def test_only_the_registered_address_is_ever_redirected_to(
    province: Province, roster: apps.Published, redirect_uri: str
) -> None:
    answer = province.client(apps.VIEWER).get(
        "/oauth/authorize/", apps.authorization(roster, redirect_uri=redirect_uri)
    )
    assert answer.status_code == 400
    assert "无法进入应用" in answer.content.decode()
    assert Grant.objects.count() == 0


@pytest.mark.parametrize(
    "changes",
    [
        {"code_challenge": None, "code_challenge_method": None},
        {"code_challenge_method": "plain"},
        {"code_challenge_method": None},
    ],
)
def test_without_pkce_s256_there_is_no_code(
    province: Province, roster: apps.Published, changes: dict[str, str | None]
) -> None:
    answer = province.client(apps.VIEWER).get(
        "/oauth/authorize/", apps.authorization(roster, **changes)
    )
    assert answer.status_code == 302
    assert parse_qs(urlsplit(answer["Location"]).query)["error"] == ["invalid_request"]
    assert Grant.objects.count() == 0


@pytest.mark.parametrize("scope", ["openid notice.send", "openid phone.read", "admin", ""])
def test_a_scope_that_is_not_granted_for_people_is_refused(
    province: Province, roster: apps.Published, scope: str
) -> None:
    answer = province.client(apps.VIEWER).get(
        "/oauth/authorize/", apps.authorization(roster, scope=scope)
    )
    assert parse_qs(urlsplit(answer["Location"]).query)["error"] == ["invalid_scope"]
    assert Grant.objects.count() == 0


@pytest.mark.parametrize("response_type", ["token", "id_token", "code token"])
def test_nothing_but_a_code_is_handed_out(
    province: Province, roster: apps.Published, response_type: str
) -> None:
    answer = province.client(apps.VIEWER).get(
        "/oauth/authorize/", apps.authorization(roster, response_type=response_type)
    )
    assert "access_token" not in answer["Location"]
    assert "error=" in answer["Location"]
    assert AccessToken.objects.count() == 0


def test_a_code_used_twice_kills_what_it_bought(province: Province, roster: apps.Published) -> None:
    code = apps.code_for(province.client(apps.VIEWER), roster)
    bought = apps.exchange(roster, code).json()
    again = apps.exchange(roster, code)
    assert again.status_code == 400
    assert again.json()["error"] == "invalid_grant"
    assert not apps.opens_userinfo(bought)
    assert apps.refreshed(roster, bought)["error"] == "invalid_grant"
    assert AuditEntry.objects.filter(action="miniapps.code.used_again").count() == 1


def test_a_code_used_again_after_a_refresh_kills_the_whole_family(
    province: Province, roster: apps.Published
) -> None:
    code = apps.code_for(province.client(apps.VIEWER), roster)
    bought = apps.exchange(roster, code).json()
    renewed = apps.refreshed(roster, bought)
    assert apps.opens_userinfo(renewed)
    apps.exchange(roster, code)
    assert not apps.opens_userinfo(renewed)
    assert AccessToken.objects.count() == 0


def test_a_late_code_is_refused(province: Province, roster: apps.Published) -> None:
    code = apps.code_for(province.client(apps.VIEWER), roster)
    Grant.objects.update(expires=timezone.now() - timedelta(seconds=1))
    assert apps.exchange(roster, code).json()["error"] == "invalid_grant"
    assert Grant.objects.count() == 0


def test_a_code_in_the_hands_of_another_app_is_burnt(
    province: Province, roster: apps.Published
) -> None:
    thief = apps.published(province, app_id="cn.gov.xihu.thief", name="别的应用")
    code = apps.code_for(province.client(apps.VIEWER), roster)
    assert apps.exchange(thief, code).json()["error"] == "invalid_grant"
    assert apps.exchange(roster, code).json()["error"] == "invalid_grant"
    assert AccessToken.objects.count() == 0


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"redirect_uri": "http://127.0.0.1:9100/other"}, "invalid_grant"),
        ({"code_verifier": "w" * 64}, "invalid_grant"),
    ],
)
def test_a_code_with_another_address_or_verifier_buys_nothing(
    province: Province, roster: apps.Published, changes: dict[str, str], error: str
) -> None:
    code = apps.code_for(province.client(apps.VIEWER), roster)
    answer = apps.exchange(roster, code, **changes)
    assert answer.status_code == 400
    assert answer.json()["error"] == error
    assert AccessToken.objects.count() == 0
    assert apps.exchange(roster, code).json()["error"] == "invalid_grant"


def test_a_wrong_secret_is_refused_and_leaves_the_code_alone(
    province: Province, roster: apps.Published
) -> None:
    code = apps.code_for(province.client(apps.VIEWER), roster)
    wrong = apps.Published(roster.app_id, roster.release_id, roster.client_id, "x" * 43)
    answer = apps.exchange(wrong, code)
    assert answer.status_code == 401
    assert answer.json()["error"] == "invalid_client"
    assert apps.exchange(roster, code).status_code == 200


@pytest.mark.parametrize(
    "grant_type", ["password", "implicit", "urn:ietf:params:oauth:grant-type:device_code", ""]
)
def test_other_grants_do_not_exist(roster: apps.Published, grant_type: str) -> None:
    form = {"grant_type": grant_type, "username": "a", "password": "b", "scope": "openid"}
    answer = apps.token_call(roster, form)
    assert answer.status_code == 400
    assert answer.json()["error"] in {"unsupported_grant_type", "unauthorized_client"}
    assert AccessToken.objects.count() == 0


def test_a_draft_signs_nobody_in(province: Province) -> None:
    made = apps.registered(province)
    app = apps.Published(made.app_id, made.release_id, made.client_id, made.client_secret)
    asked = apps.authorization(app)
    assert province.client(apps.DEVELOPER).get("/oauth/authorize/", asked).status_code == 400
    answer = apps.token_call(app, {"grant_type": "client_credentials", "scope": "notice.send"})
    assert answer.status_code == 401


def test_an_app_that_wants_a_newer_sign_in_is_told_that_one_is_required(
    province: Province, roster: apps.Published, settings: Any
) -> None:
    browser = province.client(apps.VIEWER)
    for asked in ({"prompt": "login"}, {"max_age": "0"}):
        answer = browser.get("/oauth/authorize/", apps.authorization(roster, **asked))
        given = parse_qs(urlsplit(answer["Location"]).query)
        assert given["error"] == ["login_required"]
        assert given["state"] == ["s" * 20]
        assert given["iss"] == [settings.SITE_ORIGIN]
    assert Grant.objects.count() == 0
    assert apps.code_for(browser, roster, max_age="3600")
