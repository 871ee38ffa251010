"""What waited for somebody who left waits for the successor."""

from dataclasses import dataclass
from datetime import datetime

from approvals import errors, told
from approvals.events import TaskOpened
from approvals.models import Case, CaseEvent, CaseEventKind, CaseState, Task, TaskKind, TaskState
from approvals.queries import handovers as queries
from approvals.services import _moving
from core import audit, events
from core.actor import Actor, ActorKind
from core.db import service
from messaging.services import notices
from org.services import departures


@dataclass(frozen=True, slots=True)
class Succession:
    """One item of a handover, and who takes it over from whom."""

    item_id: int
    from_id: int
    to_id: int


@service
def take_over(*, actor: Actor, succession: Succession, now: datetime) -> None:
    """All tasks of plain cases are the successor's; the item says how many, and why not all.

    Only for the platform itself. Tasks about something that another app keeps go over with it.
    """
    _require_platform(actor)
    moved = kept = 0
    for case_id in queries.plain_cases(succession.from_id):
        gone, stayed = _in_case(actor, case_id, succession.from_id, succession.to_id, now)
        moved, kept = moved + gone, kept + stayed
    departures.report(
        actor=actor, item_id=succession.item_id, result=_in_words(moved, kept), now=now
    )


@service
def take_over_in_case(
    *, actor: Actor, case_id: int, from_id: int, to_id: int, now: datetime
) -> bool:
    """All tasks of the case are the successor's: for the app that keeps its subject.

    False, and nothing has changed, where he can't take them: he asked for the decision himself,
    or is asked at the same step.
    """
    _require_platform(actor)
    case = _moving.lock(case_id)
    if case.state != CaseState.RUNNING:
        return False
    waiting = _live(case, from_id)
    if not waiting or not all(_fits(case, task, to_id) for task in waiting):
        return False
    for task in waiting:
        _give(actor, case, task, to_id, now=now)
    return True


def _in_case(
    actor: Actor, case_id: int, from_id: int, to_id: int, now: datetime
) -> tuple[int, int]:
    """How many tasks of the case went over, and how many could not."""
    case = _moving.lock(case_id)
    if case.state != CaseState.RUNNING:
        return 0, 0
    waiting = _live(case, from_id)
    fit = [task for task in waiting if _fits(case, task, to_id)]
    for task in fit:
        _give(actor, case, task, to_id, now=now)
    return len(fit), len(waiting) - len(fit)


def _live(case: Case, person_id: int) -> list[Task]:
    tasks = Task.objects.filter(case=case, assignee=person_id, state__in=queries.LIVE)
    return list(tasks.select_related("step").order_by("id"))


def _fits(case: Case, task: Task, person_id: int) -> bool:
    """Nobody decides about an own request, or twice at one step."""
    if task.kind == TaskKind.APPROVE and case.initiator_id == person_id:
        return False
    return not Task.objects.filter(step=task.step, assignee=person_id).exists()


def _give(actor: Actor, case: Case, task: Task, person_id: int, *, now: datetime) -> None:
    former = task.assignee_id
    Task.objects.filter(pk=task.pk).update(assignee=person_id)
    case.event_seq += 1
    case.revision += 1
    case.save(update_fields=["event_seq", "revision"])
    CaseEvent.objects.create(
        case=case,
        seq=case.event_seq,
        kind=CaseEventKind.HANDED_OVER,
        at=now,
        node_id=task.step.node_id,
        round=case.round,
        detail={"from_id": former, "person_ids": [person_id]},
    )
    audit.record(
        actor=actor,
        action="approvals.task.handed_over",
        object_kind="approvals.case",
        object_id=case.pk,
        unit_id=case.unit_id,
        detail={"task": task.pk, "from_id": former, "to_id": person_id},
        now=now,
    )
    notices.settle(actor=actor, source=told.SOURCE, key=told.task_key(task.pk, former), now=now)
    if task.state == TaskState.OPEN:
        events.publish(
            TaskOpened(
                task_id=task.pk,
                case_id=case.pk,
                person_id=person_id,
                kind=task.kind,
                node_name=task.node_name,
                title=case.title,
                template_name=case.version.name,
                subject_kind=case.subject_kind,
                subject_id=case.subject_id,
                remark="",
            )
        )


def _in_words(moved: int, kept: int) -> str:
    if not moved and not kept:
        return "没有可转交的审批"
    said = f"已转交审批 {moved} 件"
    if kept:
        said += f"；{kept} 件因接手人是发起人或已在同一环节未转交，请发起人撤回后重新发起"
    return said


def _require_platform(actor: Actor) -> None:
    if actor.kind is not ActorKind.SYSTEM:
        raise errors.CaseNotFound
