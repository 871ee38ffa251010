"""Cases: starting, reading, resubmitting and withdrawing them."""

from datetime import datetime
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Header, Router
from pydantic import Field

from approvals.queries import cases as queries
from approvals.queries import pictures, timelines
from approvals.services import cases
from core import paging
from core.http import actor_of
from core.schemas import Id, Key, LongText, Schema, ShortText

router = Router()

IdempotencyKey = Annotated[Key, Header(alias="Idempotency-Key")]
Name = Annotated[str, Field(max_length=64)]
Value = LongText | bool | int | float | None
"""Fields hold single values: nothing nested reaches the form's schema."""
Form = Annotated[dict[Name, Value], Field(max_length=200)]
Chosen = Annotated[dict[Key, Annotated[list[Id], Field(max_length=50)]], Field(max_length=50)]


class CaseIn(Schema):
    """A new case; `chosen` names people per node id where the initiator has a choice."""

    template_key: Key
    title: ShortText
    form: Form
    chosen: Chosen = {}


class StartedOut(Schema):
    """The case that has begun."""

    case_id: int
    serial_number: str
    state: str


class CaseRowOut(Schema):
    """One line of a list of cases."""

    case_id: int
    serial_number: str
    title: str
    template_name: str
    state: str
    state_name: str
    initiator_id: int
    initiator_name: str
    unit_name: str
    at: datetime


class CasesOut(Schema):
    """One page of cases, the newest first."""

    items: list[CaseRowOut]
    next_cursor: str | None


class TaskOut(Schema):
    """What the reader has to do in this case."""

    task_id: int
    node_id: str
    node_name: str
    kind: str
    form_revision: int


class TargetOut(Schema):
    """A step the case may be sent back to."""

    node_id: str
    name: str


class CaseOut(Schema):
    """A case in full."""

    case_id: int
    serial_number: str
    title: str
    template_key: str
    template_name: str
    template_version: int
    state: str
    state_name: str
    revision: int
    form_revision: int
    form: dict[str, Any]
    form_schema: dict[str, Any]
    chosen: dict[str, list[int]]
    initiator_id: int
    initiator_name: str
    unit_name: str
    subject_kind: str
    subject_id: int | None
    subject_digest: str
    started_at: datetime
    ended_at: datetime | None
    task: TaskOut | None
    targets: list[TargetOut]
    may_withdraw: bool


class CaseEntryOut(Schema):
    """One thing that happened in a case."""

    seq: int
    kind: str
    headline: str
    node_id: str
    node_name: str
    round: int
    person_id: int | None
    person_name: str
    person_title: str
    remark: str
    note: str
    at: datetime


class WaitingOut(Schema):
    """A person the case waits for."""

    node_id: str
    node_name: str
    person_id: int
    person_name: str
    since: datetime


class TimelineOut(Schema):
    """What happened, in order, and whom the case waits for."""

    entries: list[CaseEntryOut]
    waiting: list[WaitingOut]


class WithdrawIn(Schema):
    """Why the case is taken back; may be empty."""

    remark: LongText = ""


class WithdrawnOut(Schema):
    """The case that was taken back."""

    case_id: int


class ResubmitIn(Schema):
    """The changed form; without `chosen` the earlier choice stands."""

    form: Form
    chosen: Chosen | None = None
    remark: LongText = ""


class ResubmittedOut(Schema):
    """The case that goes on with a new form revision."""

    case_id: int
    form_revision: int
    case_state: str


@router.post("/cases", response=StartedOut, url_name="approvals-start")
def start(request: HttpRequest, body: CaseIn, idempotency_key: IdempotencyKey) -> cases.StartedCase:
    """A case begins; repeating the request with its key gives the same answer."""
    return cases.start(
        actor=actor_of(request),
        template_key=body.template_key,
        title=body.title,
        form=body.form,
        subject=None,
        chosen=body.chosen,
        idempotency_key=idempotency_key,
        now=timezone.now(),
    )


@router.get("/cases/started", response=CasesOut, url_name="approvals-started")
def list_started(
    request: HttpRequest, cursor: paging.Cursor = "", limit: paging.Limit = 30
) -> paging.Page[queries.CaseRow]:
    """Cases the actor started."""
    return queries.started(actor=actor_of(request), at=timezone.now(), cursor=cursor, limit=limit)


@router.get("/cases/copied", response=CasesOut, url_name="approvals-copied")
def list_copied(
    request: HttpRequest, cursor: paging.Cursor = "", limit: paging.Limit = 30
) -> paging.Page[queries.CaseRow]:
    """Cases the actor got a copy of."""
    return queries.copied(actor=actor_of(request), at=timezone.now(), cursor=cursor, limit=limit)


@router.get("/cases/{case_id}", response=CaseOut, url_name="approvals-case")
def get_case(request: HttpRequest, case_id: Id) -> queries.CaseView:
    """One case for somebody who takes part in it."""
    return queries.view(actor=actor_of(request), case_id=case_id, at=timezone.now())


@router.get("/cases/{case_id}/timeline", response=TimelineOut, url_name="approvals-timeline")
def get_timeline(request: HttpRequest, case_id: Id) -> timelines.Timeline:
    """What happened in the case."""
    return timelines.timeline(actor=actor_of(request), case_id=case_id, at=timezone.now())


@router.get("/cases/{case_id}/picture.svg", url_name="approvals-picture")
def get_picture(request: HttpRequest, case_id: Id) -> HttpResponse:
    """The flow's picture as SVG."""
    picture = pictures.of_case(actor=actor_of(request), case_id=case_id, at=timezone.now())
    return HttpResponse(picture, content_type="image/svg+xml")


@router.post("/cases/{case_id}/withdraw", response=WithdrawnOut, url_name="approvals-withdraw")
def withdraw(
    request: HttpRequest, case_id: Id, body: WithdrawIn, idempotency_key: IdempotencyKey
) -> cases.Withdrawn:
    """The initiator takes the case back."""
    return cases.withdraw(
        actor=actor_of(request),
        case_id=case_id,
        remark=body.remark,
        idempotency_key=idempotency_key,
        now=timezone.now(),
    )


@router.post("/tasks/{task_id}/resubmit", response=ResubmittedOut, url_name="approvals-resubmit")
def resubmit(
    request: HttpRequest, task_id: Id, body: ResubmitIn, idempotency_key: IdempotencyKey
) -> cases.Resubmitted:
    """The initiator submits the case again; one about a subject goes on where that is kept."""
    return cases.resubmit(
        actor=actor_of(request),
        task_id=task_id,
        form=body.form,
        chosen=body.chosen,
        subject=None,
        remark=body.remark,
        idempotency_key=idempotency_key,
        now=timezone.now(),
    )
