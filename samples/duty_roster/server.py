"""The app itself: a small WSGI application with its routes."""

import secrets
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timedelta
from http import HTTPStatus
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from zoneinfo import ZoneInfo

import httpx

from . import cookies, oidc, pages, platform_api, roster

SESSION, LOGIN, FLASH = "duty_session", "duty_login", "duty_flash"
SESSION_SECONDS, LOGIN_SECONDS = 8 * 3600, 600
LONGEST_BODY = 16_384
MOST_OFFERED = 100
HERE = Path(__file__).parent
ZONE = ZoneInfo("Asia/Shanghai")
FILES = {"/style.css": "text/css; charset=utf-8", "/icon.svg": "image/svg+xml"}
HEADERS = [
    (
        "Content-Security-Policy",
        (
            "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
            "frame-ancestors 'none'; base-uri 'none'"
        ),
    ),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
]
StartResponse = Callable[[str, list[tuple[str, str]]], object]


@dataclass(slots=True)
class Answer:
    """What goes back to the browser."""

    body: str | bytes = ""
    status: HTTPStatus = HTTPStatus.OK
    kind: str = "text/html; charset=utf-8"
    headers: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Call:
    """What the browser sent."""

    method: str
    path: str
    query: dict[str, str]
    form: dict[str, str]
    cookies: dict[str, str]


class DutyRoster:
    """The WSGI application."""

    def __init__(
        self,
        *,
        base_url: str,
        provider: oidc.Provider,
        platform: platform_api.Platform,
        store: roster.Roster,
        signer: cookies.Signer,
    ) -> None:
        self._base = base_url.rstrip("/")
        self._provider = provider
        self._platform = platform
        self._store = store
        self._signer = signer

    def __call__(self, environ: dict[str, Any], start: StartResponse) -> Iterable[bytes]:
        """Answers one request."""
        try:
            answer = self._route(_call_of(environ))
        except (oidc.SignInFailed, platform_api.CallFailed) as refusal:
            answer = Answer(pages.refusal(str(refusal)), HTTPStatus.BAD_GATEWAY)
        except httpx.HTTPError:
            answer = Answer(pages.refusal("暂时连接不上平台，请稍后再试"), HTTPStatus.BAD_GATEWAY)
        body = answer.body.encode() if isinstance(answer.body, str) else answer.body
        headers = [("Content-Type", answer.kind), ("Content-Length", str(len(body)))]
        start(f"{answer.status.value} {answer.status.phrase}", headers + HEADERS + answer.headers)
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]

    def _route(self, call: Call) -> Answer:
        reads = {"/": self._week, "/login": self._login, "/callback": self._callback}
        writes = {"/assign": self._assign, "/remind": self._remind}
        if call.method == "POST":
            act = writes.get(call.path)
            return self._write(call, act) if act else _absent()
        if call.path in FILES:
            return Answer((HERE / call.path[1:]).read_bytes(), kind=FILES[call.path])
        if call.path == "/healthz":
            return Answer("ok", kind="text/plain")
        read = reads.get(call.path)
        return read(call) if read else _absent()

    # --- signing in ---------------------------------------------------------------------

    def _login(self, call: Call) -> Answer:
        """Third-party-initiated login (OIDC Core 1.0, 4): only from our platform, only to us."""
        if call.query.get("iss", self._provider.issuer) != self._provider.issuer:
            return Answer(pages.refusal("登录请求来自未知的平台"), HTTPStatus.BAD_REQUEST)
        address, login = self._provider.begin(self._inner(call.query.get("target_link_uri", "")))
        sealed = self._signer.seal(asdict(login), seconds=LOGIN_SECONDS)
        return _redirect(address, self._cookie(LOGIN, sealed, LOGIN_SECONDS))

    def _callback(self, call: Call) -> Answer:
        remembered = self._signer.open(call.cookies.get(LOGIN, ""))
        if remembered is None:
            return Answer(
                pages.refusal("登录请求已失效，请从工作台重新打开"), HTTPStatus.BAD_REQUEST
            )
        login = oidc.Login(**remembered)
        claims = self._provider.finish(login, call.query)
        session = {name: claims.get(name, "") for name in ("sub", "name", "unit_name")}
        session["id"] = secrets.token_urlsafe(16)
        sealed = self._signer.seal(session, seconds=SESSION_SECONDS)
        return _redirect(
            login.target, self._cookie(SESSION, sealed, SESSION_SECONDS), self._cookie(LOGIN, "", 0)
        )

    def _inner(self, target: str) -> str:
        """The path of an address of ours; the first page for any other."""
        parts = urlsplit(target)
        ours = f"{parts.scheme}://{parts.netloc}" == self._base
        if not ours or not parts.path.startswith("/") or parts.path.startswith("//"):
            return "/"
        return f"{parts.path}?{parts.query}" if parts.query else parts.path

    def _viewer(self, call: Call) -> pages.Viewer | None:
        session = self._signer.open(call.cookies.get(SESSION, ""))
        if session is None or "id" not in session:
            return None
        return pages.Viewer(
            session["sub"],
            session["name"],
            session["unit_name"],
            self._signer.token(session["id"]),
            self._provider.issuer,
        )

    # --- pages --------------------------------------------------------------------------

    def _week(self, call: Call) -> Answer:
        viewer = self._viewer(call)
        if viewer is None:
            return _redirect("/login")
        today = _today()
        chosen = _day_of(call.query.get("week", "")) or today
        chosen_day = _day_of(call.query.get("day", ""))
        monday = chosen - timedelta(days=chosen.weekday())
        sought = call.query.get("q", "").strip()[:40]
        found = _sought(self._platform.members(), sought) if chosen_day else []
        shown = pages.Week(
            monday=monday,
            today=today,
            duties=self._store.week(monday),
            on_duty=self._store.on(today),
            members=found[:MOST_OFFERED],
            found=len(found),
            sought=sought,
            chosen_day=chosen_day,
            notice_key=f"duty.{today}.{secrets.token_hex(8)}",
            flash=(self._signer.open(call.cookies.get(FLASH, "")) or {}).get("text", ""),
        )
        clear = self._cookie(FLASH, "", 0)
        return Answer(pages.roster(viewer, shown), headers=[clear, ("Cache-Control", "no-store")])

    def _write(self, call: Call, act: Callable[[Call, pages.Viewer], str]) -> Answer:
        """Does what a form asks, if it is one of this session's own."""
        viewer = self._viewer(call)
        if viewer is None or not secrets.compare_digest(
            call.form.get("token", "").encode(), viewer.form_token.encode()
        ):
            return Answer(pages.refusal("登录已过期，请重新登录后再试"), HTTPStatus.FORBIDDEN)
        text = act(call, viewer)
        sealed = self._signer.seal({"text": text}, seconds=30)
        day = _day_of(call.form.get("day", ""))
        return _redirect(f"/?week={day}" if day else "/", self._cookie(FLASH, sealed, 30))

    def _assign(self, call: Call, viewer: pages.Viewer) -> str:
        day, sub = _day_of(call.form.get("day", "")), call.form.get("sub", "")
        if day is None:
            return "日期无效"
        if call.form.get("clear"):
            self._store.clear(day)
            return f"已清空{day.month}月{day.day}日的值班"
        if not sub:
            return "请选择值班人员"
        people = {
            member.sub: (member.name, member.unit_name) for member in self._platform.members()
        }
        people[viewer.sub] = (viewer.name, viewer.unit_name)
        if sub not in people:
            return "此人不在可排班的范围内"
        name, unit_name = people[sub]
        self._store.put(roster.Duty(day, sub, name, unit_name, viewer.name))
        return f"已安排{name}在{day.month}月{day.day}日值班"

    def _remind(self, call: Call, viewer: pages.Viewer) -> str:
        today = _today()
        duty = self._store.on(today)
        if duty is None:
            return "今天还没有安排值班"
        self._platform.remind(
            duty.sub,
            key=call.form.get("key", "")[:64],
            title=f"值班提醒：{today.month}月{today.day}日由您值班",
            body=f"{viewer.name}提醒您今天值班，请按时到岗并保持通讯畅通。",
        )
        return f"已提醒{duty.name}"

    def _cookie(self, name: str, value: str, seconds: int) -> tuple[str, str]:
        secure = "; Secure" if self._base.startswith("https:") else ""
        return (
            "Set-Cookie",
            f"{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}",
        )


