"""What an approver does with a task."""

from typing import Annotated

from django.http import HttpRequest
from django.utils import timezone
from ninja import Header, Router
from pydantic import Field

from approvals.services import decisions
from core.http import actor_of
from core.schemas import Id, Key, LongText, Schema

router = Router()

IdempotencyKey = Annotated[Key, Header(alias="Idempotency-Key")]
Revision = Annotated[int, Field(ge=1, le=2**31 - 1)]


class DecisionIn(Schema):
    """An opinion on the form as it stood at this revision."""

    form_revision: Revision
    remark: LongText = ""


class SendBackIn(DecisionIn):
    """An opinion, and the step the case returns to."""

    target: Key = "start"


class TaskDecidedOut(Schema):
    """Where the case stands after the act."""

    case_id: int
    task_id: int
    case_state: str
    case_revision: int


@router.post("/tasks/{task_id}/approve", response=TaskDecidedOut, url_name="approvals-approve")
def approve(
    request: HttpRequest, task_id: Id, body: DecisionIn, idempotency_key: IdempotencyKey
) -> decisions.Decided:
    """The actor agrees."""
    return decisions.approve(
        actor=actor_of(request),
        task_id=task_id,
        remark=body.remark,
        form_revision=body.form_revision,
        idempotency_key=idempotency_key,
        now=timezone.now(),
    )


@router.post("/tasks/{task_id}/reject", response=TaskDecidedOut, url_name="approvals-reject")
def reject(
    request: HttpRequest, task_id: Id, body: DecisionIn, idempotency_key: IdempotencyKey
) -> decisions.Decided:
    """The actor refuses, which ends the case."""
    return decisions.reject(
        actor=actor_of(request),
        task_id=task_id,
        remark=body.remark,
        form_revision=body.form_revision,
        idempotency_key=idempotency_key,
        now=timezone.now(),
    )


@router.post("/tasks/{task_id}/send-back", response=TaskDecidedOut, url_name="approvals-send-back")
def send_back(
    request: HttpRequest, task_id: Id, body: SendBackIn, idempotency_key: IdempotencyKey
) -> decisions.Decided:
    """The actor returns the case to an earlier step."""
    return decisions.send_back(
        actor=actor_of(request),
        task_id=task_id,
        remark=body.remark,
        form_revision=body.form_revision,
        idempotency_key=idempotency_key,
        now=timezone.now(),
        target=body.target,
    )
