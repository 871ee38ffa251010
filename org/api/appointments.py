"""Appointments begin and end."""

from typing import Annotated

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router, Status
from pydantic import Field

from core.http import actor_of
from core.schemas import Id, Schema
from org.api import texts
from org.api.units import CreatedOut
from org.kinds import AppointmentKind, PostFunction
from org.services import appointments

router = Router()


class AppointmentIn(Schema):
    """Who holds which post in the unit."""

    person_id: Id
    title: texts.PostTitle
    function: PostFunction
    kind: AppointmentKind = AppointmentKind.MAIN
    order: Annotated[int, Field(ge=0, le=10_000)] = 0


@router.post("/units/{unit_id}/appointments", response={201: CreatedOut}, url_name="org-appoint")
def appoint(request: HttpRequest, unit_id: Id, body: AppointmentIn) -> Status[CreatedOut]:
    """The person holds the post from now on."""
    created = appointments.appoint(
        actor=actor_of(request),
        person_id=body.person_id,
        unit_id=unit_id,
        title=body.title,
        function=body.function,
        kind=body.kind,
        order=body.order,
        now=timezone.now(),
    )
    return Status(201, CreatedOut(id=created))


@router.post(
    "/appointments/{appointment_id}/end", response={204: None}, url_name="org-appointment-end"
)
def end_appointment(request: HttpRequest, appointment_id: Id) -> Status[None]:
    """The appointment stands no longer."""
    appointments.end(actor=actor_of(request), appointment_id=appointment_id, now=timezone.now())
    return Status(204, None)
