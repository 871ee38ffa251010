"""通讯录, 截至日期 and 条线: the organisation of another day, and its units by line of work."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from core import http, paging
from org import errors as org_errors
from org.queries import history, lines, units
from org.queries.visibility import Viewer
from workbench import parameters, viewers

PEOPLE_PER_PAGE = 50
FIRST_DAY = date(1949, 10, 1)


@dataclass(frozen=True, slots=True)
class PastListing:
    """The middle pane for another day: one unit as it stood and a page of its people."""

    unit: history.UnitThen
    above: list[units.UnitName]
    with_below: bool
    too_large: str
    """Why the people below are not listed; empty where they are."""
    page: paging.Page[history.PersonThen]


def asked_day(request: HttpRequest) -> date | None:
    """The day in `on`, if it is one before today; today and what comes show the present."""
    try:
        day = date.fromisoformat(request.GET.get("on", ""))
    except ValueError:
        return None
    return day if FIRST_DAY <= day < timezone.localdate() else None


@dataclass(frozen=True, slots=True)
class Early:
    """A day that was asked for and lies before all records."""

    day: date
    first: date


def before_records(request: HttpRequest) -> Early | None:
    """The day in `on` and the first that is recorded, where it lies before that one."""
    try:
        day = date.fromisoformat(request.GET.get("on", ""))
    except ValueError:
        return None
    since = history.first_record()
    first = timezone.localdate(since) if since else timezone.localdate()
    return Early(day, first) if day < first else None


def end_of(day: date) -> datetime:
    """The last instant of the day where the office stands."""
    following = datetime.combine(day + timedelta(days=1), time.min)
    return timezone.make_aware(following) - timedelta(microseconds=1)


def listing_of(
    unit_id: int, day: date, *, viewer: Viewer, with_below: bool, cursor: str | None = None
) -> PastListing:
    """The unit and its people at the end of the day; UnitNotFound where it did not stand then."""
    at = end_of(day)
    unit = history.unit_as_of(unit_id, at=at, viewer=viewer)
    page: paging.Page[history.PersonThen] = paging.Page([], None)
    too_large = ""
    try:
        page = history.people_as_of(
            unit_id,
            at=at,
            viewer=viewer,
            with_below=with_below,
            limit=PEOPLE_PER_PAGE,
            cursor=cursor,
        )
    except org_errors.PastTooLarge as refusal:
        too_large = refusal.text
    above = history.path_as_of(unit_id, at=at, viewer=viewer)[:-1]
    return PastListing(unit, above, with_below, too_large, page)


def own_lines(unit_id: int | None) -> list[lines.LineCard]:
    """The lines that the unit or a unit above it keeps, the highest first."""
    if unit_id is None:
        return []
    return [line for unit in units.path(unit_id) for line in lines.lines_of_root(unit.id)]


@http.page
@require_GET
def line(request: HttpRequest, line_id: int) -> HttpResponse:
    """Fragment: the units of a line (条) that the viewer sees, the highest first."""
    now = timezone.now()
    actor = http.actor_of(request)
    known = {one.id: one for one in own_lines(actor.unit_id)}
    viewer = viewers.of(request, at=now)
    shown = known.get(line_id) or lines.line(line_id, at=now, viewer=viewer)
    page = lines.units_of(
        line_id,
        root_id=shown.root_id,
        at=now,
        viewer=viewer,
        cursor=request.GET.get("cursor"),
    )
    places = units.paths([unit.id for unit in page.items])
    rows = [
        (unit, " / ".join(above.name for above in places.get(unit.id, [])[:-1]))
        for unit in page.items
    ]
    template = "line_rows" if request.GET.get("cursor") else "line"
    context = {"line": shown, "rows": rows, "next_cursor": page.next_cursor}
    return render(request, f"workbench/directory/{template}.html", context)


def chosen_line(request: HttpRequest) -> bool:
    """Whether the address asks for the view by lines."""
    return parameters.text(request.GET, "view", longest=10) == "lines"
