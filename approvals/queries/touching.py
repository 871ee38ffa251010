"""How much of approvals some units and people are part of, for those who change the units."""

from collections.abc import Collection

from django.db.models import Exists, OuterRef, Q

from approvals.models import Case, CaseState, Task, TaskState


def running_cases(unit_ids: Collection[int], person_ids: Collection[int]) -> int:
    """The running cases started in one of the units, or waiting for one of the people."""
    waiting = Task.objects.filter(
        case_id=OuterRef("pk"), assignee_id__in=person_ids, state=TaskState.OPEN
    )
    return (
        Case.objects.filter(state=CaseState.RUNNING)
        .filter(Q(unit_id__in=unit_ids) | Exists(waiting))
        .count()
    )
