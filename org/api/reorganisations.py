"""Reorganisations (机构改革): drafts, their steps, a rehearsal, a second person's decision."""

from datetime import datetime
from typing import Annotated, Any

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router, Status
from pydantic import AwareDatetime, Field, StringConstraints

from core.http import actor_of
from core.paging import Cursor, Limit
from core.schemas import Id, Schema
from org.api.authority import FAR_END
from org.api.units import CreatedOut
from org.kinds import ReorganisationStatus, StepKind
from org.queries import reorganisations as queries
from org.services import rehearsals, reorganisations
from org.services import reorganisation_decisions as decisions

router = Router()

Title = Annotated[
    str,
    StringConstraints(min_length=1, max_length=120, strip_whitespace=True, pattern=r"^[^\x00]*$"),
]
Basis = Annotated[
    str, StringConstraints(max_length=120, strip_whitespace=True, pattern=r"^[^\x00]*$")
]
Reason = Annotated[str, StringConstraints(max_length=400, pattern=r"^[^\x00]*$")]
Revision = Annotated[int, Field(ge=1, le=2**31 - 1, description="the draft that was read")]


class PlanOut(Schema):
    """A reorganisation with where it stands."""

    id: int
    title: str
    basis: str
    scope_id: int
    scope_name: str
    status: str
    status_name: str
    revision: int
    drafter_id: int
    drafter_name: str
    drafted_at: datetime
    submitted_at: datetime | None
    approver_id: int | None
    approver_name: str | None
    approved_at: datetime | None
    effective_at: datetime | None
    reason: str
    failed_step: int | None
    step_count: int


class PlansOut(Schema):
    """One page of reorganisations, the latest first."""

    items: list[PlanOut]
    next_cursor: str | None


class StepOut(Schema):
    """One step, as it is stored and as a person reads it."""

    id: int
    position: int
    kind: str
    kind_name: str
    payload: dict[str, Any]
    sentence: str


class EventOut(Schema):
    """Something that befell a reorganisation."""

    status: str
    status_name: str
    person_name: str
    remark: str
    at: datetime


class PlanInFullOut(PlanOut):
    """A reorganisation with its steps and its timeline."""

    steps: list[StepOut]
    timeline: list[EventOut]


class LineOut(Schema):
    """A unit in one of the two trees; `rest` counts what stands below it and is not shown."""

    unit_id: int
    depth: int
    name: str
    kind: str
    marks: list[str]
    note: str
    people: int | None
    rest: int


class TreesOut(Schema):
    """The scope before and after."""

    before: list[LineOut]
    after: list[LineOut]


class TouchedOut(Schema):
    """How much a reorganisation touches."""

    units: int
    people: int
    appointments: int
    grants: int
    accounts: int


class ProblemOut(Schema):
    """Why a step can't be done."""

    step_id: int
    position: int
    code: str
    text: str


class RehearsalOut(Schema):
    """What would happen if it took effect now."""

    trees: TreesOut
    counts: TouchedOut
    problems: list[ProblemOut]


class PlanIn(Schema):
    """A new draft."""

    title: Title
    basis: Basis = ""
    scope_id: Id


class PlanEditIn(Schema):
    """Another title and basis."""

    revision: Revision
    title: Title
    basis: Basis = ""


class StepIn(Schema):
    """A step; its payload has the fields of its kind (docs/flows/reorganisation.md)."""

    revision: Revision
    kind: StepKind
    payload: dict[str, Any]


class StepEditIn(Schema):
    """What a step holds instead."""

    revision: Revision
    payload: dict[str, Any]


class PlaceIn(Schema):
    """Where a step stands, counted from 1."""

    revision: Revision
    position: Annotated[int, Field(ge=1, le=reorganisations.STEPS_AT_MOST)]


class RevisionIn(Schema):
    """The draft that was read."""

    revision: Revision


