"""What a person has to do and has done."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db.models import Q, QuerySet

from approvals.models import Task, TaskKind, TaskState
from core import paging
from core.actor import Actor
from org.queries import people, units

_POSITIONS: Final = {
    "opened_at": paging.Cursors("approvals.to_do", tuple[datetime, int]),
    "acted_at": paging.Cursors("approvals.done", tuple[datetime, int]),
}


@dataclass(frozen=True, slots=True)
class TaskRow:
    """One line of a list of tasks; `at` is when it opened or, in the done list, was done."""

    task_id: int
    case_id: int
    title: str
    template_name: str
    node_name: str
    kind: str
    action: str
    action_name: str
    initiator_id: int
    initiator_name: str
    unit_name: str
    at: datetime


@dataclass(frozen=True, slots=True)
class OpenTask:
    """What a person has to do in one case; `kind` is "approve" or "resubmit"."""

    task_id: int
    node_id: str
    node_name: str
    kind: str
    form_revision: int


def to_do(*, actor: Actor, at: datetime, cursor: str | None = None, limit: int = 30) -> (
    paging.Page[TaskRow]
):  # fmt: skip
    """The actor's open tasks, the newest first."""
    return _page(actor.require_person(), TaskState.OPEN, "opened_at", at, cursor, limit)


def done(*, actor: Actor, at: datetime, cursor: str | None = None, limit: int = 30) -> (
    paging.Page[TaskRow]
):  # fmt: skip
    """What the actor has done, the latest first."""
    return _page(actor.require_person(), TaskState.DONE, "acted_at", at, cursor, limit)


def to_do_count(person_id: int) -> int:
    """How many tasks are open for the person."""
    return Task.objects.filter(assignee=person_id, state=TaskState.OPEN).count()


def open_task_of(case_id: int, person_id: int) -> OpenTask | None:
    """The person's open task in the case, the earliest when parallel branches opened several."""
    task = (
        Task.objects.filter(case=case_id, assignee=person_id, state=TaskState.OPEN)
        .select_related("step", "case")
        .order_by("id")
        .first()
    )
    if task is None:
        return None
    return OpenTask(
        task_id=task.id,
        node_id=task.step.node_id,
        node_name=task.node_name,
        kind=task.kind,
        form_revision=task.case.form_revision,
    )


def case_of(task_id: int, person_id: int) -> int | None:
    """The case of a task that is or was the person's own; None for anybody else's."""
    own = Task.objects.filter(id=task_id, assignee=person_id)
    return own.values_list("case_id", flat=True).first()


def _page(
    person_id: int, state: TaskState, moment: str, at: datetime, cursor: str | None, limit: int
) -> paging.Page[TaskRow]:
    tasks: QuerySet[Task] = Task.objects.filter(assignee=person_id, state=state)
    positions = _POSITIONS[moment]
    if (after := positions.decode(cursor)) is not None:
        since, last_id = after
        tasks = tasks.filter(Q(**{f"{moment}__lt": since}) | Q(**{moment: since}, id__lt=last_id))
    rows = list(tasks.order_by(f"-{moment}", "-id")[: limit + 1])
    shown = rows[:limit]
    next_cursor = None
    if len(rows) > limit:
        next_cursor = positions.encode((getattr(shown[-1], moment), shown[-1].id))
    return paging.Page(_named(shown, moment, at), next_cursor)


def _named(tasks: list[Task], moment: str, at: datetime) -> list[TaskRow]:
    names = people.names({task.initiator_id for task in tasks}, at=at)
    unit_names = units.names({task.unit_id for task in tasks if task.unit_id is not None})
    return [
        TaskRow(
            task_id=task.id,
            case_id=task.case_id,
            title=task.title,
            template_name=task.template_name,
            node_name=task.node_name,
            kind=TaskKind(task.kind).value,
            action=task.action,
            action_name=task.get_action_display() if task.action else "",
            initiator_id=task.initiator_id,
            initiator_name=names[task.initiator_id].name if task.initiator_id in names else "",
            unit_name=unit_names[task.unit_id].name if task.unit_id in unit_names else "",
            at=getattr(task, moment),
        )
        for task in tasks
    ]
