"""Routes that show an app to people and take it from them."""

from typing import Annotated, Literal

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router
from ninja.responses import Status
from pydantic import Field

from core import http as core_http
from core.schemas import Id, Schema
from miniapps.api.review import Reason
from miniapps.queries import publishing as plans
from miniapps.services import grants, publishing

router = Router()


class Rule(Schema):
    """One rule of an audience; a deny outweighs every allow."""

    effect: Literal["allow", "deny"] = "allow"
    subject: Literal["all", "subtree", "unit", "person"]
    unit_id: Id | None = None
    person_id: Id | None = None


class Audience(Schema):
    """Who sees the release."""

    rules: Annotated[list[Rule], Field(min_length=1, max_length=200)]


class Reach(Schema):
    """Whom publishing would reach, against what is published now."""

    total: int
    gaining: int
    losing: int
    unit_names: list[str]
    new_scopes: list[str]


class Suspension(Schema):
    """Why the app is shut."""

    reason: Reason


@router.post(
    "/releases/{release_id}/reach",
    response=Reach,
    url_name="miniapps-reach",
    summary="Preview an audience",
)
def reach(request: HttpRequest, release_id: Id, payload: Audience) -> Reach:
    """Counts who would see the app, gain it and lose it, and names the new scopes."""
    found = plans.reach(
        core_http.actor_of(request), release_id, _drafts(payload), at=timezone.now()
    )
    return Reach(
        total=found.total,
        gaining=found.gaining,
        losing=found.losing,
        unit_names=found.unit_names,
        new_scopes=[scope.name for scope in found.new_scopes],
    )


@router.post(
    "/releases/{release_id}/publish",
    response={204: None},
    url_name="miniapps-publish",
    summary="Publish a release",
)
def publish(request: HttpRequest, release_id: Id, payload: Audience) -> Status[None]:
    """Shows the approved release to exactly the audience."""
    publishing.publish(
        actor=core_http.actor_of(request),
        release_id=release_id,
        audience=_drafts(payload),
        now=timezone.now(),
    )
    return Status(204, None)


@router.post(
    "/apps/{app_id}/suspend",
    response={204: None},
    url_name="miniapps-suspend",
    summary="Shut an app at once",
)
def suspend(request: HttpRequest, app_id: Id, payload: Suspension) -> Status[None]:
    """Hides the app from everybody and kills its tokens."""
    publishing.suspend(
        actor=core_http.actor_of(request),
        app_id=app_id,
        reason=payload.reason,
        now=timezone.now(),
    )
    return Status(204, None)


@router.post(
    "/apps/{app_id}/resume",
    response={204: None},
    url_name="miniapps-resume",
    summary="Open a suspended app again",
)
def resume(request: HttpRequest, app_id: Id) -> Status[None]:
    """Shows the suspended release to the audience it had."""
    publishing.resume(actor=core_http.actor_of(request), app_id=app_id, now=timezone.now())
    return Status(204, None)


@router.post(
    "/grants/{grant_id}/withdraw",
    response={204: None},
    url_name="miniapps-grant-withdraw",
    summary="Take a scope from an app",
)
def withdraw_grant(request: HttpRequest, grant_id: Id) -> Status[None]:
    """Ends the grant and kills the app's tokens."""
    grants.withdraw(actor=core_http.actor_of(request), grant_id=grant_id, now=timezone.now())
    return Status(204, None)


def _drafts(payload: Audience) -> list[plans.RuleDraft]:
    return [
        plans.rule(
            effect=rule.effect,
            subject=rule.subject,
            unit_id=rule.unit_id,
            person_id=rule.person_id,
        )
        for rule in payload.rules
    ]
