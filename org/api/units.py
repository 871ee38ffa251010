"""Units: the lazy tree, cards, search, and changes by the administrators of a place."""

from typing import Annotated, Literal

from django.http import HttpRequest
from django.utils import timezone
from ninja import Query, Router, Status
from pydantic import Field

from core.http import actor_of
from core.paging import Cursor, Limit
from core.schemas import Id, Schema
from org.api import texts
from org.api.requests import AskedOut
from org.kinds import UnitKind, UnitNature
from org.queries import directory, visibility
from org.queries import units as queries
from org.services import requests, units

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
    other_names: list[str]
    nature: str
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
    sort: Annotated[int, Field(ge=0, le=1_000_000_000)] | None = None
    phone: texts.Contact = ""
    address: texts.Address = ""
    other_names: Annotated[list[texts.UnitTitle], Field(max_length=10)] = []
    nature: UnitNature | Literal[""] = ""
    note: texts.UnitNote = ""
    basis: texts.Basis = ""


class SeenUnitIn(Schema):
    """How the unit stood for whoever wants it changed: if it no longer does, nothing is written.

    What is left out is not compared.
    """

    name: texts.UnitTitle | None = None
    short_name: texts.ShortTitle | None = None
    other_names: Annotated[list[texts.UnitTitle], Field(max_length=10)] | None = None
    nature: UnitNature | Literal[""] | None = None
    phone: texts.Contact | None = None
    address: texts.Address | None = None
    note: texts.UnitNote | None = None

    def told(self) -> units.Seen:
        """The same for the service."""
        details = units.Details(**self.model_dump(exclude={"name"}))
        return units.Seen(name=self.name, details=details)


class NamesIn(Schema):
    """The new names of a unit."""

    name: texts.UnitTitle
    short_name: texts.ShortTitle = ""
    basis: texts.Basis = ""
    seen: SeenUnitIn | None = None


class DetailsIn(Schema):
    """What is said of a unit besides its name and code; what is left out stays as it is."""

    short_name: texts.ShortTitle | None = None
    other_names: Annotated[list[texts.UnitTitle], Field(max_length=10)] | None = None
    nature: UnitNature | Literal[""] | None = None
    phone: texts.Contact | None = None
    address: texts.Address | None = None
    note: texts.UnitNote | None = None
    basis: texts.Basis = ""
    seen: SeenUnitIn | None = None


class CodeIn(Schema):
    """The code that others gave the unit."""

    code: texts.Code
    basis: texts.Basis = ""


class AbolishIn(Schema):
    """To whom the unit's code leads from then on, where somebody goes on with its work."""

    successor_id: Id | None = None
    basis: texts.Basis = ""


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
    shown = {name: getattr(card, name) for name in card.__slots__ if name != "note"}
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
        other_names=body.other_names,
        nature=body.nature,
        remark=body.note,
        basis=body.basis,
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
        basis=body.basis,
        seen=body.seen.told() if body.seen else None,
        now=timezone.now(),
    )
    return Status(204, None)


@router.post("/units/{unit_id}/details", response={204: None}, url_name="org-unit-update")
def update_unit(request: HttpRequest, unit_id: Id, body: DetailsIn) -> Status[None]:
    """The unit is described as given."""
    units.update(
        actor=actor_of(request),
        unit_id=unit_id,
        details=units.Details(**body.model_dump(exclude={"basis", "seen"})),
        basis=body.basis,
        seen=body.seen.told() if body.seen else None,
        now=timezone.now(),
    )
    return Status(204, None)


@router.post("/units/{unit_id}/code", response={204: None}, url_name="org-unit-code")
def set_code(request: HttpRequest, unit_id: Id, body: CodeIn) -> Status[None]:
    """The unit carries the code; the old one still finds it."""
    units.set_code(
        actor=actor_of(request),
        unit_id=unit_id,
        code=body.code,
        basis=body.basis,
        now=timezone.now(),
    )
    return Status(204, None)


@router.post(
    "/units/{unit_id}/abolish", response={204: None, 202: AskedOut}, url_name="org-unit-abolish"
)
def abolish_unit(
    request: HttpRequest, unit_id: Id, body: AbolishIn
) -> Status[None] | Status[requests.Asked]:
    """The unit stands no longer; 202 where a second person decides first."""
    outcome = units.abolish(
        actor=actor_of(request),
        unit_id=unit_id,
        successor_id=body.successor_id,
        basis=body.basis,
        now=timezone.now(),
    )
    return Status(202, outcome) if isinstance(outcome, requests.Asked) else Status(204, None)
