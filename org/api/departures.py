"""People leave, hand over, and come back."""

from datetime import datetime

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router, Status

from core.http import actor_of
from core.schemas import Id, Schema
from org import errors, policies
from org.api import texts
from org.api.units import CreatedOut
from org.kinds import DepartureReason, PostFunction
from org.queries import accounts, appointments
from org.queries import departures as queries
from org.services import departures

router = Router()


class LeaveIn(Schema):
    """Why the person leaves."""

    reason: DepartureReason
    note: texts.Remark = ""
    basis: texts.Reason = ""


class RejoinIn(Schema):
    """The main post with which the person comes back."""

    unit_id: Id
    title: texts.PostTitle
    function: PostFunction
    basis: texts.Reason = ""


class ConsequencesOut(Schema):
    """What would end if the person left now."""

    appointments: list[str]
    vacant_headships: list[str]
    grants: list[str]
    has_account: bool


class ItemOut(Schema):
    """One thing to hand over."""

    id: int
    kind: str
    kind_name: str
    title: str
    address: str
    advice: str
    successor_id: int | None
    successor_name: str
    result: str
    done_at: datetime | None


class HandoverOut(Schema):
    """Why and when the person left, and what is handed over."""

    id: int
    person_id: int
    person_name: str
    unit_id: int | None
    unit_name: str
    reason: str
    reason_name: str
    note: str
    left_at: datetime
    closed_at: datetime | None
    returned_at: datetime | None
    listed: list[ItemOut]


class SettleIn(Schema):
    """Who takes it over; null: it is simply done."""

    successor_id: Id | None = None


@router.get(
    "/people/{person_id}/departure/consequences",
    response=ConsequencesOut,
    url_name="org-departure-consequences",
)
def preview_departure(request: HttpRequest, person_id: Id) -> queries.Consequences:
    """What would end if the person left now; nothing changes."""
    _require_in_charge(request, person_id)
    account = accounts.of_person(person_id)
    has_account = account is not None and account.is_active
    return queries.consequences(person_id, has_account=has_account, at=timezone.now())


@router.post("/people/{person_id}/departure", response={201: CreatedOut}, url_name="org-departure")
def leave(request: HttpRequest, person_id: Id, body: LeaveIn) -> Status[CreatedOut]:
    """The person belongs to the organisation no longer; answers with the handover's id."""
    handover_id = departures.leave(
        actor=actor_of(request), person_id=person_id, now=timezone.now(), **dict(body)
    )
    return Status(201, CreatedOut(id=handover_id))


@router.get("/people/{person_id}/departure", response=HandoverOut, url_name="org-departure")
def show_departure(request: HttpRequest, person_id: Id) -> HandoverOut:
    """The latest departure with what is handed over."""
    _require_in_charge(request, person_id)
    departure = queries.of_person(person_id)
    if departure is None:
        raise errors.HandoverNotFound
    listed = [ItemOut.model_validate(item) for item in queries.items(departure.id)]
    named = {
        name: getattr(departure, name) for name in HandoverOut.model_fields if name != "listed"
    }
    return HandoverOut(**named, listed=listed)


@router.post("/people/{person_id}/return", response={201: CreatedOut}, url_name="org-return")
def rejoin(request: HttpRequest, person_id: Id, body: RejoinIn) -> Status[CreatedOut]:
    """The person serves again; answers with the appointment's id."""
    appointment_id = departures.rejoin(
        actor=actor_of(request), person_id=person_id, now=timezone.now(), **dict(body)
    )
    return Status(201, CreatedOut(id=appointment_id))


@router.post("/handover-items/{item_id}/settle", response={204: None}, url_name="org-item-settle")
def settle(request: HttpRequest, item_id: Id, body: SettleIn) -> Status[None]:
    """The item is seen to, by a successor or simply so."""
    departures.settle(
        actor=actor_of(request),
        item_id=item_id,
        successor_id=body.successor_id,
        now=timezone.now(),
    )
    return Status(204, None)


@router.post("/handover-items/{item_id}/reopen", response={204: None}, url_name="org-item-reopen")
def reopen(request: HttpRequest, item_id: Id) -> Status[None]:
    """The item is to be seen to again."""
    departures.reopen(actor=actor_of(request), item_id=item_id, now=timezone.now())
    return Status(204, None)


def _require_in_charge(request: HttpRequest, person_id: int) -> None:
    """PersonNotFound for whoever does not administer people where the person serves or served."""
    now = timezone.now()
    home_id = appointments.home_unit(person_id, at=now)
    if home_id is None or not policies.may_manage_people(actor_of(request), home_id, at=now):
        raise errors.PersonNotFound
