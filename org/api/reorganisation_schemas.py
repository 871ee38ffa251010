"""Bodies of the routes of reorganisations."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, Field, StringConstraints

from core.schemas import Id, Schema, seen_whole
from org.api import texts
from org.kinds import StepKind
from org.services import reorganisations

Title = Annotated[
    str,
    StringConstraints(min_length=1, max_length=120, strip_whitespace=True, pattern=r"^[^\x00]*$"),
    AfterValidator(seen_whole),
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


class PlanStepOut(Schema):
    """One step, as it is stored and as a person reads it."""

    id: int
    position: int
    kind: str
    kind_name: str
    payload: dict[str, Any]
    sentence: str


class PlanEventOut(Schema):
    """Something that befell a reorganisation."""

    status: str
    status_name: str
    person_name: str
    remark: str
    at: datetime


class PlanInFullOut(PlanOut):
    """A reorganisation with its steps and its timeline."""

    steps: list[PlanStepOut]
    timeline: list[PlanEventOut]


class RehearsedUnitOut(Schema):
    """A unit in one of the two trees; `rest` counts what stands below it and is not shown."""

    unit_id: int
    depth: int
    name: str
    kind: str
    marks: list[str]
    note: str
    people: int | None
    rest: int


class RehearsedTreesOut(Schema):
    """The scope before and after."""

    before: list[RehearsedUnitOut]
    after: list[RehearsedUnitOut]


class RehearsedCountsOut(Schema):
    """How much a reorganisation touches."""

    units: int
    people: int
    appointments: int
    grants: int
    accounts: int


class StepProblemOut(Schema):
    """Why a step can't be done."""

    step_id: int
    position: int
    code: str
    text: str


class RehearsalOut(Schema):
    """What would happen if it took effect now."""

    trees: RehearsedTreesOut
    counts: RehearsedCountsOut
    problems: list[StepProblemOut]


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


class PlanStepIn(Schema):
    """A step; its payload has the fields of its kind (docs/flows/reorganisation.md)."""

    revision: Revision
    kind: StepKind
    payload: dict[str, Any]


class PlanStepEditIn(Schema):
    """What a step holds instead."""

    revision: Revision
    payload: dict[str, Any]


class StepPlaceIn(Schema):
    """Where a step stands, counted from 1."""

    revision: Revision
    position: Annotated[int, Field(ge=1, le=reorganisations.STEPS_AT_MOST)]


class PlanRevisionIn(Schema):
    """The draft that was read."""

    revision: Revision


class PlanApproveIn(Schema):
    """The draft that was read, and when it takes effect: at once without a time."""

    revision: Revision
    effective_at: texts.Instant | None = None


class PlanRejectIn(Schema):
    """The draft that was read, and why it goes back."""

    revision: Revision
    reason: Reason


class PlanWithdrawIn(Schema):
    """Why it waits no longer."""

    reason: Reason = ""


class PlanEditedOut(Schema):
    """The draft as it counts now."""

    revision: int
    step_id: int | None = None
