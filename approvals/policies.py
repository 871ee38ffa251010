"""Who may see and do what with a case, said once and applied inside the queries."""

from django.db.models import Exists, OuterRef, Q

from approvals.models import Copy, Task
from core.actor import Actor, ActorKind


def readable_cases(person_id: int) -> Q:
    """Cases the person started, was asked about or got a copy of.

    A turn that never came opens nothing, whatever has become of it.
    """
    asked = Task.objects.filter(case=OuterRef("pk"), assignee=person_id, opened_at__isnull=False)
    copied = Copy.objects.filter(case=OuterRef("pk"), person=person_id)
    return Q(initiator=person_id) | Q(Exists(asked)) | Q(Exists(copied))


def may_publish_templates(actor: Actor) -> bool:
    """Shipped templates come with the platform; people get a designer of their own later."""
    return actor.kind is ActorKind.SYSTEM
