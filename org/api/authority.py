"""Administrative rights: who holds them, granting and revoking."""

from datetime import UTC, datetime
from typing import Annotated

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router, Status
from pydantic import AwareDatetime, Field

from core.http import actor_of
from core.schemas import Id, Schema
from org.api.units import CreatedOut
from org.kinds import AdminRole
from org.queries import authority as queries
from org.services import authority

router = Router()

FAR_END = datetime(2200, 1, 1, tzinfo=UTC)
"""Beyond any term of office, and within what every driver reads back."""


class GrantOut(Schema):
    """One administrative right of one person."""

    id: int
    person_id: int
    person_name: str
    role: str
    role_name: str
    root_id: int
    root_name: str
    subtree: bool
    may_delegate: bool
    valid_until: datetime | None


class GrantIn(Schema):
    """Which right, over which unit, for how long."""

    person_id: Id
    role: AdminRole
    subtree: bool = True
    may_delegate: bool = False
    valid_until: Annotated[AwareDatetime, Field(lt=FAR_END)] | None = None


@router.get("/grants/mine", response=list[GrantOut], url_name="org-grants-mine")
def list_own_grants(request: HttpRequest) -> list[queries.Grant]:
    """What the signed-in person may administer."""
    return queries.of_person(actor_of(request).require_person(), at=timezone.now())


@router.get("/units/{unit_id}/administrators", response=list[GrantOut], url_name="org-admins")
def list_administrators(request: HttpRequest, unit_id: Id) -> list[queries.Grant]:
    """Who may administer the unit, by grants at or above it."""
    return queries.of_unit(unit_id, at=timezone.now())


@router.post("/units/{unit_id}/grants", response={201: CreatedOut}, url_name="org-grant")
def grant(request: HttpRequest, unit_id: Id, body: GrantIn) -> Status[CreatedOut]:
    """The person administers the unit."""
    created = authority.grant(
        actor=actor_of(request),
        person_id=body.person_id,
        role=body.role,
        root_id=unit_id,
        subtree=body.subtree,
        may_delegate=body.may_delegate,
        valid_until=body.valid_until,
        now=timezone.now(),
    )
    return Status(201, CreatedOut(id=created))


@router.post("/grants/{grant_id}/revoke", response={204: None}, url_name="org-grant-revoke")
def revoke(request: HttpRequest, grant_id: Id) -> Status[None]:
    """The right is void from now on."""
    authority.revoke(actor=actor_of(request), grant_id=grant_id, now=timezone.now())
    return Status(204, None)
