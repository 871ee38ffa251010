"""People: cards, search, joining, and phone numbers for those who may see them."""

from typing import Annotated

from django.http import HttpRequest
from django.utils import timezone
from ninja import Query, Router
from pydantic import Field

from core.http import actor_of
from core.paging import Limit
from core.schemas import Id, Schema, ShortText
from org.api.units import PersonInUnitOut
from org.kinds import PostFunction
from org.queries import people as queries
from org.services import people

router = Router()

PersonalName = Annotated[str, Field(min_length=1, max_length=60, pattern=r"^[^\x00-\x1f<>]+$")]
Phone = Annotated[str, Field(max_length=20, pattern=r"^[0-9+\-]*$")]


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

    name: PersonalName
    title: ShortText
    function: PostFunction
    phone: Phone = ""
    job_level: Annotated[str, Field(max_length=40)] = ""
    order: Annotated[int, Field(ge=0, le=10_000)] = 0


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
    text: Annotated[str, Query(min_length=1, max_length=60)],
    root_id: Annotated[Id | None, Query()] = None,
    limit: Limit = 20,
) -> list[queries.PersonInUnit]:
    """People by neighbouring characters of the name, by pinyin or by initials."""
    return queries.search(text, at=timezone.now(), root_id=root_id, limit=limit)


@router.get("/people/{person_id}", response=PersonCardOut, url_name="org-person")
def show_person(request: HttpRequest, person_id: Id) -> queries.PersonCard:
    """One person, the phone number masked."""
    return queries.card(person_id, at=timezone.now())


@router.post("/people/{person_id}/phone", response=PhoneOut, url_name="org-person-phone")
def reveal_phone(request: HttpRequest, person_id: Id) -> PhoneOut:
    """The whole phone number; that it was looked at is recorded."""
    phone = people.reveal_phone(actor=actor_of(request), person_id=person_id, now=timezone.now())
    return PhoneOut(phone=phone)


@router.post("/units/{unit_id}/people", response={201: AdmittedOut}, url_name="org-people-admit")
def admit_person(request: HttpRequest, unit_id: Id, body: PersonIn) -> tuple[int, people.Admitted]:
    """A new person holds a main appointment in the unit."""
    admitted = people.admit(
        actor=actor_of(request),
        name=body.name,
        unit_id=unit_id,
        title=body.title,
        function=body.function,
        phone=body.phone,
        job_level=body.job_level,
        order=body.order,
        now=timezone.now(),
    )
    return 201, admitted
