"""Puts the acting party on every request, and asks her for what her sign-in still lacks."""

import json
from collections.abc import Callable
from datetime import timedelta
from http import HTTPStatus
from typing import Final

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from core import http, logs
from core.actor import system
from core.errors import DomainError
from org import errors
from org.credentials import shown_factors
from org.queries import second_factors
from org.queries.sessions import SESSION_KEY, SignedIn, current
from org.services import sessions

GetResponse = Callable[[HttpRequest], HttpResponse]
_PLATFORM: Final = system("sign-in")
SEEN_EVERY: Final = timedelta(seconds=60)
_SAFE: Final = ("GET", "HEAD", "OPTIONS")


class ActorMiddleware:
    """`request.actor` is who acts and from which post, or None where nobody is signed in.

    A session whose sign-in has ended is emptied. `request.signed_in` is the sign-in.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Serves the request with its actor."""
        signed_in = _signed_in(request) if request.user.is_authenticated else None
        request.signed_in = signed_in  # type: ignore[attr-defined]  # the agreed place
        request.actor = signed_in.actor if signed_in else None  # type: ignore[attr-defined]  # same
        return self.get_response(request)


class SignInRulesMiddleware:
    """What a sign-in lacks comes first: an own password, and an administrator's second factor.

    Tokens have no sign-in and are not asked.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Serves the request, or leads to what is missing."""
        signed_in: SignedIn | None = request.signed_in  # type: ignore[attr-defined]  # see above
        if signed_in is None or request.path.startswith(_open_paths()):
            return self.get_response(request)
        if signed_in.must_change_password or signed_in.password_expired:
            return _to_password(request)
        if _asks_second_factor(request, signed_in):
            return _to_second_factor(request, signed_in)
        return self.get_response(request)


def _signed_in(request: HttpRequest) -> SignedIn | None:
    now = timezone.now()
    signed_in = current(
        request.session.get(SESSION_KEY),
        account_id=request.user.pk or 0,
        at=now,
        request_id=logs.request_id(),
        address=str(request.META.get("REMOTE_ADDR") or ""),
    )
    if signed_in is None:
        held = request.session.get(SESSION_KEY)
        if isinstance(held, int):
            sessions.expire(actor=_PLATFORM, session_id=held, now=now)
        request.session.flush()
        request.user = AnonymousUser()
        return None
    attended = not request.path.startswith(settings.UNATTENDED_PATHS)
    if attended and signed_in.seen_at <= now - SEEN_EVERY:
        sessions.note_seen(actor=signed_in.actor, session_ids=[signed_in.id], now=now)
    return signed_in


def _open_paths() -> tuple[str, ...]:
    """Where a sign-in that lacks something may go all the same: to mend that, or to leave."""
    return (settings.STATIC_URL, "/accounts/", "/healthz", "/readyz")


def _asks_second_factor(request: HttpRequest, signed_in: SignedIn) -> bool:
    if not second_factors.is_required(signed_in) or signed_in.second_factor:
        return False
    if request.path.startswith(settings.SECOND_FACTOR_FREE):
        return False
    shown = shown_factors.of(request, request.user)
    if shown:
        sessions.note_second_factor(actor=signed_in.actor, session_id=signed_in.id, by=shown)
        return False
    if not signed_in.is_administrator or settings.SECOND_FACTOR == "everyone":
        return True
    if request.method not in _SAFE and request.path.startswith(settings.SECOND_FACTOR_WRITES):
        return True
    if _acts_as_administrator(request.path, signed_in):
        return True
    is_for_everybody = settings.SECOND_FACTOR_COLLEAGUES.fullmatch(request.path)
    return request.path.startswith(settings.SECOND_FACTOR_PATHS) and not is_for_everybody


def _acts_as_administrator(path: str, signed_in: SignedIn) -> bool:
    """The page is everybody's, but what is asked of it takes an administrator."""
    asked = settings.SECOND_FACTOR_AS_ADMINISTRATOR.fullmatch(path)
    return asked is not None and asked["person"] != str(signed_in.actor.person_id)


def _to_password(request: HttpRequest) -> HttpResponse:
    return _lead(request, errors.PasswordDue(), reverse("account_change_password"))


def _to_second_factor(request: HttpRequest, signed_in: SignedIn) -> HttpResponse:
    refusal = errors.SecondFactorRequired()
    http.note_refusal(request, refusal)
    if not _is_page(request):
        return _lead(request, refusal, reverse("security"))
    account_id = signed_in.actor.account_id or 0
    context = {
        "has_one": second_factors.of(account_id).is_set_up,
        "message": refusal.text,
        "code": refusal.code,
        "request_id": logs.request_id(),
        "next": request.get_full_path() if request.method in _SAFE else "/",
    }
    return render(request, "workbench/security/required.html", context, status=refusal.status)


def _lead(request: HttpRequest, refusal: DomainError, target: str) -> HttpResponse:
    """A page goes where the matter is mended; a script is told, and where."""
    if request.headers.get("HX-Request"):
        response = HttpResponse(status=HTTPStatus.NO_CONTENT)
        response["HX-Redirect"] = target
        response["HX-Trigger"] = json.dumps({"problem": {"code": refusal.code}})
        return response
    if not _is_page(request):
        return http.problem(refusal)
    return HttpResponseRedirect(target)


def _is_page(request: HttpRequest) -> bool:
    return not (
        request.path.startswith("/api/")
        or request.headers.get("HX-Request")
        or request.headers.get("Accept") == "application/json"
    )
