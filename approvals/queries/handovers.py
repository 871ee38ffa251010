"""What of approvals a person who leaves is in charge of."""

from typing import Final

from django.db.models import QuerySet

from approvals.models import Case, CaseState, Task, TaskState

LIVE: Final = (TaskState.WAITING, TaskState.OPEN)
"""The states of tasks that are still to be done, now or in their turn."""


def open_tasks(person_id: int) -> int:
    """How many tasks wait for the person, in cases about nothing that another app keeps."""
    return _tasks(person_id, subject_kind="").count()


def plain_cases(person_id: int) -> list[int]:
    """The cases in which those tasks are, in the order in which they are locked."""
    cases = _tasks(person_id, subject_kind="").values_list("case_id", flat=True)
    return sorted(set(cases))


def subjects_waiting(person_id: int, subject_kind: str) -> list[int]:
    """The subjects of the kind about which the person is asked to act, and has not."""
    tasks = _tasks(person_id, subject_kind=subject_kind)
    found = tasks.values_list("case__subject_id", flat=True)
    return sorted({subject_id for subject_id in found if subject_id is not None})


def running_cases(person_id: int) -> int:
    """How many cases that the person began are not decided."""
    return Case.objects.filter(
        initiator=person_id, state=CaseState.RUNNING, subject_kind=""
    ).count()


def _tasks(person_id: int, *, subject_kind: str) -> QuerySet[Task]:
    return Task.objects.filter(
        assignee=person_id,
        state__in=LIVE,
        case__state=CaseState.RUNNING,
        case__subject_kind=subject_kind,
    )
