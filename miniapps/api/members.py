"""App-facing: who the app is, and the people in its range."""

from datetime import datetime
from typing import Annotated

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router
from pydantic import Field, StringConstraints

from core import http as core_http
from core.schemas import Schema
from miniapps.api import app_auth
from miniapps.queries import members as people
from miniapps.services import members

router = Router()

UnitCode = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z0-9\-]{0,32}$"),
    Field(description="Only this unit and what is below it"),
]


class WhoAmI(Schema):
    """The app as the platform sees it."""

    app_id: str
    name: str
    scopes: list[str]
    expires_at: datetime


class Member(Schema):
    """A person within the app's range, under the name this app knows."""

    sub: str
    name: str
    unit_name: str
    title: str


@router.get("/me", response=WhoAmI, url_name="apps-me", summary="The app behind the token")
def me(request: HttpRequest) -> WhoAmI:
    """Names the app and the scopes the token is good for."""
    token = app_auth.token_of(request)
    return WhoAmI(
        app_id=token.app_code,
        name=token.name,
        scopes=sorted(token.scopes),
        expires_at=token.expires_at,
    )


@router.get(
    "/members", response=list[Member], url_name="apps-members", summary="The people in range"
)
def list_members(request: HttpRequest, unit_code: UnitCode = "") -> list[people.Member]:
    """Lists the people in the range of org.member.read by unit and name, 2,000 at most."""
    app_auth.require_scope(request, members.SCOPE)
    return members.introduce(
        actor=core_http.actor_of(request), unit_code=unit_code, now=timezone.now()
    )
