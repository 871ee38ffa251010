"""What every request shares: its id, its actor, its refusals and its headers."""

import ipaddress
import json
import re
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from functools import wraps
from http import HTTPStatus
from typing import Concatenate, Final, ParamSpec, cast
from urllib.parse import urlencode, urlsplit, urlunsplit

import structlog
from asgiref.sync import sync_to_async
from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from core import audit, errors, logs
from core.actor import Actor
from core.audit import denials

P = ParamSpec("P")
GetResponse = Callable[[HttpRequest], HttpResponse]
View = Callable[Concatenate[HttpRequest, P], HttpResponse]

PROBLEM_TYPE: Final = "application/problem+json"
CONTENT_SECURITY_POLICY: Final = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    ]
)
_AUDITED_REFUSALS: Final = (errors.Forbidden, errors.NotFound)
_REQUEST_ID: Final = re.compile(r"^[A-Za-z0-9\-]{8,64}$")

log = structlog.get_logger(__name__)


def actor_of(request: HttpRequest) -> Actor:
    """Who acts in this request; NotSignedIn if nobody does."""
    actor = getattr(request, "actor", None)
    if actor is None:
        raise errors.NotSignedIn
    return cast(Actor, actor)


def page(view: View[P]) -> View[P]:
    """A page for people who are signed in; others are sent to sign in and come back."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if getattr(request, "actor", None) is None:
            return _to_sign_in(request)
        return view(request, *args, **kwargs)

    guarded.is_guarded = True  # type: ignore[attr-defined]  # read by the contract tests
    return cast(View[P], guarded)


def problem(refusal: errors.DomainError) -> JsonResponse:
    """The refusal as an RFC 9457 problem document."""
    body = {
        "type": f"{settings.SITE_ORIGIN}/api/v1/errors/{refusal.code}",
        "title": HTTPStatus(refusal.status).phrase,
        "status": refusal.status,
        "detail": refusal.text,
        "code": refusal.code,
        "instance": logs.request_id(),
    }
    extra = {name: value for name, value in refusal.details.items() if name not in body}
    response = JsonResponse({**body, **extra}, status=refusal.status, content_type=PROBLEM_TYPE)
    if isinstance(refusal, errors.TooMany) and "retry_after" in refusal.details:
        response["Retry-After"] = str(refusal.details["retry_after"])
    return response


def note_refusal(request: HttpRequest, refusal: errors.DomainError) -> errors.DomainError:
    """A refusal that guards something is audited, whoever was refused; what is to be answered.

    Whoever asks too often is not told any more what is absent and what is only hidden from him.
    """
    actor = getattr(request, "actor", None)
    if actor is None or not isinstance(refusal, _AUDITED_REFUSALS):
        return refusal
    now = timezone.now()
    refused = audit.record_denial(actor=actor, refusal=refusal, path=request.path, now=now)
    return errors.RefusedTooOften(retry_after=60) if refused > denials.PATIENCE else refusal


def tell_refusals() -> None:
    """What was only counted of the refusals stands in the log: the process stops."""
    denials.tell_all(now=timezone.now())


class Pieces(StreamingHttpResponse):
    """A body that is made piece by piece, in the request's own thread, as the client takes it."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """The pieces; Django's own way would make them all before it sends the first."""
        made = self.__iter__()
        following = sync_to_async(_following, thread_sensitive=True)
        while (piece := await following(made)) is not None:
            yield piece


def _following(pieces: Iterator[bytes]) -> bytes | None:
    return next(pieces, None)


class RequestMiddleware:
    """Each request has an id in its logs, its answer and its audit entries."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Serves the request with its id bound and its client's true address."""
        given = request.headers.get("X-Request-ID", "")
        request_id = given if _REQUEST_ID.match(given) else uuid.uuid4().hex
        peer = str(request.META.get("REMOTE_ADDR") or "")
        forwarded = request.headers.get("X-Forwarded-For", "")
        request.META["REMOTE_ADDR"] = client_address(peer, forwarded)
        with logs.bound(request_id=request_id):
            response = self.get_response(request)
            if response.status_code >= 500:
                log.error("request failed", path=request.path, status=response.status_code)
            if getattr(request, "actor", None) is not None:
                denials.tell_counted(now=timezone.now())
        response["X-Request-ID"] = request_id
        return response


class SecurityHeadersMiddleware:
    """Every answer forbids what no page of ours needs."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Adds the content security policy unless the view chose a stricter one."""
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", _policy_of(request))
        response.headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), usb=()")
        if not request.path.startswith(settings.STATIC_URL):
            response.headers.setdefault("Cache-Control", "no-store")
        return response


class RefusalMiddleware:
    """A refusal raised by a page becomes a Chinese page, or a toast for an htmx request."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Serves the request; refusals come to process_exception."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answers a DomainError; whatever else is a bug and stays an exception."""
        if not isinstance(error, errors.DomainError):
            return None
        if isinstance(error, errors.NotSignedIn):
            return _to_sign_in(request)
        return refusal_page(request, note_refusal(request, error))


def refusal_page(request: HttpRequest, refusal: errors.DomainError) -> HttpResponse:
    """The refusal for a person: a page, or for htmx an event that the page shows."""
    if request.headers.get("HX-Request"):
        response = HttpResponse(refusal.text, status=refusal.status, content_type="text/plain")
        shown = {"problem": {"code": refusal.code, "message": refusal.text}}
        response["HX-Trigger"] = json.dumps(shown)
        response["HX-Reswap"] = "none"
        return response
    context = {
        "status": refusal.status,
        "code": refusal.code,
        "message": refusal.text,
        "request_id": logs.request_id(),
    }
    return render(request, settings.ERROR_TEMPLATE, context, status=refusal.status)


def _to_sign_in(request: HttpRequest) -> HttpResponse:
    """The way to the sign-in page and back; a page that asks by script stays and is told."""
    if request.headers.get("HX-Request"):
        response = HttpResponse(status=401)
        response["HX-Trigger"] = json.dumps({"signed-out": True})
        response["HX-Reswap"] = "none"
        return response
    if request.headers.get("Accept") == "application/json":
        return problem(errors.NotSignedIn())
    back = request.get_full_path() if request.method == "GET" else _came_from(request)
    return redirect(f"{reverse(settings.LOGIN_URL)}?{urlencode({'next': back})}")


def _came_from(request: HttpRequest) -> str:
    """The page of ours that sent the form, the first page where that is not known."""
    referer = urlsplit(request.headers.get("Referer", ""))
    if referer.netloc != request.get_host():
        return "/"
    return urlunsplit(("", "", referer.path, referer.query, "")) or "/"


def _policy_of(request: HttpRequest) -> str:
    if request.path == settings.API_DOCS_PATH:
        # Swagger UI sets style attributes; it shows public text only.
        return CONTENT_SECURITY_POLICY.replace(
            "style-src 'self'", "style-src 'self' 'unsafe-inline'"
        )
    return CONTENT_SECURITY_POLICY


def client_address(peer: str, forwarded: str) -> str:
    """The peer's address; what a proxy reports (X-Forwarded-For) counts only from a trusted one."""
    if not forwarded or not _is_trusted(peer):
        return peer
    for candidate in reversed([part.strip() for part in forwarded.split(",")]):
        if not _is_trusted(candidate):
            return candidate if _is_address(candidate) else peer
    return peer


def _is_trusted(address: str) -> bool:
    if not _is_address(address):
        return False
    parsed = ipaddress.ip_address(address)
    return any(parsed in ipaddress.ip_network(network) for network in settings.TRUSTED_PROXIES)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