class ApproveIn(Schema):
    """The draft that was read, and when it takes effect: at once without a time."""

    revision: Revision
    effective_at: Annotated[AwareDatetime, Field(lt=FAR_END)] | None = None


class RejectIn(Schema):
    """The draft that was read, and why it goes back."""

    revision: Revision
    reason: Reason


class WithdrawIn(Schema):
    """Why it waits no longer."""

    reason: Reason = ""


class EditedOut(Schema):
    """The draft as it counts now."""

    revision: int
    step_id: int | None = None


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
        steps=[StepOut.model_validate(row) for row in queries.steps(plan_id)],
        timeline=[EventOut.model_validate(row) for row in queries.timeline(plan_id)],
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


@router.put("/reorganisations/{plan_id}", response=EditedOut, url_name="org-reorganisation-edit")
def edit(request: HttpRequest, plan_id: Id, body: PlanEditIn) -> EditedOut:
    """The draft carries another title and basis."""
    revision = reorganisations.edit(
        actor=actor_of(request),
        reorganisation_id=plan_id,
        revision=body.revision,
        title=body.title,
        basis=body.basis,
        now=timezone.now(),
    )
    return EditedOut(revision=revision)


@router.post("/reorganisations/{plan_id}/steps", response={201: EditedOut}, url_name="org-step-add")
def add_step(request: HttpRequest, plan_id: Id, body: StepIn) -> Status[EditedOut]:
    """The draft has one more step, the last."""
    edited = reorganisations.add_step(
        actor=actor_of(request),
        reorganisation_id=plan_id,
        revision=body.revision,
        kind=body.kind,
        payload=body.payload,
        now=timezone.now(),
    )
    return Status(201, EditedOut.model_validate(edited))


@router.put(
    "/reorganisations/{plan_id}/steps/{step_id}", response=EditedOut, url_name="org-step-change"
)
def change_step(request: HttpRequest, plan_id: Id, step_id: Id, body: StepEditIn) -> EditedOut:
    """The step holds something else."""
    edited = reorganisations.change_step(
        actor=actor_of(request),
        reorganisation_id=plan_id,
        revision=body.revision,
        step_id=step_id,
        payload=body.payload,
        now=timezone.now(),
    )
    return EditedOut.model_validate(edited)


@router.post(
    "/reorganisations/{plan_id}/steps/{step_id}/place",
    response=EditedOut,
    url_name="org-step-place",
)
def place_step(request: HttpRequest, plan_id: Id, step_id: Id, body: PlaceIn) -> EditedOut:
    """The step stands at another position."""
    revision = reorganisations.move_step(
        actor=actor_of(request),
        reorganisation_id=plan_id,
        revision=body.revision,
        step_id=step_id,
        position=body.position,
        now=timezone.now(),
    )
    return EditedOut(revision=revision, step_id=step_id)


@router.post(
    "/reorganisations/{plan_id}/steps/{step_id}/remove",
    response=EditedOut,
    url_name="org-step-remove",
)
def remove_step(request: HttpRequest, plan_id: Id, step_id: Id, body: RevisionIn) -> EditedOut:
    """The draft has the step no longer."""
    revision = reorganisations.remove_step(
        actor=actor_of(request),
        reorganisation_id=plan_id,
        revision=body.revision,
        step_id=step_id,
        now=timezone.now(),
    )
    return EditedOut(revision=revision)


@router.post(
    "/reorganisations/{plan_id}/submit", response={204: None}, url_name="org-reorganisation-submit"
)
def submit(request: HttpRequest, plan_id: Id, body: RevisionIn) -> Status[None]:
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
def approve(request: HttpRequest, plan_id: Id, body: ApproveIn) -> Status[None]:
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
def reject(request: HttpRequest, plan_id: Id, body: RejectIn) -> Status[None]:
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
def withdraw(request: HttpRequest, plan_id: Id, body: WithdrawIn) -> Status[None]:
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
