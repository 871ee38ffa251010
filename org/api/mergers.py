"""Units become one; one gives off others."""

from typing import Annotated

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router, Status
from pydantic import Field

from core.http import actor_of
from core.schemas import Id, Schema
from org.api import texts
from org.api.requests import AskedOut
from org.kinds import UnitKind
from org.queries.obstacles import Part
from org.services import mergers, requests

router = Router()

Ids = Annotated[list[Id], Field(max_length=500)]


class NewUnitIn(Schema):
    """The unit that the merged ones become."""

    name: texts.UnitTitle
    short_name: texts.ShortTitle = ""
    code: texts.Code = ""


class MergeIn(Schema):
    """The units that are merged, and either the one that goes on or a new one."""

    unit_ids: Annotated[list[Id], Field(min_length=1, max_length=20)]
    into_id: Id | None = None
    new: NewUnitIn | None = None
    basis: texts.Basis = ""


class MergedOut(Schema):
    """The unit that goes on, and what came to it."""

    unit_id: int
    units: int
    people: int


class PartIn(Schema):
    """A unit that is given off, with departments and appointments of the old one."""

    name: texts.UnitTitle
    kind: UnitKind
    short_name: texts.ShortTitle = ""
    code: texts.Code = ""
    department_ids: Ids = []
    appointment_ids: Ids = []


class SplitIn(Schema):
    """What a unit gives off."""

    new_units: Annotated[list[PartIn], Field(min_length=1, max_length=10)]
    basis: texts.Basis = ""


class SplitOut(Schema):
    """The new units, in the order asked for."""

    unit_ids: list[int]


@router.post("/mergers", response={200: MergedOut, 202: AskedOut}, url_name="org-units-merge")
def merge_units(
    request: HttpRequest, body: MergeIn
) -> Status[mergers.Merged] | Status[requests.Asked]:
    """The units become one; 202 where a second person decides first."""
    outcome = mergers.merge(
        actor=actor_of(request),
        unit_ids=body.unit_ids,
        into_id=body.into_id,
        new=mergers.NewUnit(**body.new.model_dump()) if body.new else None,
        basis=body.basis,
        now=timezone.now(),
    )
    if isinstance(outcome, requests.Asked):
        return Status(202, outcome)
    return Status(200, outcome)


@router.post(
    "/units/{unit_id}/split", response={200: SplitOut, 202: AskedOut}, url_name="org-unit-split"
)
def split_unit(
    request: HttpRequest, unit_id: Id, body: SplitIn
) -> Status[SplitOut] | Status[requests.Asked]:
    """The unit gives off new ones; 202 where a second person decides first."""
    outcome = mergers.split(
        actor=actor_of(request),
        unit_id=unit_id,
        new_units=[_part(part) for part in body.new_units],
        basis=body.basis,
        now=timezone.now(),
    )
    if isinstance(outcome, requests.Asked):
        return Status(202, outcome)
    return Status(200, SplitOut(unit_ids=list(outcome.unit_ids)))


def _part(body: PartIn) -> Part:
    return Part(
        name=body.name,
        kind=body.kind,
        short_name=body.short_name,
        code=body.code,
        department_ids=tuple(body.department_ids),
        appointment_ids=tuple(body.appointment_ids),
    )
