"""Who looks at a page: compiled at the first question and kept for the rest of the request."""

from datetime import datetime

from django.http import HttpRequest

from core import http
from org.queries import visibility

_KEPT = "tongwen_viewer"


def of(request: HttpRequest, *, at: datetime) -> visibility.Viewer:
    """The viewer of the request, for every query that shows units or people on the page."""
    kept: visibility.Viewer | None = getattr(request, _KEPT, None)
    if kept is None:
        kept = visibility.viewer_of(http.actor_of(request), at=at)
        setattr(request, _KEPT, kept)
    return kept
