"""Who opens a socket, and whether she still may hold it."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from http.cookies import CookieError, SimpleCookie
from importlib import import_module
from typing import Any
from urllib.parse import parse_qs

from django.conf import settings
from django.contrib import auth
from django.http import HttpRequest

from core import http
from core.actor import Actor
from messaging import tickets
from org.queries import sessions


@dataclass(frozen=True, slots=True)
class Visitor:
    """A signed-in person behind one socket, tied to her sign-in and to the post she acts from."""

    actor: Actor
    person_id: int
    hold: sessions.Hold


def visitor(scope: Mapping[str, Any], *, now: datetime) -> Visitor | None:
    """Whoever the ticket or the session cookie stands for; None if nobody is signed in.

    Nobody either where another password has to be chosen first.
    """
    session_key = _session_key(scope)
    if session_key is None:
        return None
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    account = auth.get_user(request)
    if not account.is_authenticated:
        return None
    signed_in = sessions.current(
        request.session.get(sessions.SESSION_KEY),
        account_id=account.pk,
        at=now,
        request_id=uuid.uuid4().hex,
        address=_address(scope),
    )
    if signed_in is None or signed_in.must_change_password or signed_in.password_expired:
        return None
    actor = signed_in.actor
    return Visitor(
        actor=actor,
        person_id=actor.require_person(),
        hold=sessions.Hold(signed_in.id, session_key, actor.appointment_id),
    )


def _address(scope: Mapping[str, Any]) -> str:
    """As for a request: behind a trusted proxy, the address that the proxy reports."""
    peer = scope.get("client") or ("",)
    return http.client_address(str(peer[0]), ",".join(_headers(scope, b"x-forwarded-for")))


def _headers(scope: Mapping[str, Any], wanted: bytes) -> list[str]:
    headers = scope.get("headers", ())
    return [value.decode("latin-1") for name, value in headers if name == wanted]


def _session_key(scope: Mapping[str, Any]) -> str | None:
    query = parse_qs(scope.get("query_string", b"").decode("latin-1"))
    if "ticket" in query:
        return tickets.redeem(query["ticket"][0])
    cookies: SimpleCookie = SimpleCookie()
    for value in _headers(scope, b"cookie"):
        try:
            cookies.load(value)
        except CookieError:
            return None
    held = cookies.get(settings.SESSION_COOKIE_NAME)
    return held.value if held is not None else None
