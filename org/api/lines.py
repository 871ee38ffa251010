"""Lines of work (条线): units and people of a line, and who stands above whom in it."""

from typing import Annotated

from django.http import HttpRequest
from django.utils import timezone
from ninja import Query, Router, Status
from pydantic import AfterValidator, Field, StringConstraints

from core.http import actor_of
from core.paging import Cursor, Limit
from core.schemas import Id, Schema, seen_whole
from org.api.units import CreatedOut
from org.kinds import LineRelationKind, LineRole, Scene
from org.queries import lines as queries
from org.queries import visibility
from org.services import lines

router = Router()

LineName = Annotated[
    str,
    StringConstraints(
        min_length=1, max_length=60, strip_whitespace=True, pattern=r"^[^\x00-\x1f<>]+$"
    ),
    AfterValidator(seen_whole),
]
LineCode = Annotated[str, Field(min_length=1, max_length=32, pattern=r"^[a-z0-9_\-]+$")]
Ending = Annotated[
    str,
    StringConstraints(
        min_length=2, max_length=40, strip_whitespace=True, pattern=r"^[^\x00-\x1f]+$"
    ),
]


class LineOut(Schema):
    """A line with the units and people that are in it at or below the unit asked for."""

    id: int
    code: str
    name: str
    root_id: int
    root_name: str
    name_endings: list[str]
    unit_count: int
    people_count: int


class LineUnitOut(Schema):
    """A unit of a line in its role; its people are counted with those below it."""

    id: int
    code: str
    name: str
    kind: str
    level: int
    role: str
    role_name: str
    people_count: int


class LineUnitsOut(Schema):
    """One page of a line's units, the higher levels first."""

    items: list[LineUnitOut]
    next_cursor: str | None


class LinePersonOut(Schema):
    """A person of a line, with the unit of the line that he serves in or below."""

    appointment_id: int
    person_id: int
    name: str
    title: str
    unit_id: int
    unit_name: str
    line_unit_id: int
    line_unit_name: str


class LinePeopleOut(Schema):
    """One page of a line's people."""

    items: list[LinePersonOut]
    next_cursor: str | None


class CompetentOut(Schema):
    """The unit above; `relation` is empty where the place in the tree decides."""

    unit_id: int
    name: str
    relation: str
    relation_name: str
    relation_id: int | None


class LineOfUnitOut(Schema):
    """A unit's part in one line."""

    line_id: int
    line_name: str
    role: str
    role_name: str


class LineIn(Schema):
    """A new line below the unit that keeps it."""

    root_id: Id
    name: LineName
    code: LineCode
    name_endings: Annotated[list[Ending], Field(max_length=20)] = []


class LinePlaceIn(Schema):
    """Units that join the line."""

    unit_ids: Annotated[list[Id], Field(min_length=1, max_length=2_000)]
    role: LineRole = LineRole.LEAD


class PlacedOut(Schema):
    """How many were not in the line before."""

    placed: int


class RelationIn(Schema):
    """Who answers to whom."""

    lower_id: Id
    upper_id: Id
    kind: LineRelationKind


def _viewer(request: HttpRequest) -> visibility.Viewer:
    return visibility.viewer_of(actor_of(request), at=timezone.now())


@router.get("/units/{unit_id}/lines", response=list[LineOut], url_name="org-lines")
def list_lines(request: HttpRequest, unit_id: Id) -> list[queries.LineCard]:
    """The lines that run at or below the unit."""
    return queries.lines(unit_id, at=timezone.now(), viewer=_viewer(request))


@router.get("/units/{unit_id}/line-roles", response=list[LineOfUnitOut], url_name="org-line-roles")
def list_roles(request: HttpRequest, unit_id: Id) -> list[queries.LineOfUnit]:
    """The lines in which the unit itself serves."""
    visibility.require_unit(unit_id, viewer=_viewer(request), scene=Scene.TREE)
    return queries.lines_of([unit_id], at=timezone.now()).get(unit_id, [])


@router.post("/lines", response={201: CreatedOut}, url_name="org-line-define")
def define(request: HttpRequest, body: LineIn) -> Status[CreatedOut]:
    """A line runs through the units below the root."""
    created = lines.define(
        actor=actor_of(request),
        root_id=body.root_id,
        name=body.name,
        code=body.code,
        name_endings=body.name_endings,
        now=timezone.now(),
    )
    return Status(201, CreatedOut(id=created))


@router.post("/lines/{line_id}/end", response={204: None}, url_name="org-line-end")
def end(request: HttpRequest, line_id: Id) -> Status[None]:
    """The line runs no longer."""
    lines.end(actor=actor_of(request), line_id=line_id, now=timezone.now())
    return Status(204, None)


