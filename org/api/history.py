"""The organisation as it stood on a day, what changed, and where old codes lead."""

from datetime import date, datetime, time, timedelta
from typing import Annotated, Any

from django.http import HttpRequest
from django.utils import timezone
from ninja import Path, Query, Router

from core.http import actor_of
from core.paging import Cursor, Limit
from core.schemas import Id, Schema
from org import errors, policies
from org.queries import appointments, visibility
from org.queries import history as queries
from org.queries.units import UnitName

router = Router()

Day = Annotated[
    date,
    Query(ge=date(1949, 10, 1), le=date(2200, 1, 1), description="As things stood that evening"),
]


Code = Annotated[str, Path(min_length=1, max_length=32, pattern=r"^[0-9A-Za-z\-]+$")]


class UnitThenOut(Schema):
    """A unit as it stood that day."""

    id: int
    code: str
    name: str
    short_name: str
    kind: str
    level: int
    parent_id: int | None
    sort: int
    child_count: int
    people_count: int


class UnitsThenOut(Schema):
    """One page of units in the order of that day."""

    items: list[UnitThenOut]
    next_cursor: str | None


class NamedThenOut(Schema):
    """A unit above, as it was called that day; or a successor, as it is called today."""

    id: int
    code: str
    name: str
    short_name: str
    kind: str
    level: int
    parent_id: int | None


class UnitWithPathOut(UnitThenOut):
    """A unit as it stood, with everything that stood above it, the root first."""

    path: list[NamedThenOut]


class PersonThenOut(Schema):
    """Who held which post that day."""

    appointment_id: int
    person_id: int
    name: str
    title: str
    kind: str
    unit_id: int
    unit_name: str


class PeopleThenOut(Schema):
    """One page of people by unit, rank and order."""

    items: list[PersonThenOut]
    next_cursor: str | None


class ChangeOut(Schema):
    """One change, with what changed and nothing else in `before` and `after`."""

    id: int
    kind: str
    kind_name: str
    effective_at: datetime
    unit_id: int | None
    unit_name: str
    person_id: int | None
    person_name: str
    actor_name: str
    approver_name: str
    basis: str
    reorganisation_id: int | None
    before: dict[str, Any]
    after: dict[str, Any]


class ChangesOut(Schema):
    """One page of changes, newest first."""

    items: list[ChangeOut]
    next_cursor: str | None


@router.get("/history/units", response=UnitsThenOut, url_name="org-history-roots")
def list_roots_then(request: HttpRequest, as_of: Day, limit: Limit = 100) -> UnitsThenOut:
    """The tops of all trees that day."""
    at = _evening(as_of)
    page = queries.children_as_of(None, at=at, viewer=_viewer(request), limit=limit)
    return UnitsThenOut.model_validate(page)


@router.get("/history/units/{unit_id}", response=UnitWithPathOut, url_name="org-history-unit")
def show_unit_then(request: HttpRequest, unit_id: Id, as_of: Day) -> UnitWithPathOut:
    """One unit that day."""
    at = _evening(as_of)
    viewer = _viewer(request)
    unit = queries.unit_as_of(unit_id, at=at, viewer=viewer)
    above = queries.path_as_of(unit_id, at=at, viewer=viewer)
    path = [NamedThenOut.model_validate(one) for one in above]
    shown = {name: getattr(unit, name) for name in unit.__slots__}
    return UnitWithPathOut(**shown, path=path)


@router.get(
    "/history/units/{unit_id}/children", response=UnitsThenOut, url_name="org-history-children"
)
def list_children_then(
    request: HttpRequest, unit_id: Id, as_of: Day, limit: Limit = 100, cursor: Cursor = ""
) -> UnitsThenOut:
    """The units that stood directly below that day."""
    page = queries.children_as_of(
        unit_id, at=_evening(as_of), viewer=_viewer(request), limit=limit, cursor=cursor
    )
    return UnitsThenOut.model_validate(page)


@router.get(
    "/history/units/{unit_id}/people", response=PeopleThenOut, url_name="org-history-people"
)
def list_people_then(
    request: HttpRequest,
    unit_id: Id,
    as_of: Day,
    with_below: bool = False,
    limit: Limit = 50,
    cursor: Cursor = "",
) -> PeopleThenOut:
    """Who held posts in the unit itself that day, or in all that stood below it too."""
    page = queries.people_as_of(
        unit_id,
        at=_evening(as_of),
        viewer=_viewer(request),
        with_below=with_below,
        limit=limit,
        cursor=cursor,
    )
    return PeopleThenOut.model_validate(page)


@router.get("/units/{unit_id}/changes", response=ChangesOut, url_name="org-unit-changes")
def list_changes(
    request: HttpRequest,
    unit_id: Id,
    with_below: bool = False,
    limit: Limit = 50,
    cursor: Cursor = "",
) -> ChangesOut:
    """What changed of the unit, or of all below it too; for its administrators."""
    now = timezone.now()
    actor = actor_of(request)
    if not policies.may_manage_units(actor, unit_id, at=now):
        raise errors.UnitNotFound
    page = queries.changes(unit_id=unit_id, with_below=with_below, limit=limit, cursor=cursor)
    return ChangesOut.model_validate(page)


@router.get("/people/{person_id}/changes", response=ChangesOut, url_name="org-person-changes")
def list_person_changes(
    request: HttpRequest, person_id: Id, limit: Limit = 50, cursor: Cursor = ""
) -> ChangesOut:
    """What changed of the person; for the person and for those who administer people where the
    main post is: a further post elsewhere opens nobody the whole record.
    """
    now = timezone.now()
    actor = actor_of(request)
    home_id = appointments.home_unit(person_id, at=now)
    if actor.person_id != person_id and (
        home_id is None or not policies.may_manage_people(actor, home_id, at=now)
    ):
        raise errors.PersonNotFound
    page = queries.changes(person_id=person_id, limit=limit, cursor=cursor)
    return ChangesOut.model_validate(page)


@router.get("/codes/{code}", response=list[NamedThenOut], url_name="org-code")
def resolve_code(request: HttpRequest, code: Code) -> list[UnitName]:
    """The units that go on today with what has or once had the code."""
    return queries.resolve(code, at=timezone.now(), viewer=_viewer(request))


def _viewer(request: HttpRequest) -> visibility.Viewer:
    return visibility.viewer_of(actor_of(request), at=timezone.now())


def _evening(day: date) -> datetime:
    """The last instant of the day in the office's time; of today, now."""
    midnight = timezone.make_aware(datetime.combine(day + timedelta(days=1), time()))
    return min(midnight, timezone.now())
