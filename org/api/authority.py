"""Administrative rights: who holds them, granting and revoking."""

from datetime import datetime
from typing import Annotated

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router, Status
from pydantic import Field

from core.http import actor_of
from core.schemas import Id, Schema
from org import errors, policies
from org.api import texts
from org.api.requests import AskedOut
from org.api.units import CreatedOut
from org.kinds import AdminRole, Scene
from org.queries import authority as queries
from org.queries import visibility
from org.services import authority, requests

router = Router()


class GrantOut(Schema):
    """One administrative right of one person, with its limits and where it comes from."""

    id: int
    person_id: int
    person_name: str
    role: str
    role_name: str
    root_id: int
    root_name: str
    subtree: bool
    line_id: int | None
    line_name: str
    highest_level: int | None
    delegation_depth: int
    may_delegate: bool
    granted_by_id: int | None
    granted_by_name: str
    passed_on_from_id: int | None
    reason: str
    valid_from: datetime
    valid_until: datetime | None


class GrantIn(Schema):
    """Which right, over which unit, within which limits, for how long.

    `highest_level` 4 keeps it to townships and below; `delegation_depth` is how often it may be
    passed on.
    """

    person_id: Id
    role: AdminRole
    subtree: bool = True
    line_id: Id | None = None
    highest_level: Annotated[int, Field(ge=1, le=6)] | None = None
    delegation_depth: Annotated[int, Field(ge=0, le=authority.MOST_DEPTH)] = 0
    valid_until: texts.Instant | None = None
    reason: texts.Reason = ""


class RevokeIn(Schema):
    """Why the right is taken back."""

    reason: texts.Reason = ""


class RevokedOut(Schema):
    """How many rights ended: this one and all that was passed on from it."""

    ended: int


@router.get("/grants/mine", response=list[GrantOut], url_name="org-grants-mine")
def list_own_grants(request: HttpRequest) -> list[queries.Grant]:
    """What the signed-in person may administer."""
    return queries.of_person(actor_of(request).require_person(), at=timezone.now())


@router.get("/grants/{grant_id}", response=GrantOut, url_name="org-grant-shown")
def show(request: HttpRequest, grant_id: Id) -> queries.Grant:
    """One right, for whoever holds, granted or may revoke it."""
    return _revocable(request, grant_id)


@router.get("/grants/{grant_id}/passed-on", response=list[GrantOut], url_name="org-grant-passed-on")
def list_passed_on(request: HttpRequest, grant_id: Id) -> list[queries.Grant]:
    """The rights that would end with this one."""
    return queries.passed_on(_revocable(request, grant_id).id, at=timezone.now())


@router.get("/people/{person_id}/administers", response=list[GrantOut], url_name="org-administers")
def list_administered(request: HttpRequest, person_id: Id) -> list[queries.Grant]:
    """What the person may administer, for himself and for the administrators over him."""
    now = timezone.now()
    if not policies.may_see_rights(actor_of(request), person_id, at=now):
        raise errors.PersonNotFound
    return queries.of_person(person_id, at=now)


@router.get("/units/{unit_id}/administrators", response=list[GrantOut], url_name="org-admins")
def list_administrators(request: HttpRequest, unit_id: Id) -> list[queries.Grant]:
    """Who may administer the unit, for its own people and for administrators of the place."""
    now = timezone.now()
    actor = actor_of(request)
    viewer = visibility.viewer_of(actor, at=now)
    visibility.require_unit(unit_id, viewer=viewer, scene=Scene.TREE)
    if not queries.shown_to(actor.require_person(), [unit_id], at=now):
        raise errors.UnitNotFound
    return queries.of_unit(unit_id, at=now)


@router.post(
    "/units/{unit_id}/grants",
    response={201: CreatedOut, 202: AskedOut},
    url_name="org-grant",
)
def grant(
    request: HttpRequest, unit_id: Id, body: GrantIn
) -> Status[CreatedOut] | Status[AskedOut]:
    """The person administers the unit; 202 where a second person decides first."""
    outcome = authority.grant(
        actor=actor_of(request),
        person_id=body.person_id,
        wanted=policies.Wanted(
            role=body.role,
            root_id=unit_id,
            subtree=body.subtree,
            line_id=body.line_id,
            highest_level=body.highest_level,
            depth=body.delegation_depth,
            until=body.valid_until,
        ),
        reason=body.reason,
        now=timezone.now(),
    )
    if isinstance(outcome, requests.Asked):
        return Status(202, AskedOut(request_id=outcome.request_id))
    return Status(201, CreatedOut(id=outcome.id))


@router.post("/grants/{grant_id}/revoke", response=RevokedOut, url_name="org-grant-revoke")
def revoke(request: HttpRequest, grant_id: Id, body: RevokeIn) -> RevokedOut:
    """The right is void from now on, with all that was passed on from it."""
    ended = authority.revoke(
        actor=actor_of(request), grant_id=grant_id, reason=body.reason, now=timezone.now()
    )
    return RevokedOut(ended=ended)


def _revocable(request: HttpRequest, grant_id: int) -> queries.Grant:
    now = timezone.now()
    found = queries.by_id(grant_id, at=now)
    if found is None or not policies.may_revoke(
        actor_of(request),
        found.wanted,
        holder_id=found.person_id,
        grantor_id=found.granted_by_id,
        at=now,
    ):
        raise errors.GrantNotFound
    return found