@router.get("/lines/{line_id}/units", response=LineUnitsOut, url_name="org-line-units")
def list_units(
    request: HttpRequest,
    line_id: Id,
    root_id: Annotated[Id | None, Query()] = None,
    limit: Limit = 50,
    cursor: Cursor = "",
) -> LineUnitsOut:
    """The line's units at or below the root; the whole line where none is given."""
    now, viewer = timezone.now(), _viewer(request)
    line = queries.line(line_id, root_id=root_id, at=now, viewer=viewer)
    page = queries.units_of(
        line_id,
        root_id=root_id or line.root_id,
        at=now,
        viewer=viewer,
        cursor=cursor,
        limit=limit,
    )
    return LineUnitsOut.model_validate(page)


@router.get("/lines/{line_id}/people", response=LinePeopleOut, url_name="org-line-people")
def list_people(
    request: HttpRequest,
    line_id: Id,
    root_id: Annotated[Id | None, Query()] = None,
    limit: Limit = 50,
    cursor: Cursor = "",
) -> LinePeopleOut:
    """The line's people at or below the root: 全省教育系统."""
    now, viewer = timezone.now(), _viewer(request)
    line = queries.line(line_id, root_id=root_id, at=now, viewer=viewer)
    page = queries.people_of(
        line_id,
        root_id=root_id or line.root_id,
        at=now,
        viewer=viewer,
        cursor=cursor,
        limit=limit,
    )
    return LinePeopleOut.model_validate(page)


@router.get(
    "/lines/{line_id}/units/{unit_id}/competent",
    response=CompetentOut | None,
    url_name="org-line-competent",
)
def show_competent(request: HttpRequest, line_id: Id, unit_id: Id) -> queries.Competent | None:
    """The 上级业务主管部门 of the unit in the line; null where there is none."""
    now, viewer = timezone.now(), _viewer(request)
    queries.line(line_id, at=now, viewer=viewer)
    visibility.require_unit(unit_id, viewer=viewer, scene=Scene.TREE)
    return queries.competent_unit(unit_id, line_id, at=now, viewer=viewer)


@router.get(
    "/lines/{line_id}/units/{unit_id}/subordinates",
    response=list[LineUnitOut],
    url_name="org-line-subordinates",
)
def list_subordinates(request: HttpRequest, line_id: Id, unit_id: Id) -> list[queries.LineUnitRow]:
    """The line's units for which this one is the competent unit."""
    now, viewer = timezone.now(), _viewer(request)
    queries.line(line_id, at=now, viewer=viewer)
    visibility.require_unit(unit_id, viewer=viewer, scene=Scene.TREE)
    return queries.subordinates(unit_id, line_id, at=now, viewer=viewer)


@router.post("/lines/{line_id}/units", response=PlacedOut, url_name="org-line-place")
def place(request: HttpRequest, line_id: Id, body: LinePlaceIn) -> PlacedOut:
    """The units serve the line from now on."""
    placed = lines.place(
        actor=actor_of(request),
        line_id=line_id,
        unit_ids=body.unit_ids,
        role=body.role,
        now=timezone.now(),
    )
    return PlacedOut(placed=placed)


@router.post(
    "/lines/{line_id}/units/{unit_id}/withdraw", response={204: None}, url_name="org-line-withdraw"
)
def withdraw(request: HttpRequest, line_id: Id, unit_id: Id) -> Status[None]:
    """The unit serves the line no longer."""
    lines.withdraw(actor=actor_of(request), line_id=line_id, unit_id=unit_id, now=timezone.now())
    return Status(204, None)


@router.post("/lines/{line_id}/relations", response={201: CreatedOut}, url_name="org-line-relate")
def relate(request: HttpRequest, line_id: Id, body: RelationIn) -> Status[CreatedOut]:
    """Within the line the lower unit answers to the upper one."""
    created = lines.relate(
        actor=actor_of(request),
        line_id=line_id,
        lower_id=body.lower_id,
        upper_id=body.upper_id,
        kind=body.kind,
        now=timezone.now(),
    )
    return Status(201, CreatedOut(id=created))


@router.post(
    "/line-relations/{relation_id}/end", response={204: None}, url_name="org-line-unrelate"
)
def unrelate(request: HttpRequest, relation_id: Id) -> Status[None]:
    """The relation holds no longer."""
    lines.unrelate(actor=actor_of(request), relation_id=relation_id, now=timezone.now())
    return Status(204, None)
