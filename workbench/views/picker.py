"""The one picker of people and units: what it finds, its tree, and how many were picked."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_GET

from core import http
from org import errors as org_errors
from org.queries import people
from workbench import parameters, picking, trees, viewers

LONGEST_SEARCH = 40
COUNTED_AT_MOST = 500


@http.page
@require_GET
def found(request: HttpRequest, purpose: str) -> HttpResponse:
    """Fragment: what the text finds; without a text what was picked lately and what is near."""
    actor, now = http.actor_of(request), timezone.now()
    viewer, chosen = viewers.of(request, at=now), picking.purpose_of(purpose)
    wanted = parameters.text(request.GET, "q", longest=LONGEST_SEARCH)
    context: dict[str, object] = {"wanted": wanted, "what": chosen.what}
    if wanted:
        try:
            context["offers"] = picking.search(chosen, wanted, actor=actor, viewer=viewer, at=now)
        except org_errors.SearchTooWide as refused:
            context["refusal"] = refused.text
    else:
        lately = parameters.ids(request.GET.getlist("recent"), at_most=picking.RECENT_AT_MOST)
        recent = picking.recent(chosen, lately, actor=actor, viewer=viewer, at=now)
        near = picking.suggested(chosen, actor=actor, viewer=viewer, at=now)
        context |= {"recent": recent, "offers": [one for one in near if one not in recent]}
    return render(request, "workbench/picker/found.html", context)


@http.page
@require_GET
def tree(request: HttpRequest, purpose: str) -> HttpResponse:
    """Fragment: the tree to pick from, opened along the way to the viewer's own unit."""
    actor, now = http.actor_of(request), timezone.now()
    chosen = picking.purpose_of(purpose)
    shown = picking.tree(chosen, actor=actor, viewer=viewers.of(request, at=now), at=now)
    context = {"branch": shown, "purpose": purpose, "picks_people": chosen.picks_people}
    return render(request, "workbench/picker/tree.html", context)


@http.page
@require_GET
def branch(request: HttpRequest, purpose: str, unit_id: int) -> HttpResponse:
    """Fragment: the units directly below one."""
    now = timezone.now()
    chosen = picking.purpose_of(purpose)
    depth = min(max(parameters.optional_id(request.GET, "depth") or 1, 1), 20)
    shown = trees.branch(
        unit_id,
        depth=depth,
        at=now,
        viewer=viewers.of(request, at=now),
        cursor=request.GET.get("cursor"),
    )
    context = {"branch": shown, "purpose": purpose, "picks_people": chosen.picks_people}
    return render(request, "workbench/picker/branch.html", context)


@http.page
@require_GET
def people_of(request: HttpRequest, purpose: str, unit_id: int) -> HttpResponse:
    """Fragment: the people of a unit alone (仅本级) or with all below it (含下级)."""
    now = timezone.now()
    picking.purpose_of(purpose)
    with_below = request.GET.get("scope") == "below"
    page = people.in_unit(
        unit_id,
        at=now,
        viewer=viewers.of(request, at=now),
        with_below=with_below,
        limit=picking.PEOPLE_PER_UNIT,
        cursor=request.GET.get("cursor"),
    )
    context = {
        "offers": picking.of_people(page.items),
        "next_cursor": page.next_cursor,
        "unit_id": unit_id,
        "purpose": purpose,
        "with_below": with_below,
        "is_more": bool(request.GET.get("cursor")),
    }
    return render(request, "workbench/picker/people.html", context)


@http.page
@require_GET
def counts(request: HttpRequest) -> HttpResponse:
    """Fragment: how many were picked, and how many people that comes to."""
    now = timezone.now()
    asked = parameters.ids(request.GET.getlist("unit"), at_most=COUNTED_AT_MOST)
    context = {
        "people": min(parameters.optional_id(request.GET, "people") or 0, COUNTED_AT_MOST),
        "units": len(asked),
        "reached": picking.reached(asked, viewer=viewers.of(request, at=now), at=now),
    }
    return render(request, "workbench/picker/counts.html", context)


urlpatterns = [
    path("counts/", counts, name="picker-counts"),
    path("<slug:purpose>/", found, name="picker-found"),
    path("<slug:purpose>/tree/", tree, name="picker-tree"),
    path("<slug:purpose>/units/<int:unit_id>/", branch, name="picker-branch"),
    path("<slug:purpose>/units/<int:unit_id>/people/", people_of, name="picker-people"),
]