def _call_of(environ: dict[str, Any]) -> Call:
    size = environ.get("CONTENT_LENGTH") or "0"
    length = min(int(size) if size.isdecimal() else 0, LONGEST_BODY)
    body = environ["wsgi.input"].read(length).decode("utf-8", "replace") if length else ""
    held = SimpleCookie(environ.get("HTTP_COOKIE", ""))
    return Call(
        method=environ["REQUEST_METHOD"],
        path=environ["PATH_INFO"],
        query=dict(parse_qsl(environ.get("QUERY_STRING", ""))),
        form=dict(parse_qsl(body, keep_blank_values=True)),
        cookies={name: morsel.value for name, morsel in held.items()},
    )


def _sought(members: list[platform_api.Member], text: str) -> list[platform_api.Member]:
    """Those whose name, unit and title hold every word of the text."""
    words = text.split()
    return [
        member
        for member in members
        if all(word in f"{member.name} {member.unit_name} {member.title}" for word in words)
    ]


def _redirect(address: str, *set_cookies: tuple[str, str]) -> Answer:
    return Answer(status=HTTPStatus.SEE_OTHER, headers=[("Location", address), *set_cookies])


def _absent() -> Answer:
    return Answer(pages.refusal("页面不存在"), HTTPStatus.NOT_FOUND)


def _today() -> date:
    return datetime.now(ZONE).date()  # noqa: TID251  # a process of its own has its own clock


def _day_of(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
