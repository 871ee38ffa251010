"""Reorganisations (机构改革): drafts, their steps, a rehearsal, a second person's decision."""

from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router, Status

from core.http import actor_of
from core.paging import Cursor, Limit
from core.schemas import Id
from org.api.reorganisation_schemas import (
    PlanApproveIn,
    PlanEditedOut,
    PlanEditIn,
    PlanEventOut,
    PlanIn,
    PlanInFullOut,
    PlanOut,
    PlanRejectIn,
    PlanRevisionIn,
    PlansOut,
    PlanStepEditIn,
    PlanStepIn,
    PlanStepOut,
    PlanWithdrawIn,
    RehearsalOut,
    StepPlaceIn,
)
from org.api.units import CreatedOut
from org.kinds import ReorganisationStatus
from org.queries import reorganisations as queries
from org.services import rehearsals, reorganisations
from org.services import reorganisation_decisions as decisions

router = Router()


@router.get("/reorganisations", response=PlansOut, url_name="org-reorganisations")
def list_plans(
    request: HttpRequest,
    status: ReorganisationStatus | None = None,
    limit: Limit = 30,
    cursor: Cursor = "",
) -> PlansOut:
    """What the signed-in person drafted or may decide about."""
    page = queries.listing(
        actor_of(request),
        at=timezone.now(),
        statuses=[status] if status else [],
        cursor=cursor,
        limit=limit,
    )
    return PlansOut(
        items=[PlanOut(**_shown(card)) for card in page.items], next_cursor=page.next_cursor
    )


@router.get("/reorganisations/{plan_id}", response=PlanInFullOut, url_name="org-reorganisation")
def show_plan(request: HttpRequest, plan_id: Id) -> PlanInFullOut:
    """One reorganisation with its steps."""
    card = queries.card(actor_of(request), plan_id, at=timezone.now())
    return PlanInFullOut(
        **_shown(card),
        steps=[PlanStepOut.model_validate(row) for row in queries.steps(plan_id)],
        timeline=[PlanEventOut.model_validate(row) for row in queries.timeline(plan_id)],
    )


@router.get("/reorganisations/{plan_id}/rehearsal", response=RehearsalOut, url_name="org-rehearsal")
def rehearse(request: HttpRequest, plan_id: Id) -> rehearsals.Rehearsal:
    """What would happen; nothing changes."""
    return rehearsals.rehearse(
        actor=actor_of(request), reorganisation_id=plan_id, now=timezone.now()
    )


@router.post("/reorganisations", response={201: CreatedOut}, url_name="org-reorganisation-draft")
def draft(request: HttpRequest, body: PlanIn) -> Status[CreatedOut]:
    """A draft without steps."""
    created = reorganisations.draft(
        actor=actor_of(request),
        title=body.title,
        basis=body.basis,
        scope_id=body.scope_id,
        now=timezone.now(),
    )
    return Status(201, CreatedOut(id=created))


@router.put(
    "/reorganisations/{plan_id}", response=PlanEditedOut, url_name="org-reorganisation-edit"
)
def edit(request: HttpRequest, plan_id: Id, body: PlanEditIn) -> PlanEditedOut:
    """The draft carries another title and basis."""
    revision = reorganisations.edit(
        actor=actor_of(request),
        reorganisation_id=plan_id,
        revision=body.revision,
        title=body.title,
        basis=body.basis,
        now=timezone.now(),
    )
    return PlanEditedOut(revision=revision)


@router.post(
    "/reorganisations/{plan_id}/steps", response={201: PlanEditedOut}, url_name="org-step-add"
)
def add_step(request: HttpRequest, plan_id: Id, body: PlanStepIn) -> Status[PlanEditedOut]:
    """The draft has one more step, the last."""
    edited = reorganisations.add_step(
        actor=actor_of(request),
        reorganisation_id=plan_id,
        revision=body.revision,
        kind=body.kind,
        payload=body.payload,
        now=timezone.now(),
    )
    return Status(201, PlanEditedOut.model_validate(edited))


