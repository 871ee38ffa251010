"""Routes of reviewers: the queue, and a decision."""

from typing import Annotated

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router
from ninja.responses import Status
from pydantic import StringConstraints

from core import http as core_http
from core.schemas import Id, Schema
from miniapps.api.registry import AppLine
from miniapps.queries import registry as apps
from miniapps.services import review

router = Router()

Remark = Annotated[str, StringConstraints(max_length=500, pattern=r"^[^\x00]*$")]
Reason = Annotated[
    str,
    StringConstraints(min_length=1, max_length=200, strip_whitespace=True, pattern=r"^[^\x00]+$"),
]


class Approval(Schema):
    """Why the release may be published, if there is anything to say."""

    remark: Remark = ""


class Rejection(Schema):
    """Why the release may not be published."""

    remark: Reason


@router.get(
    "/queue", response=list[AppLine], url_name="miniapps-queue", summary="Releases to decide about"
)
def list_queue(request: HttpRequest) -> list[apps.AppLine]:
    """Lists the releases that wait for a decision the person may take, oldest first."""
    return apps.review_queue(core_http.actor_of(request), at=timezone.now())


@router.post(
    "/releases/{release_id}/approve",
    response={204: None},
    url_name="miniapps-approve",
    summary="Approve a release",
)
def approve(request: HttpRequest, release_id: Id, payload: Approval) -> Status[None]:
    """Lets the release be published."""
    review.approve(
        actor=core_http.actor_of(request),
        release_id=release_id,
        remark=payload.remark,
        now=timezone.now(),
    )
    return Status(204, None)


@router.post(
    "/releases/{release_id}/reject",
    response={204: None},
    url_name="miniapps-reject",
    summary="Reject a release",
)
def reject(request: HttpRequest, release_id: Id, payload: Rejection) -> Status[None]:
    """Ends the release with a reason."""
    review.reject(
        actor=core_http.actor_of(request),
        release_id=release_id,
        remark=payload.remark,
        now=timezone.now(),
    )
    return Status(204, None)
