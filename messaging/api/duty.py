"""Who is on duty for a unit."""

from datetime import datetime

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router
from ninja.responses import Status

from core import paging
from core.http import actor_of
from core.schemas import Id, Schema
from messaging.queries import duty as queries
from messaging.services import duty
from org.api.texts import Instant

router = Router()


class ShiftIn(Schema):
    """Somebody's time on duty."""

    person_id: Id
    begins_at: Instant
    ends_at: Instant


class ShiftOut(Schema):
    """The same as it is read."""

    id: int
    unit_id: int
    person_id: int
    person_name: str
    place: str
    title: str
    begins_at: datetime
    ends_at: datetime
    is_now: bool
    unable: str


class DutyRosterOut(Schema):
    """One page of a unit's shifts, the earliest first."""

    items: list[ShiftOut]
    next_cursor: str | None


class ShiftSetOut(Schema):
    """The shift stands under this number."""

    id: int


@router.get("/duty/units/{unit_id}/shifts", response=DutyRosterOut, url_name="messaging-duty")
def roster(
    request: HttpRequest, unit_id: Id, cursor: paging.Cursor = "", limit: paging.Limit = 50
) -> paging.Page[queries.Shift]:
    """Who is on duty for the unit, from a week ago on."""
    return queries.roster(
        actor=actor_of(request), unit_id=unit_id, cursor=cursor, limit=limit, at=timezone.now()
    )


@router.post(
    "/duty/units/{unit_id}/shifts", response={201: ShiftSetOut}, url_name="messaging-duty-add"
)
def add(request: HttpRequest, unit_id: Id, body: ShiftIn) -> Status[ShiftSetOut]:
    """The person is on duty then."""
    shift_id = duty.add(
        actor=actor_of(request),
        unit_id=unit_id,
        person_id=body.person_id,
        begins_at=body.begins_at,
        ends_at=body.ends_at,
        now=timezone.now(),
    )
    return Status(201, ShiftSetOut(id=shift_id))


@router.delete("/duty/shifts/{shift_id}", response={204: None}, url_name="messaging-duty-drop")
def drop(request: HttpRequest, shift_id: Id) -> Status[None]:
    """The shift stands no longer."""
    duty.drop(actor=actor_of(request), shift_id=shift_id, now=timezone.now())
    return Status(204, None)
