"""Apps for tests: a manifest, and an app taken through the real services to its audience."""

import base64
import hashlib
import secrets
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.test import Client
from django.utils import timezone

from miniapps.queries import publishing as plans
from miniapps.services import publishing, registry, review
from tests.factories import Province

DEVELOPER = "曾国强"
"""Of 西湖区民政局."""
REVIEWER = "何管理"
"""Administers the apps of 西湖区."""
VIEWER = "张晓梅"
"""Of 西湖区民政局."""
NEIGHBOUR = "赵卫东"
"""Of 西湖区卫生健康局."""
STRANGER = "唐科员"
"""Of 海曙区民政局, another county of another city."""

OWNER = "西湖区民政局"
OWNER_CODE = "11TEST000000000004"
BASE = "http://127.0.0.1:9100"
CALLBACK = f"{BASE}/callback"
VERIFIER = "v" * 64


@dataclass(frozen=True)
class Published:
    """A published app and the credentials of its OAuth client."""

    app_id: int
    release_id: int
    client_id: str
    client_secret: str


def manifest(**changes: Any) -> dict[str, Any]:
    """A good manifest; `x_gov=...` and the like replace whole members."""
    document: dict[str, Any] = {
        "app_id": "cn.gov.xihu.duty",
        "name": "值班排班",
        "short_name": "值班",
        "description": "排值班表，提醒值班人员。",
        "icons": [{"src": "/icon.svg", "sizes": "any"}],
        "pages": ["/"],
        "platform_version": {"min_code": 1},
        "version": {"code": 1, "name": "1.0.0"},
        "x_gov": government(),
    }
    return document | changes


def government(**changes: Any) -> dict[str, Any]:
    """The member x_gov of a good manifest."""
    member: dict[str, Any] = {
        "kind": "web",
        "owner_unit": OWNER_CODE,
        "category": "emergency",
        "entry": {"base_url": f"{BASE}/"},
        "oauth": {"redirect_uris": [CALLBACK], "initiate_login_uri": f"{BASE}/login"},
        "scopes": [
            {"name": "openid", "reason": "识别登录人"},
            {"name": "profile.read", "reason": "显示值班人姓名"},
            {"name": "org.member.read", "reason": "选择值班人员", "range": "owner_subtree"},
            {"name": "notice.send", "reason": "提醒值班人员", "range": "audience"},
        ],
    }
    return member | changes


def registered(
    province: Province, *, developer: str = DEVELOPER, **changes: Any
) -> registry.Registered:
    """A draft handed in by the developer."""
    return registry.register(
        actor=province.actor(developer), document=manifest(**changes), now=timezone.now()
    )


def approved(province: Province, **changes: Any) -> registry.Registered:
    """A release REVIEWER has approved."""
    made = registered(province, **changes)
    registry.submit(actor=province.actor(DEVELOPER), release_id=made.release_id, now=timezone.now())
    review.approve(
        actor=province.actor(REVIEWER),
        release_id=made.release_id,
        remark="同意",
        now=timezone.now(),
    )
    return made


def published(province: Province, *, to: str = "西湖区", **changes: Any) -> Published:
    """An app that everybody at or below the unit sees."""
    made = approved(province, **changes)
    publishing.publish(
        actor=province.actor(REVIEWER),
        release_id=made.release_id,
        audience=[plans.rule(effect="allow", subject="subtree", unit_id=province.unit(to))],
        now=timezone.now(),
    )
    return Published(made.app_id, made.release_id, made.client_id, made.client_secret)


def challenge(verifier: str = VERIFIER) -> str:
    """The S256 challenge of a PKCE verifier."""
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def authorization(app: Published, **changes: str | None) -> dict[str, str]:
    """The query of a good authorization request; None drops a parameter."""
    asked: dict[str, str | None] = {
        "response_type": "code",
        "client_id": app.client_id,
        "redirect_uri": CALLBACK,
        "scope": "openid profile.read",
        "state": "s" * 20,
        "nonce": secrets.token_urlsafe(12),
        "code_challenge": challenge(),
        "code_challenge_method": "S256",
    }
    return {name: value for name, value in (asked | changes).items() if value is not None}


def code_for(browser: Client, app: Published, **changes: str | None) -> str:
    """A fresh authorization code for the person of the browser."""
    answer = browser.get("/oauth/authorize/", authorization(app, **changes))
    assert answer.status_code == 302, answer.content
    given = parse_qs(urlsplit(answer["Location"]).query)
    assert "code" in given, answer["Location"]
    return given["code"][0]


def exchange(app: Published, code: str, **changes: str) -> Any:
    """The token endpoint's answer to the code."""
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": CALLBACK,
        "code_verifier": VERIFIER,
    }
    return token_call(app, form | changes)


def bought(browser: Client, app: Published, **changes: str | None) -> dict[str, Any]:
    """What the person of the browser and the app get for a fresh code."""
    answer = exchange(app, code_for(browser, app, **changes))
    assert answer.status_code == 200, answer.content
    tokens: dict[str, Any] = answer.json()
    return tokens


def refreshed(app: Published, tokens: dict[str, Any]) -> Any:
    """The token endpoint's answer to the refresh token, decoded."""
    form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    return token_call(app, form).json()


def token_call(app: Published, form: dict[str, str]) -> Any:
    """The token endpoint's answer to the form, the client authenticated by Basic."""
    pair = base64.b64encode(f"{app.client_id}:{app.client_secret}".encode()).decode()
    return Client().post("/oauth/token/", form, headers={"Authorization": f"Basic {pair}"})


def own_token(app: Published, scope: str = "notice.send") -> str:
    """An access token the app holds for itself."""
    answer = token_call(app, {"grant_type": "client_credentials", "scope": scope})
    assert answer.status_code == 200, answer.content
    token: str = answer.json()["access_token"]
    return token


def opens_userinfo(tokens: dict[str, Any]) -> bool:
    """Whether the access token is good for what it was bought for."""
    answer = bearer(tokens["access_token"]).get("/oauth/userinfo/")
    assert answer.status_code in {200, 401}, answer.content
    return answer.status_code == 200


def opens_the_api(token: str) -> bool:
    """Whether the app's own access token is good."""
    answer = bearer(token).get("/api/v1/apps/me")
    assert answer.status_code in {200, 401}, answer.content
    return answer.status_code == 200


def bearer(token: str) -> Client:
    """A client that sends the token with each call."""
    return Client(headers={"Authorization": f"Bearer {token}"})
