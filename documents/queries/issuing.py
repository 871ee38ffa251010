"""Signed documents that wait for their number, for those who may issue them."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from core.actor import Actor
from documents import policies
from documents.models import Document, DocumentState
from org.queries import appointments


@dataclass(frozen=True, slots=True)
class ToIssue:
    """A signed document; `at` is when it was signed."""

    id: int
    title: str
    issuer_name: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ToNumber:
    """A signed document with the clerks who may number it."""

    title: str
    issuer_name: str
    clerk_ids: list[int]


def to_number(document_id: int, *, at: datetime) -> ToNumber | None:
    """The document with whom to tell, while it waits for its number; without clerks, None."""
    signed = Document.objects.filter(pk=document_id, state=DocumentState.SIGNED)
    document = signed.select_related("issuing_unit").first()
    if document is None:
        return None
    issuer = document.issuing_unit
    clerk_ids = appointments.function_holders(issuer.unit_id, "clerk", at=at)
    return ToNumber(document.title, issuer.name, clerk_ids) if clerk_ids else None


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
