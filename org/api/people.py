"""People: cards, search, joining, and phone numbers for those who may see them."""

from datetime import datetime
from typing import Annotated

from django.http import HttpRequest
from django.utils import timezone
from ninja import Query, Router, Status
from pydantic import Field

from core.http import actor_of
from core.paging import Cursor, Limit
from core.schemas import Id, Schema
from org.api import texts
from org.kinds import PostFunction
from org.queries import directory, visibility
from org.queries import people as queries
from org.services import people

router = Router()


class PersonInUnitOut(Schema):
    """One appointment in a list of people."""

    appointment_id: int
    person_id: int
    name: str
    title: str
    function: str
    kind: str
    kind_name: str
    unit_id: int
    unit_name: str
    rank: int
    order: int
    organ_name: str


class PeopleOut(Schema):
    """One page of people by unit, rank and order."""

    items: list[PersonInUnitOut]
    next_cursor: str | None


class CardAppointmentOut(Schema):
    """One appointment on a card."""

    id: int
    unit_id: int
    unit_path: str
    title: str
    function: str
    kind: str
    kind_name: str
    office_phone: str
    valid_from: datetime
    valid_to: datetime | None


class PersonCardOut(Schema):
    """A person as colleagues see them."""

    id: int
    name: str
    pinyin: str
    job_level: str
    phone_masked: str
    status: str
    appointments: list[CardAppointmentOut]


class PersonIn(Schema):
    """A new person and the first post."""

    name: texts.PersonalName
    title: texts.PostTitle
    function: PostFunction
    phone: texts.Phone = ""
    job_level: texts.JobLevel = ""
    staff_number: texts.StaffNumber = ""
    order: Annotated[int, Field(ge=0, le=10_000)] | None = None
    valid_from: texts.Instant | None = None
    basis: texts.Reason = ""


class PersonPatchIn(Schema):
    """What changes of a person; what is left out stays."""

    name: texts.PersonalName | None = None
    phone: texts.Phone | None = None
    job_level: texts.JobLevel | None = None
    staff_number: texts.StaffNumber | None = None


class AdmittedOut(Schema):
    """The new person and the first appointment."""

    person_id: int
    appointment_id: int


class PhoneOut(Schema):
    """A whole phone number."""

    phone: str


@router.get("/people/search", response=list[PersonInUnitOut], url_name="org-people-search")
def search_people(
    request: HttpRequest,
    text: texts.SearchText,
    root_id: Annotated[Id | None, Query()] = None,
    limit: Limit = 20,
) -> list[queries.PersonInUnit]:
    """People by neighbouring characters of the name, by pinyin or by initials."""
    now = timezone.now()
    viewer = visibility.viewer_of(actor_of(request), at=now)
    return directory.search_people(text, at=now, viewer=viewer, root_id=root_id, limit=limit)


@router.get("/people/{person_id}", response=PersonCardOut, url_name="org-person")
def show_person(request: HttpRequest, person_id: Id) -> queries.PersonCard:
    """One person, the phone number masked."""
    now = timezone.now()
    viewer = visibility.viewer_of(actor_of(request), at=now)
    return queries.card(person_id, at=now, viewer=viewer)


@router.patch("/people/{person_id}", response={204: None}, url_name="org-person")
def update_person(request: HttpRequest, person_id: Id, body: PersonPatchIn) -> Status[None]:
    """The person's name, phone, job level or staff number changes."""
    people.update(
        actor=actor_of(request),
        person_id=person_id,
        now=timezone.now(),
        **body.model_dump(exclude_unset=True),
    )
    return Status(204, None)


@router.post("/people/{person_id}/phone", response=PhoneOut, url_name="org-person-phone")
def reveal_phone(request: HttpRequest, person_id: Id) -> PhoneOut:
    """The whole phone number; that it was looked at is recorded."""
    phone = people.reveal_phone(actor=actor_of(request), person_id=person_id, now=timezone.now())
    return PhoneOut(phone=phone)


@router.get("/units/{unit_id}/people", response=PeopleOut, url_name="org-unit-people")
def list_people(
    request: HttpRequest,
    unit_id: Id,
    with_below: bool = False,
    limit: Limit = 50,
    cursor: Cursor = "",
) -> PeopleOut:
    """The people of the unit (仅本级), or of all below it too (含下级)."""
    now = timezone.now()
    viewer = visibility.viewer_of(actor_of(request), at=now)
    page = queries.in_unit(
        unit_id, at=now, viewer=viewer, with_below=with_below, limit=limit, cursor=cursor
    )
    return PeopleOut.model_validate(page)


@router.post("/units/{unit_id}/people", response={201: AdmittedOut}, url_name="org-people-admit")
def admit_person(request: HttpRequest, unit_id: Id, body: PersonIn) -> Status[people.Admitted]:
    """A new person holds a main appointment in the unit."""
    admitted = people.admit(
        actor=actor_of(request),
        name=body.name,
        unit_id=unit_id,
        title=body.title,
        function=body.function,
        phone=body.phone,
        job_level=body.job_level,
        staff_number=body.staff_number,
        order=body.order,
        valid_from=body.valid_from,
        basis=body.basis,
        now=timezone.now(),
    )
    return Status(201, admitted)
