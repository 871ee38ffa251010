"""Puts the acting party on every request."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from core import logs
from org.queries import accounts

GetResponse = Callable[[HttpRequest], HttpResponse]
APPOINTMENT_SESSION_KEY = "appointment_id"


class ActorMiddleware:
    """`request.actor` is who acts and from which post, or None where nobody is signed in.

    The session may name another of the person's appointments; one that has ended is ignored.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Serves the request with its actor."""
        request.actor = None  # type: ignore[attr-defined]  # the agreed place of the actor
        if request.user.is_authenticated:
            chosen = request.session.get(APPOINTMENT_SESSION_KEY)
            request.actor = accounts.actor(  # type: ignore[attr-defined]  # see above
                request.user.pk,
                at=timezone.now(),
                appointment_id=chosen if isinstance(chosen, int) else None,
                request_id=logs.request_id(),
                address=str(request.META.get("REMOTE_ADDR") or ""),
            )
        return self.get_response(request)
