"""Long polling: a request that waits for news costs a task here, not a thread of Django's.

Stands in front of Django (config/asgi) and takes only GET …/sync with `wait`. Whatever it cannot
answer with news, nobody signed in for instance, Django answers as it answers without waiting.
"""

import asyncio
import random
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qs

import orjson
from django.http import HttpResponse
from django.utils import timezone

from core import errors, http
from messaging import errors as own_errors
from messaging import frames, threads
from messaging.gateway import connection, sessions, sign_in
from messaging.gateway.connection import Receive, Scope, Send
from messaging.gateway.sign_in import Visitor
from messaging.queries import sync
from messaging.queries.sync import LONGEST_WAIT, Standing

PATH: Final = "/api/v1/messaging/sync"
GATHER_SECONDS: Final = 0.03
"""After the first news so long for what comes with it: one answer instead of several."""
KEPT_AT_MOST: Final = 64 * 1024
"""Bytes of frames that a request holds, however long the database keeps its answer waiting."""
_COMPARE: Final = frames.frame("sync.hint", {}).decode()
_HEADERS: Final = (
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'"),
    (b"x-content-type-options", b"nosniff"),
)


class Waiter:
    """A request that hears like a socket until there is something to answer."""

    def __init__(self, visitor: Visitor) -> None:
        self.visitor = visitor
        self.actor = visitor.actor
        self.person_id = visitor.person_id
        self.texts: list[str] = []
        self._room = KEPT_AT_MOST
        self.news = asyncio.Event()
        self.is_revoked = False

    def push(self, wire: bytes, conversation_id: int, seq: int) -> bool:
        """Keeps the finished frame for the answer; instead of all beyond its room one hint."""
        if len(wire) <= self._room:
            self._room -= len(wire)
            self.texts.extend(frames.texts(wire))
        elif self._room >= 0:
            self._room = -1
            self.texts.append(_COMPARE)
        self.news.set()
        return True

    async def revoke(self) -> None:
        """The session has ended: Django says so."""
        self.is_revoked = True
        self.news.set()

    async def renew(self) -> None:
        """The person acts from another post: the next request does so."""
        self.news.set()

    async def say_bye(self) -> None:
        """The process stops: the client comes back spread over a few seconds."""
        wait = random.randrange(200, connection.BYE_SPREAD_MS)  # noqa: S311  # spreads load only
        self.texts.append(frames.frame("bye", {"retry_after_ms": wait}).decode())
        self.news.set()

    def was_used(self) -> bool:
        """Waiting is nothing that a person does."""
        return False


class Polling:
    """Django, and in front of it those who wait."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves the request."""
        seconds = _seconds(scope)
        visitor = await _visitor(scope) if seconds else None
        if visitor is None:
            await self._inner(scope, receive, send)
            return
        here = sessions.of_this_process()
        waiter = Waiter(visitor)
        if not here.has_room(waiter):
            await _refuse(send)
            return
        gone = asyncio.create_task(_gone(receive))
        try:
            content = await _news(here, waiter, _state(scope), seconds, gone)
        finally:
            gone.cancel()
        if waiter.is_revoked:
            await self._inner(scope, _without_body(receive, gone), send)
        elif content is not None:
            await _answer(send, 200, content, ((b"content-type", b"application/json"),))


async def _news(
    here: sessions.Sessions,
    waiter: Waiter,
    state: str,
    seconds: int,
    gone: "asyncio.Task[None]",
) -> bytes | None:
    """The answer; None where the client did not wait for it."""
    try:
        await here.enter(waiter)
        before = await threads.run(sync.standing, actor=waiter.actor, at=timezone.now())
        known = before if before.state == state else None
        if known is not None:
            await _wait(waiter, seconds, gone)
        if gone.done() or waiter.is_revoked:
            return None
        return await threads.run(_content, waiter, before, known)
    finally:
        await here.leave(waiter)


async def _wait(waiter: Waiter, seconds: int, gone: "asyncio.Task[None]") -> None:
    news = asyncio.create_task(waiter.news.wait())
    await asyncio.wait((news, gone), timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    news.cancel()
    if waiter.texts:
        await asyncio.sleep(GATHER_SECONDS)


def _content(waiter: Waiter, before: Standing, known: Standing | None) -> bytes:
    now = timezone.now()
    stands = sync.standing(actor=waiter.actor, at=now) if waiter.news.is_set() else before
    compared = sync.compared(actor=waiter.actor, stands=stands, known=known, at=now)
    compared.frames.extend(orjson.Fragment(text) for text in waiter.texts)
    return orjson.dumps(compared)


async def _gone(receive: Receive) -> None:
    """Returns when the client has hung up."""
    while (await receive())["type"] != "http.disconnect":
        continue


def _without_body(receive: Receive, gone: "asyncio.Task[None]") -> Receive:
    """What Django hears of a request whose beginning was heard here: no body, and then its end."""
    said = iter([{"type": "http.request", "body": b"", "more_body": False}])

    async def following() -> dict[str, Any]:
        if (first := next(said, None)) is not None:
            return first
        if gone.done() and not gone.cancelled():
            return {"type": "http.disconnect"}
        return await receive()

    return following


async def _visitor(scope: Scope) -> Visitor | None:
    try:
        return await sign_in.visitor(scope)
    except errors.Unavailable:
        return None


async def _refuse(send: Send) -> None:
    problem: HttpResponse = http.problem(own_errors.TooManyWaiting(retry_after=5))
    headers = tuple(
        (name.lower().encode(), value.encode("latin-1")) for name, value in problem.headers.items()
    )
    await _answer(send, problem.status_code, problem.content, headers)


async def _answer(
    send: Send, status: int, content: bytes, headers: tuple[tuple[bytes, bytes], ...]
) -> None:
    length = ((b"content-length", str(len(content)).encode()),)
    given = [*_HEADERS, *length, *(pair for pair in headers if pair[0] != b"content-length")]
    await send({"type": "http.response.start", "status": status, "headers": given})
    await send({"type": "http.response.body", "body": content})


def _seconds(scope: Scope) -> int:
    """How long the client will wait; 0 where it does not, or where Django has to refuse it."""
    if scope["path"] != PATH or scope["method"] != "GET":
        return 0
    given = _query(scope).get("wait", ["0"])[-1]
    seconds = int(given) if given.isascii() and given.isdigit() and len(given) < 4 else 0
    return seconds if seconds <= LONGEST_WAIT and len(_state(scope)) <= 64 else 0


def _state(scope: Scope) -> str:
    return _query(scope).get("state", [""])[-1]


def _query(scope: Scope) -> Mapping[str, list[str]]:
    return parse_qs(scope.get("query_string", b"").decode("latin-1"))
