"""Who opens a socket, and whether she still may hold it."""

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from http.cookies import CookieError, SimpleCookie
from importlib import import_module
from typing import Any
from urllib.parse import parse_qs

from django.conf import settings
from django.contrib import auth
from django.contrib.sessions.models import Session
from django.http import HttpRequest

from core import http
from core.actor import Actor
from messaging import tickets
from org.queries import accounts


@dataclass(frozen=True, slots=True)
class Visitor:
    """A signed-in person behind one socket, tied to her session."""

    actor: Actor
    person_id: int
    account_id: int
    session_key: str
    session_hash: str


def visitor(scope: Mapping[str, Any], *, now: datetime) -> Visitor | None:
    """Whoever the ticket or the session cookie stands for; None if nobody is signed in."""
    session_key = _session_key(scope)
    if session_key is None:
        return None
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    account = auth.get_user(request)
    if not account.is_authenticated:
        return None
    actor = accounts.actor(account.pk, at=now, request_id=uuid.uuid4().hex, address=_address(scope))
    if actor is None or actor.person_id is None:
        return None
    return Visitor(
        actor=actor,
        person_id=actor.person_id,
        account_id=account.pk,
        session_key=session_key,
        session_hash=str(request.session[auth.HASH_SESSION_KEY]),
    )


def still_signed_in(visitors: Collection[Visitor], *, now: datetime) -> set[Visitor]:
    """Those whose session has not ended and whose account is as it was; two queries."""
    sessions = set(
        Session.objects.filter(
            session_key__in={visitor.session_key for visitor in visitors}, expire_date__gt=now
        ).values_list("session_key", flat=True)
    )
    live = auth.get_user_model().objects.filter(
        pk__in={visitor.account_id for visitor in visitors}, is_active=True
    )
    hashes = {account.pk: account.get_session_auth_hash() for account in live}
    return {
        visitor
        for visitor in visitors
        if visitor.session_key in sessions
        and hashes.get(visitor.account_id) == visitor.session_hash
    }


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
