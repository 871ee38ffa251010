"""What a person has to do and has done."""

from datetime import datetime

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router

from approvals.queries import tasks
from core import paging
from core.http import actor_of
from core.schemas import Schema

router = Router()


class TaskRowOut(Schema):
    """One line of a list of tasks."""

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


class TasksOut(Schema):
    """One page of tasks, the newest first."""

    items: list[TaskRowOut]
    next_cursor: str | None


class CountOut(Schema):
    """How many tasks are open."""

    to_do: int


@router.get("/tasks/to-do", response=TasksOut, url_name="approvals-to-do")
def list_to_do(
    request: HttpRequest, cursor: paging.Cursor = "", limit: paging.Limit = 30
) -> paging.Page[tasks.TaskRow]:
    """The actor's open tasks."""
    return tasks.to_do(actor=actor_of(request), at=timezone.now(), cursor=cursor, limit=limit)


@router.get("/tasks/done", response=TasksOut, url_name="approvals-done")
def list_done(
    request: HttpRequest, cursor: paging.Cursor = "", limit: paging.Limit = 30
) -> paging.Page[tasks.TaskRow]:
    """What the actor has done."""
    return tasks.done(actor=actor_of(request), at=timezone.now(), cursor=cursor, limit=limit)


@router.get("/tasks/count", response=CountOut, url_name="approvals-count")
def count(request: HttpRequest) -> CountOut:
    """How many tasks are open for the actor."""
    return CountOut(to_do=tasks.to_do_count(actor_of(request).require_person()))
