"""Who may see and do what with a case, said once and applied inside the queries."""

from django.db.models import Exists, OuterRef, Q

from approvals.models import Copy, Task, TaskState
from core.actor import Actor, ActorKind


def readable_cases(person_id: int) -> Q:
    """Cases the person started, was asked about (waiting turns aside) or got a copy of."""
    asked = Task.objects.filter(case=OuterRef("pk"), assignee=person_id).exclude(
        state=TaskState.WAITING
    )
    copied = Copy.objects.filter(case=OuterRef("pk"), person=person_id)
    return Q(initiator=person_id) | Q(Exists(asked)) | Q(Exists(copied))


def may_publish_templates(actor: Actor) -> bool:
    """Shipped templates come with the platform; people get a designer of their own later."""
    return actor.kind is ActorKind.SYSTEM
