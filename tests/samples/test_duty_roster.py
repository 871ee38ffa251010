"""The sample app trusts nobody: its sign-in, its cookies and its forms under attack.

The platform is played by a handler of HTTP requests with keys of its own.
"""

import base64
import hashlib
import io
import json
import time
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest
from jwcrypto import jwk, jwt

from samples.duty_roster import cookies, oidc, platform_api, roster, server

ISSUER, BASE = "https://platform.example", "https://duty.example.gov.cn"
KEY = jwk.JWK.generate(kty="RSA", size=2048, kid="k1")
OTHER_KEY = jwk.JWK.generate(kty="RSA", size=2048, kid="k1")
PEOPLE = [
    {"sub": "sub-1", "name": "张晓梅", "unit_name": "办公室", "title": "收发员"},
    {"sub": "sub-2", "name": "<b>曾国强</b>", "unit_name": "一科", "title": "科长"},
]


class PlayedPlatform:
    """Answers as the platform would; `claims` and `key` make its ID tokens."""

    def __init__(self) -> None:
        self.claims: dict[str, Any] = {}
        self.key = KEY
        self.notices: list[tuple[str, dict[str, Any]]] = []
        self.forms: list[dict[str, list[str]]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """One answer."""
        path = request.url.path
        if path == "/.well-known/openid-configuration":
            names = ("authorization", "token")
            found = {f"{name}_endpoint": f"{ISSUER}/{name}" for name in names}
            return httpx.Response(
                200, json={"issuer": ISSUER, "jwks_uri": f"{ISSUER}/jwks", **found}
            )
        if path == "/jwks":
            return httpx.Response(200, json={"keys": [KEY.export_public(as_dict=True)]})
        if path == "/token":
            self.forms.append(parse_qs(request.content.decode()))
            if self.forms[-1]["grant_type"] == ["client_credentials"]:
                return httpx.Response(200, json={"access_token": "t", "expires_in": 900})
            return httpx.Response(200, json={"id_token": self._id_token()})
        if path == "/api/v1/apps/members":
            return httpx.Response(200, json=PEOPLE)
        self.notices.append((request.headers["Idempotency-Key"], json.loads(request.content)))
        return httpx.Response(201, json={"id": 1, "recipients": 1, "repeated": False})

    def _id_token(self) -> str:
        now = int(time.time())
        base = {"iss": ISSUER, "aud": "app-1", "sub": "sub-1", "iat": now, "exp": now + 300,
                "name": "张晓梅", "unit_name": "办公室"}  # fmt: skip
        token = jwt.JWT(header={"alg": "RS256", "kid": "k1"}, claims={**base, **self.claims})
        token.make_signed_token(self.key)
        return str(token.serialize())


class Browser:
    """Keeps cookies and follows nothing."""

    def __init__(self, app: server.DutyRoster) -> None:
        self._app = app
        self.jar: dict[str, str] = {}

    def call(self, method: str, target: str, form: dict[str, str] | None = None) -> "Shown":
        path, _, query = target.partition("?")
        body = urlencode(form or {}).encode()
        shown = Shown()
        chunks = self._app(
            {
                "REQUEST_METHOD": method,
                "PATH_INFO": path,
                "QUERY_STRING": query,
                "CONTENT_LENGTH": str(len(body)),
                "wsgi.input": io.BytesIO(body),
                "HTTP_COOKIE": "; ".join(f"{name}={value}" for name, value in self.jar.items()),
            },
            shown.start,
        )
        shown.body = b"".join(chunks).decode()
        for header, value in shown.headers:
            if header == "Set-Cookie":
                for name, morsel in SimpleCookie(value).items():
                    self.jar[name] = morsel.value
        return shown

    def sign_in(self, platform: PlayedPlatform, **answer: str) -> "Shown":
        """Through /login and /callback, the platform answering with `answer`."""
        sent = parse_qs(urlsplit(self.call("GET", "/login").location).query)
        platform.claims.setdefault("nonce", sent["nonce"][0])
        given = {"code": "c", "state": sent["state"][0], "iss": ISSUER} | answer
        return self.call("GET", f"/callback?{urlencode(given)}")

    def form_token(self) -> str:
        """The token of the session's forms."""
        return self.call("GET", "/").body.split('name="token" value="')[1].split('"')[0]


class Shown:
    """An answer."""

    def __init__(self) -> None:
        self.status = ""
        self.headers: list[tuple[str, str]] = []
        self.body = ""

    def start(self, status: str, headers: list[tuple[str, str]]) -> None:
        self.status, self.headers = status, headers

    @property
    def location(self) -> str:
        return dict(self.headers).get("Location", "")


@pytest.fixture
def platform() -> PlayedPlatform:
    return PlayedPlatform()


@pytest.fixture
def browser(platform: PlayedPlatform, tmp_path: Path) -> Browser:
    http = httpx.Client(transport=httpx.MockTransport(platform))
    provider = oidc.Provider(
        http, issuer=ISSUER, client_id="app-1", client_secret="s", callback=f"{BASE}/callback"
    )
    app = server.DutyRoster(
        base_url=BASE,
        provider=provider,
        platform=platform_api.Platform(http, provider, "app-1", "s"),
        store=roster.Roster(tmp_path / "roster.sqlite3"),
        signer=cookies.Signer("s"),
    )
    return Browser(app)


def test_a_sign_in_asks_for_a_code_with_pkce_and_checks_what_comes_back(
    browser: Browser, platform: PlayedPlatform
) -> None:
    sent = parse_qs(urlsplit(browser.call("GET", "/login").location).query)
    assert sent["code_challenge_method"] == ["S256"]
    platform.claims["nonce"] = sent["nonce"][0]
    answer = urlencode({"code": "c", "state": sent["state"][0], "iss": ISSUER})
    assert browser.call("GET", f"/callback?{answer}").location == "/"
    digest = hashlib.sha256(platform.forms[0]["code_verifier"][0].encode()).digest()
    assert base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == sent["code_challenge"][0]
    assert "张晓梅" in browser.call("GET", "/").body


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://evil.example"},
        {"aud": "app-2"},
        {"aud": ["app-1", "app-2"]},
        {"nonce": "another"},
        {"exp": 1, "iat": 0},
        {"iat": 9_999_999_999, "exp": 10_000_000_000},
    ],
)
def test_an_id_token_that_is_not_ours_signs_nobody_in(
    browser: Browser, platform: PlayedPlatform, claims: dict[str, Any]
) -> None:
    platform.claims = dict(claims)
    shown = browser.sign_in(platform)
    assert shown.status.startswith("502")
    assert server.SESSION not in browser.jar


