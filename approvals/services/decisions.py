"""What an approver does with a task: approve, reject or send back."""

from dataclasses import asdict, dataclass
from datetime import datetime

from approvals import engine, errors, told
from approvals.models import (
    Case,
    CaseEventKind,
    FormRevision,
    Step,
    StepState,
    Task,
    TaskAction,
    TaskKind,
    TaskState,
)
from approvals.services import _answers, _moving
from core import audit
from core.actor import Actor
from core.db import service
from messaging.services import notices


@dataclass(frozen=True, slots=True)
class Decided:
    """Where the case stands after the act."""

    case_id: int
    task_id: int
    case_state: str
    case_revision: int


@dataclass(frozen=True, slots=True)
class _Verdict:
    """What the approver wants; `target` is the node a case is sent back to."""

    task_id: int
    action: TaskAction
    remark: str
    form_revision: int
    target: str = ""


@service
def approve(
    *,
    actor: Actor,
    task_id: int,
    remark: str,
    form_revision: int,
    idempotency_key: str,
    now: datetime,
) -> Decided:
    """The actor has agreed at the step; the case moves on when the step needs nobody else."""
    verdict = _Verdict(task_id, TaskAction.APPROVED, remark, form_revision)
    return _decide(actor=actor, verdict=verdict, idempotency_key=idempotency_key, now=now)


@service
def reject(
    *,
    actor: Actor,
    task_id: int,
    remark: str,
    form_revision: int,
    idempotency_key: str,
    now: datetime,
) -> Decided:
    """The case has ended as rejected; RemarkRequired without a reason."""
    verdict = _Verdict(task_id, TaskAction.REJECTED, remark, form_revision)
    return _decide(actor=actor, verdict=verdict, idempotency_key=idempotency_key, now=now)


@service
def send_back(
    *,
    actor: Actor,
    task_id: int,
    remark: str,
    form_revision: int,
    idempotency_key: str,
    now: datetime,
    target: str = "start",
) -> Decided:
    """The case stands at an earlier step again, in a new round that replays what lies between.

    "start" asks the initiator to change and resubmit. RemarkRequired without a reason;
    TargetInvalid for a step that the definition does not allow or that nobody has done.
    """
    verdict = _Verdict(task_id, TaskAction.SENT_BACK, remark, form_revision, target)
    return _decide(actor=actor, verdict=verdict, idempotency_key=idempotency_key, now=now)


def _decide(*, actor: Actor, verdict: _Verdict, idempotency_key: str, now: datetime) -> Decided:
    person_id = actor.require_person()
    known = _answers.claim(
        person_id=person_id, key=idempotency_key, request=asdict(verdict), now=now
    )
    if known is not None:
        return Decided(**known)
    case, task = _lock_task(person_id, verdict.task_id)
    _check(case, task, verdict)
    submitted = FormRevision.objects.get(case=case, number=case.form_revision)
    act = _act(case, task, verdict, person_id)
    news = _moving.move(case=case, submitted=submitted, act=act, actor=actor, now=now)
    audit.record(
        actor=actor,
        action=f"approvals.task.{verdict.action.value}",
        object_kind="approvals.case",
        object_id=case.id,
        unit_id=case.unit_id,
        detail={"task": task.id, "node": act.node_id, "form_revision": verdict.form_revision},
        now=now,
    )
    _moving.announce(news)
    notices.settle(actor=actor, source=told.SOURCE, key=told.task_key(task.id, person_id), now=now)
    decided = Decided(case.id, task.id, case.state, case.revision)
    _answers.keep(person_id=person_id, key=idempotency_key, answer=asdict(decided))
    return decided


def _lock_task(person_id: int, task_id: int) -> tuple[Case, Task]:
    """The person's own task as it is once the case is locked; CaseNotFound for another's."""
    own = Task.objects.filter(id=task_id, assignee=person_id)
    case_id = own.values_list("case_id", flat=True).first()
    if case_id is None:
        raise errors.CaseNotFound
    case = _moving.lock(case_id)
    return case, own.select_related("step").get()


def _check(case: Case, task: Task, verdict: _Verdict) -> None:
    _moving.check_running(case)
    if task.state != TaskState.OPEN:
        raise errors.TaskClosed
    if task.kind != TaskKind.APPROVE:
        raise errors.OtherActExpected
    if verdict.form_revision != case.form_revision:
        raise errors.FormMoved(form_revision=case.form_revision)
    if verdict.action is not TaskAction.APPROVED and not verdict.remark.strip():
        raise errors.RemarkRequired


def _act(case: Case, task: Task, verdict: _Verdict, person_id: int) -> _moving.Act:
    node_id = task.step.node_id
    action: engine.Action
    match verdict.action:
        case TaskAction.REJECTED:
            action = engine.Refuse(node_id, person_id)
        case TaskAction.SENT_BACK:
            done = Step.objects.filter(case=case, node_id=verdict.target, state=StepState.DONE)
            if not done.exists():
                raise errors.TargetInvalid(target=verdict.target)
            action = engine.SendBack(node_id, person_id, verdict.target)
        case _:
            action = engine.Agree(node_id, person_id)
    return _moving.Act(
        action=action,
        event=CaseEventKind(verdict.action.value),
        node_id=node_id,
        task_action=verdict.action,
        remark=verdict.remark.strip(),
        detail={"to": verdict.target} if verdict.target else {},
    )
