"""Loads a document for a change: seen, locked, with the actor's standing."""

from datetime import datetime

from core.actor import Actor
from documents import errors, policies
from documents.models import Document, DocumentState


def standing(actor: Actor, now: datetime) -> policies.Standing:
    """The actor's standing; DocumentNotFound for whoever has no post."""
    found = policies.standing_of(actor, at=now)
    if found is None:
        raise errors.DocumentNotFound
    return found


def locked(document_id: int, by: policies.Standing) -> Document:
    """The document's row, locked; DocumentNotFound if it is absent or hidden."""
    found = (
        Document.objects.select_for_update(of=("self",))
        .select_related("issuing_unit")
        .filter(policies.visible(by), pk=document_id)
        .first()
    )
    if found is None:
        raise errors.DocumentNotFound
    return found


def require_state(document: Document, *states: DocumentState) -> None:
    """WrongDocumentState unless the document is in one of the states."""
    if document.state not in states:
        raise errors.WrongDocumentState(state=DocumentState(document.state).label)
