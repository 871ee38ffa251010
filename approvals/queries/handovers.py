"""What of approvals a person who leaves is in charge of."""

from approvals.models import Case, CaseState, Task, TaskState


def open_tasks(person_id: int) -> int:
    """How many tasks wait for the person."""
    return Task.objects.filter(assignee=person_id, state=TaskState.OPEN).count()


def running_cases(person_id: int) -> int:
    """How many cases that the person began are not decided."""
    return Case.objects.filter(initiator=person_id, state=CaseState.RUNNING).count()