def test_an_id_token_under_another_key_signs_nobody_in(
    browser: Browser, platform: PlayedPlatform
) -> None:
    platform.key = OTHER_KEY
    assert browser.sign_in(platform).status.startswith("502")
    assert server.SESSION not in browser.jar


@pytest.mark.parametrize("answer", [{"state": "x"}, {"iss": "https://evil.example"}])
def test_an_answer_to_another_request_is_refused(
    browser: Browser, platform: PlayedPlatform, answer: dict[str, str]
) -> None:
    assert browser.sign_in(platform, **answer).status.startswith("502")
    assert platform.forms == []
    assert server.SESSION not in browser.jar


def test_a_callback_without_a_login_is_refused(browser: Browser) -> None:
    assert browser.call("GET", "/callback?code=c&state=s").status.startswith("400")


def test_a_login_begun_by_another_platform_is_refused(browser: Browser) -> None:
    shown = browser.call("GET", "/login?iss=https%3A%2F%2Fevil.example")
    assert shown.status.startswith("400")
    assert shown.location == ""


@pytest.mark.parametrize(
    ("target", "landed"),
    [
        (f"{BASE}/?week=2026-11-23", "/?week=2026-11-23"),
        ("//evil.example", "/"),
        ("https://evil.example/", "/"),
        (f"{BASE}//evil.example", "/"),
        (f"{BASE}@evil.example/", "/"),
        ("javascript:alert(1)", "/"),
    ],
)
def test_a_sign_in_never_lands_anywhere_else(
    browser: Browser, platform: PlayedPlatform, target: str, landed: str
) -> None:
    login = browser.call("GET", f"/login?{urlencode({'target_link_uri': target})}")
    sent = parse_qs(urlsplit(login.location).query)
    platform.claims["nonce"] = sent["nonce"][0]
    answer = urlencode({"code": "c", "state": sent["state"][0], "iss": ISSUER})
    assert browser.call("GET", f"/callback?{answer}").location == landed


def test_an_altered_session_is_no_session(browser: Browser, platform: PlayedPlatform) -> None:
    browser.sign_in(platform)
    body, _, mac = browser.jar[server.SESSION].partition(".")
    forged = base64.urlsafe_b64encode(b'{"v": {"sub": "sub-2", "id": "1"}, "exp": 9999999999}')
    for cookie in (f"{forged.decode()}.{mac}", body, "", "x.y", f"{body}.{mac}x"):
        browser.jar[server.SESSION] = cookie
        assert browser.call("GET", "/").location == "/login"


