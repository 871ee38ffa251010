"""系统管理, units: what changed, when, by whom and on what basis."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_GET

from core import http
from org.queries import history
from workbench import change_words, unit_dialogs, viewers

CHANGES_PER_PAGE = 30


@http.page
@require_GET
def changes(request: HttpRequest, unit_id: int) -> HttpResponse:
    """Fragment: the changes of the unit, and of all below it where asked for; newest first."""
    now = timezone.now()
    unit = unit_dialogs.managed(http.actor_of(request), unit_id, at=now)
    with_below = request.GET.get("below") == "1"
    cursor = request.GET.get("cursor")
    page = history.changes(
        unit_id=unit_id, with_below=with_below, limit=CHANGES_PER_PAGE, cursor=cursor
    )
    context = {
        "unit": unit,
        "lines": change_words.lines(page.items, of_unit_id=unit_id),
        "next_cursor": page.next_cursor,
        "with_below": with_below,
    }
    if cursor:
        return render(request, "workbench/administration/unit_change_rows.html", context)
    context |= {
        "before": history.predecessors(unit_id, viewer=viewers.of(request, at=now)),
        "after": history.successors(unit_id, viewer=viewers.of(request, at=now)),
    }
    return render(request, "workbench/administration/unit_changes.html", context)


urlpatterns = [
    path("units/<int:unit_id>/changes/", changes, name="administration-unit-changes"),
]
