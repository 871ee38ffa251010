"""Units: the lazy tree, cards, search, and changes by the administrators of a place."""

from typing import Annotated

from django.http import HttpRequest
from django.utils import timezone
from ninja import Query, Router, Status
from pydantic import Field

from core.http import actor_of
from core.paging import Cursor, Limit
from core.schemas import Id, Schema
from org.api import texts
from org.kinds import UnitKind
from org.queries import directory, visibility
from org.queries import units as queries
from org.services import units

router = Router()


class UnitNameOut(Schema):
    """A unit's name and place."""

    id: int
    code: str
    name: str
    short_name: str
    kind: str
    level: int
    parent_id: int | None


class UnitBranchOut(UnitNameOut):
    """A unit in the lazy tree."""

    sort: int
    child_count: int
    people_count: int


class UnitsOut(Schema):
    """One page of units in their order."""

    items: list[UnitBranchOut]
    next_cursor: str | None


class UnitCardOut(Schema):
    """A unit with its contact, its counts and everything above it, the root first."""

    id: int
    code: str
    name: str
    short_name: str
    kind: str
    kind_name: str
    level: int
    parent_id: int | None
    phone: str
    address: str
    synthetic: bool
    abolished: bool
    people_count: int
    people_below_count: int
    path: list[UnitNameOut]


class UnitFoundOut(Schema):
    """A unit found by name; `path` names the units above it."""

    id: int
    code: str
    name: str
    kind: str
    level: int
    path: str


class UnitIn(Schema):
    """A new unit. Organs bring a unified social credit code, regions a statistics code."""

    name: texts.UnitTitle
    kind: UnitKind
    short_name: texts.ShortTitle = ""
    code: texts.Code = ""
    sort: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    phone: texts.Contact = ""
    address: texts.Address = ""


class NamesIn(Schema):
    """The new names of a unit."""

    name: texts.UnitTitle
    short_name: texts.ShortTitle = ""


class MoveIn(Schema):
    """Where the unit goes."""

    parent_id: Id


class MovedOut(Schema):
    """How many units moved."""

    moved: int


class CreatedOut(Schema):
    """The new id."""

    id: int


@router.get("/units", response=list[UnitBranchOut], url_name="org-units")
def list_roots(request: HttpRequest) -> list[queries.UnitBranch]:
    """The tops of all trees."""
    now = timezone.now()
    viewer = visibility.viewer_of(actor_of(request), at=now)
    return queries.roots(at=now, viewer=viewer)


@router.get("/units/search", response=list[UnitFoundOut], url_name="org-units-search")
def search_units(
    request: HttpRequest,
    text: texts.SearchText,
    root_id: Annotated[Id | None, Query()] = None,
    limit: Limit = 20,
) -> list[directory.UnitFound]:
    """Units whose name contains the text, or whose code begins with it."""
    now = timezone.now()
    viewer = visibility.viewer_of(actor_of(request), at=now)
    return directory.search_units(text, at=now, viewer=viewer, root_id=root_id, limit=limit)


@router.get("/units/{unit_id}", response=UnitCardOut, url_name="org-unit")
def show_unit(request: HttpRequest, unit_id: Id) -> UnitCardOut:
    """One unit."""
    now = timezone.now()
    viewer = visibility.viewer_of(actor_of(request), at=now)
    card = queries.card(unit_id, at=now, viewer=viewer)
    path = [UnitNameOut.model_validate(unit) for unit in queries.path(unit_id)]
    shown = {name: getattr(card, name) for name in card.__slots__}
    return UnitCardOut(**shown, path=path)


@router.get("/units/{unit_id}/children", response=UnitsOut, url_name="org-unit-children")
def list_children(
    request: HttpRequest, unit_id: Id, limit: Limit = 100, cursor: Cursor = ""
) -> UnitsOut:
    """The units directly below, with counts."""
    now = timezone.now()
    viewer = visibility.viewer_of(actor_of(request), at=now)
    page = queries.children(unit_id, at=now, viewer=viewer, limit=limit, cursor=cursor)
    return UnitsOut.model_validate(page)


@router.post("/units/{unit_id}/children", response={201: CreatedOut}, url_name="org-unit-add")
def add_unit(request: HttpRequest, unit_id: Id, body: UnitIn) -> Status[CreatedOut]:
    """A new unit below this one."""
    created = units.add(
        actor=actor_of(request),
        parent_id=unit_id,
        name=body.name,
        kind=body.kind,
        short_name=body.short_name,
        code=body.code,
        sort=body.sort,
        phone=body.phone,
        address=body.address,
        now=timezone.now(),
    )
    return Status(201, CreatedOut(id=created))


@router.post("/units/{unit_id}/names", response={204: None}, url_name="org-unit-rename")
def rename_unit(request: HttpRequest, unit_id: Id, body: NamesIn) -> Status[None]:
    """The unit carries new names."""
    units.rename(
        actor=actor_of(request),
        unit_id=unit_id,
        name=body.name,
        short_name=body.short_name,
        now=timezone.now(),
    )
    return Status(204, None)


@router.post("/units/{unit_id}/move", response=MovedOut, url_name="org-unit-move")
def move_unit(request: HttpRequest, unit_id: Id, body: MoveIn) -> MovedOut:
    """The unit stands with all below it under another parent."""
    moved = units.move(
        actor=actor_of(request), unit_id=unit_id, parent_id=body.parent_id, now=timezone.now()
    )
    return MovedOut(moved=moved)


@router.post("/units/{unit_id}/abolish", response={204: None}, url_name="org-unit-abolish")
def abolish_unit(request: HttpRequest, unit_id: Id) -> Status[None]:
    """The unit stands no longer."""
    units.abolish(actor=actor_of(request), unit_id=unit_id, now=timezone.now())
    return Status(204, None)