def test_a_form_of_another_session_changes_nothing(
    browser: Browser, platform: PlayedPlatform
) -> None:
    browser.sign_in(platform)
    for token in ("", "x" * 32):
        form = {"day": "2026-11-23", "sub": "sub-1", "token": token}
        assert browser.call("POST", "/assign", form).status.startswith("403")
    assert "is-mine" not in browser.call("GET", "/?week=2026-11-23").body


def test_who_is_on_duty_is_reminded_once_per_form(
    browser: Browser, platform: PlayedPlatform
) -> None:
    browser.sign_in(platform)
    token = browser.form_token()
    for day in _days(browser.call("GET", "/").body):
        browser.call("POST", "/assign", {"day": day, "sub": "sub-2", "token": token})
    shown = browser.call("GET", "/").body
    assert "<b>曾国强</b>" not in shown
    assert "&lt;b&gt;曾国强&lt;/b&gt;" in shown
    key = shown.split('name="key" value="')[1].split('"')[0]
    browser.call("POST", "/remind", {"key": key, "token": token})
    ((sent_key, notice),) = platform.notices
    assert sent_key == key
    assert notice["recipients"] == ["sub-2"]


def test_nobody_outside_the_range_is_put_on_duty(
    browser: Browser, platform: PlayedPlatform
) -> None:
    browser.sign_in(platform)
    form = {"day": "2026-11-23", "sub": "sub-9", "token": browser.form_token()}
    browser.call("POST", "/assign", form)
    assert "sub-9" not in browser.call("GET", "/?week=2026-11-23&day=2026-11-23").body


def test_who_is_put_on_duty_is_sought_and_nobody_is_chosen_beforehand(
    browser: Browser, platform: PlayedPlatform
) -> None:
    browser.sign_in(platform)
    page = "/?week=2026-11-23&day=2026-11-24"
    everybody = browser.call("GET", page).body
    first = everybody.split('<select name="sub" required>')[1].split("</option>")[0]
    assert first.strip() == '<option value="">请选择'
    assert _offered(everybody) == ["sub-1", "sub-2"]
    assert "selected" not in everybody
    for sought, subs in {"晓梅 收发": ["sub-1"], "一科": ["sub-2"], "<i>无": []}.items():
        shown = browser.call("GET", f"{page}&{urlencode({'q': sought})}").body
        assert _offered(shown) == subs
        assert "<i>" not in shown


def test_a_crowd_is_offered_in_part_and_all_of_it_is_counted(
    browser: Browser, platform: PlayedPlatform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "MOST_OFFERED", 1)
    browser.sign_in(platform)
    shown = browser.call("GET", "/?week=2026-11-23&day=2026-11-24").body
    assert _offered(shown) == ["sub-1"]
    assert "共 2 人，显示前 1 人" in shown


def test_a_day_is_emptied_by_a_button_of_its_own(
    browser: Browser, platform: PlayedPlatform
) -> None:
    browser.sign_in(platform)
    token, page = browser.form_token(), "/?week=2026-11-23&day=2026-11-24"
    assert "清空这一天" not in browser.call("GET", page).body
    form = {"day": "2026-11-24", "token": token}
    browser.call("POST", "/assign", {**form, "sub": "sub-1"})
    assert "清空这一天" in browser.call("GET", page).body
    browser.call("POST", "/assign", {**form, "sub": ""})
    assert "请选择值班人员" in browser.call("GET", page).body
    assert "清空这一天" in browser.call("GET", page).body
    browser.call("POST", "/assign", {**form, "clear": "1"})
    assert "清空这一天" not in browser.call("GET", page).body


def test_its_own_pages_forbid_what_they_do_not_need(browser: Browser) -> None:
    headers = dict(browser.call("GET", "/healthz").headers)
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert "HttpOnly" in dict(browser.call("GET", "/login").headers)["Set-Cookie"]
    assert "; Secure" in dict(browser.call("GET", "/login").headers)["Set-Cookie"]


def _days(body: str) -> list[str]:
    return [part.split('"')[0] for part in body.split('name="day" value="')[1:]]


def _offered(body: str) -> list[str]:
    choices = body.split('<select name="sub" required>')[1].split("</select>", maxsplit=1)[0]
    return [part.split('"')[0] for part in choices.split('<option value="')[2:]]