@router.put(
    "/reorganisations/{plan_id}/steps/{step_id}", response=PlanEditedOut, url_name="org-step-change"
)
def change_step(
    request: HttpRequest, plan_id: Id, step_id: Id, body: PlanStepEditIn
) -> PlanEditedOut:
    """The step holds something else."""
    edited = reorganisations.change_step(
        actor=actor_of(request),
        reorganisation_id=plan_id,
        revision=body.revision,
        step_id=step_id,
        payload=body.payload,
        now=timezone.now(),
    )
    return PlanEditedOut.model_validate(edited)


@router.post(
    "/reorganisations/{plan_id}/steps/{step_id}/place",
    response=PlanEditedOut,
    url_name="org-step-place",
)
def place_step(request: HttpRequest, plan_id: Id, step_id: Id, body: StepPlaceIn) -> PlanEditedOut:
    """The step stands at another position."""
    revision = reorganisations.move_step(
        actor=actor_of(request),
        reorganisation_id=plan_id,
        revision=body.revision,
        step_id=step_id,
        position=body.position,
        now=timezone.now(),
    )
    return PlanEditedOut(revision=revision, step_id=step_id)


@router.post(
    "/reorganisations/{plan_id}/steps/{step_id}/remove",
    response=PlanEditedOut,
    url_name="org-step-remove",
)
def remove_step(
    request: HttpRequest, plan_id: Id, step_id: Id, body: PlanRevisionIn
) -> PlanEditedOut:
    """The draft has the step no longer."""
    revision = reorganisations.remove_step(
        actor=actor_of(request),
        reorganisation_id=plan_id,
        revision=body.revision,
        step_id=step_id,
        now=timezone.now(),
    )
    return PlanEditedOut(revision=revision)


@router.post(
    "/reorganisations/{plan_id}/submit", response={204: None}, url_name="org-reorganisation-submit"
)
def submit(request: HttpRequest, plan_id: Id, body: PlanRevisionIn) -> Status[None]:
    """The draft waits for a second person."""
    decisions.submit(
        actor=actor_of(request),
        reorganisation_id=plan_id,
        revision=body.revision,
        now=timezone.now(),
    )
    return Status(204, None)


@router.post(
    "/reorganisations/{plan_id}/approve",
    response={204: None},
    url_name="org-reorganisation-approve",
)
def approve(request: HttpRequest, plan_id: Id, body: PlanApproveIn) -> Status[None]:
    """It takes effect at the time, at once where none is given."""
    decisions.approve(
        actor=actor_of(request),
        reorganisation_id=plan_id,
        revision=body.revision,
        effective_at=body.effective_at,
        now=timezone.now(),
    )
    return Status(204, None)


@router.post(
    "/reorganisations/{plan_id}/reject", response={204: None}, url_name="org-reorganisation-reject"
)
def reject(request: HttpRequest, plan_id: Id, body: PlanRejectIn) -> Status[None]:
    """It goes back to its drafter."""
    decisions.reject(
        actor=actor_of(request),
        reorganisation_id=plan_id,
        revision=body.revision,
        reason=body.reason,
        now=timezone.now(),
    )
    return Status(204, None)


@router.post(
    "/reorganisations/{plan_id}/withdraw",
    response={204: None},
    url_name="org-reorganisation-withdraw",
)
def withdraw(request: HttpRequest, plan_id: Id, body: PlanWithdrawIn) -> Status[None]:
    """It waits no longer."""
    decisions.withdraw(
        actor=actor_of(request),
        reorganisation_id=plan_id,
        reason=body.reason,
        now=timezone.now(),
    )
    return Status(204, None)


def _shown(card: queries.ReorganisationCard) -> dict[str, Any]:
    return {name: getattr(card, name) for name in PlanOut.model_fields}
