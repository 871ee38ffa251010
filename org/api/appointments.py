"""Appointments begin, change, stand in order and end; people are transferred."""

from datetime import datetime
from typing import Annotated

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router, Status
from pydantic import Field

from core.http import actor_of
from core.paging import Cursor, Limit
from core.schemas import Id, Schema
from org import errors, policies
from org.api import texts
from org.api.units import CreatedOut
from org.kinds import AppointmentKind, PostFunction
from org.queries import appointments as queries
from org.services import appointments, requests, transfers

router = Router()

Order = Annotated[int, Field(ge=0, le=10_000)]
Rank = Annotated[int, Field(ge=1, le=999)]


class AppointmentIn(Schema):
    """Who holds which post in the unit, from when and until when."""

    person_id: Id
    title: texts.PostTitle
    function: PostFunction
    kind: AppointmentKind = AppointmentKind.MAIN
    rank: Rank | None = None
    order: Order | None = None
    office_phone: texts.Contact = ""
    valid_from: texts.Instant | None = None
    valid_to: texts.Instant | None = None
    basis: texts.Reason = ""


class AppointmentPatchIn(Schema):
    """What changes of an appointment; another title ends it and begins one anew."""

    title: texts.PostTitle | None = None
    function: PostFunction | None = None
    rank: Rank | None = None
    order: Order | None = None
    office_phone: texts.Contact | None = None
    basis: texts.Reason = ""


class EndIn(Schema):
    """When the appointment ends: now, where nothing is said."""

    ends_at: texts.Instant | None = None
    basis: texts.Reason = ""


class ReorderIn(Schema):
    """Before whom of the same rank the person is to stand; null: behind all of it."""

    before_id: Id | None


class TransferIn(Schema):
    """Where the person goes, and the main post that the caller saw."""

    from_appointment_id: Id
    unit_id: Id
    title: texts.PostTitle
    function: PostFunction
    rank: Rank | None = None
    office_phone: texts.Contact = ""
    effective_at: texts.Instant | None = None
    basis: texts.Reason = ""


class TransferOut(Schema):
    """The new main post; or the request that the other side decides, and nothing changed yet."""

    appointment_id: int | None
    request_id: int | None


class TenureOut(Schema):
    """One appointment of a person, past, present or coming."""

    id: int
    unit_id: int
    unit_path: str
    title: str
    kind: str
    kind_name: str
    office_phone: str
    valid_from: datetime
    valid_to: datetime | None
    standing: str


class RosterLineOut(Schema):
    """One appointment in a unit as its administrators see it."""

    appointment_id: int
    person_id: int
    name: str
    staff_number: str
    job_level: str
    title: str
    function: str
    kind: str
    kind_name: str
    rank: int
    order: int
    office_phone: str
    valid_from: datetime
    valid_to: datetime | None
    is_coming: bool


class RosterOut(Schema):
    """One page of a unit's appointments."""

    items: list[RosterLineOut]
    next_cursor: str | None


@router.post("/units/{unit_id}/appointments", response={201: CreatedOut}, url_name="org-appoint")
def appoint(request: HttpRequest, unit_id: Id, body: AppointmentIn) -> Status[CreatedOut]:
    """The person holds the post for the term, from now on where none is given."""
    created = appointments.appoint(
        actor=actor_of(request), unit_id=unit_id, now=timezone.now(), **dict(body)
    )
    return Status(201, CreatedOut(id=created))


@router.get("/units/{unit_id}/roster", response=RosterOut, url_name="org-roster")
def list_roster(
    request: HttpRequest, unit_id: Id, limit: Limit = 50, cursor: Cursor = ""
) -> RosterOut:
    """The appointments in the unit by rank and order, those to come included."""
    now = timezone.now()
    if not policies.may_manage_people(actor_of(request), unit_id, at=now):
        raise errors.OutOfScope
    return RosterOut.model_validate(queries.roster(unit_id, at=now, limit=limit, cursor=cursor))


@router.get(
    "/people/{person_id}/appointments", response=list[TenureOut], url_name="org-person-tenures"
)
def list_tenures(request: HttpRequest, person_id: Id) -> list[queries.Tenure]:
    """All appointments the person ever had: for the person, and who administers people there."""
    now = timezone.now()
    actor = actor_of(request)
    home_id = queries.home_unit(person_id, at=now)
    if actor.person_id != person_id and (
        home_id is None or not policies.may_manage_people(actor, home_id, at=now)
    ):
        raise errors.PersonNotFound
    return queries.tenures(person_id, at=now)


@router.patch("/appointments/{appointment_id}", response=CreatedOut, url_name="org-appointment")
def change_appointment(
    request: HttpRequest, appointment_id: Id, body: AppointmentPatchIn
) -> CreatedOut:
    """The appointment changes; answers with the id of the one that stands."""
    standing = appointments.change(
        actor=actor_of(request),
        appointment_id=appointment_id,
        now=timezone.now(),
        **body.model_dump(exclude_unset=True),
    )
    return CreatedOut(id=standing)


@router.post(
    "/appointments/{appointment_id}/place",
    response={204: None},
    url_name="org-appointment-place",
)
def reorder_appointment(request: HttpRequest, appointment_id: Id, body: ReorderIn) -> Status[None]:
    """The person stands before the other one of the same rank."""
    appointments.reorder(
        actor=actor_of(request),
        appointment_id=appointment_id,
        before_id=body.before_id,
        now=timezone.now(),
    )
    return Status(204, None)


@router.post(
    "/appointments/{appointment_id}/end", response={204: None}, url_name="org-appointment-end"
)
def end_appointment(
    request: HttpRequest, appointment_id: Id, body: EndIn | None = None
) -> Status[None]:
    """The appointment stands no longer."""
    given = body or EndIn()
    appointments.end(
        actor=actor_of(request),
        appointment_id=appointment_id,
        ends_at=given.ends_at,
        basis=given.basis,
        now=timezone.now(),
    )
    return Status(204, None)


@router.post(
    "/people/{person_id}/transfer",
    response={200: TransferOut, 202: TransferOut},
    url_name="org-person-transfer",
)
def transfer_person(request: HttpRequest, person_id: Id, body: TransferIn) -> Status[TransferOut]:
    """The main post ends here and begins there (200), or the other side is asked first (202)."""
    outcome = transfers.transfer(
        actor=actor_of(request),
        person_id=person_id,
        to=transfers.Destination(
            unit_id=body.unit_id,
            title=body.title,
            function=body.function,
            rank=body.rank,
            office_phone=body.office_phone,
        ),
        from_appointment_id=body.from_appointment_id,
        effective_at=body.effective_at,
        basis=body.basis,
        now=timezone.now(),
    )
    if isinstance(outcome, requests.Asked):
        return Status(202, TransferOut(appointment_id=None, request_id=outcome.request_id))
    return Status(200, TransferOut(appointment_id=outcome.id, request_id=None))
