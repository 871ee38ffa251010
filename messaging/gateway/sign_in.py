"""Who opens a socket, and whether she still may hold it."""

import asyncio
import re
import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any, Final
from urllib.parse import parse_qs

from django.conf import settings
from django.http import parse_cookie
from django.utils import timezone

from core import http
from core.actor import Actor
from messaging import threads, tickets
from messaging.together import Together
from org.queries import second_factors, sessions

_MAY_BE_A_KEY: Final = re.compile(r"[0-9a-z]{8,40}")
"""Whatever else somebody sends must not spoil the question that is asked for many."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """A signed-in person behind one socket, tied to her sign-in and to the post she acts from."""

    actor: Actor
    person_id: int
    hold: sessions.Hold


@dataclass(frozen=True, slots=True)
class Caller:
    """Who wants to come in: by which session, and from where."""

    session_key: str
    address: str


async def visitor(scope: Mapping[str, Any]) -> Visitor | None:
    """Whoever the ticket or the session cookie stands for; None if nobody is signed in.

    All who come at the same time are looked up together.
    """
    one = await caller(scope)
    return await _callers(asyncio.get_running_loop()).take(one) if one is not None else None


async def caller(scope: Mapping[str, Any]) -> Caller | None:
    """Who shows a ticket or a session cookie; None where nobody does."""
    session_key = await _session_key(scope)
    if session_key is None or not _MAY_BE_A_KEY.fullmatch(session_key):
        return None
    return Caller(session_key, _address(scope))


def let_in(callers: Collection[Caller], *, now: datetime) -> dict[Caller, Visitor]:
    """Those of the callers who are signed in and lack nothing that has to come first.

    That is what `org.middleware` asks of a request: a password of one's own that is not too old,
    and where everybody needs one, a second factor.
    """
    found = sessions.opened_by({one.session_key for one in callers}, at=now)
    return {
        one: _visitor(one, found[one.session_key])
        for one in callers
        if one.session_key in found and not _lacks_something(found[one.session_key])
    }


def _lacks_something(signed_in: sessions.SignedIn) -> bool:
    return (
        signed_in.must_change_password
        or signed_in.password_expired
        or second_factors.is_missing_everywhere(signed_in)
    )


def _visitor(one: Caller, signed_in: sessions.SignedIn) -> Visitor:
    actor = replace(signed_in.actor, request_id=uuid.uuid4().hex, address=one.address)
    hold = sessions.Hold(signed_in.id, one.session_key, actor.appointment_id)
    return Visitor(actor, actor.require_person(), hold)


@lru_cache(maxsize=1)
def _callers(_loop: asyncio.AbstractEventLoop) -> Together[Caller, Visitor]:
    """A process has one loop."""

    async def work(callers: Sequence[Caller]) -> dict[Caller, Visitor]:
        return await threads.look(let_in, callers, now=timezone.now())

    return Together(work)


def _address(scope: Mapping[str, Any]) -> str:
    """As for a request: behind a trusted proxy, the address that the proxy reports."""
    peer = scope.get("client") or ("",)
    return http.client_address(str(peer[0]), ",".join(_headers(scope, b"x-forwarded-for")))


def _headers(scope: Mapping[str, Any], wanted: bytes) -> list[str]:
    headers = scope.get("headers", ())
    return [value.decode("latin-1") for name, value in headers if name == wanted]


async def _session_key(scope: Mapping[str, Any]) -> str | None:
    query = parse_qs(scope.get("query_string", b"").decode("latin-1"))
    if "ticket" in query:
        return await threads.run(tickets.redeem, query["ticket"][0])
    cookies = parse_cookie("; ".join(_headers(scope, b"cookie")))
    return cookies.get(settings.SESSION_COOKIE_NAME)
