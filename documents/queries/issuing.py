"""Signed documents that wait for their number, for those who may issue them."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from core.actor import Actor
from documents import policies
from documents.models import Document, DocumentState


@dataclass(frozen=True, slots=True)
class ToIssue:
    """A signed document; `at` is when it was signed."""

    id: int
    title: str
    issuer_name: str
    at: datetime


def waiting(*, actor: Actor, at: datetime, limit: int) -> list[ToIssue]:
    """The signed documents that the actor may issue (policies.may_issue), newest first."""
    standing = policies.standing_of(actor, at=at)
    if standing is None:
        return []
    as_clerk = Q(issuing_unit__unit__in=standing.clerk_of)
    as_drafter = Q(drafter=standing.person_id, issuing_unit__unit__in=standing.organ_ids)
    signed = Document.objects.filter(as_clerk | as_drafter, state=DocumentState.SIGNED)
    found = signed.select_related("issuing_unit").order_by("-changed_at", "-pk")[:limit]
    return [
        ToIssue(document.pk, document.title, document.issuing_unit.name, document.changed_at)
        for document in found
    ]
