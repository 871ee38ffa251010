"""Documents shown in conversations, as cards that stay true."""

from datetime import datetime
from typing import Final

from core.actor import Actor
from core.db import service
from documents import errors, policies, told
from documents.models import Document, DocumentState
from documents.queries import listing
from documents.queries.listing import DocumentRow
from documents.services import _loading
from messaging.kinds import Tone
from messaging.services import cards

_TONES: Final = {
    DocumentState.IN_REVIEW: Tone.WAITING,
    DocumentState.RETURNED: Tone.BAD,
    DocumentState.SIGNED: Tone.GOOD,
    DocumentState.NUMBERED: Tone.GOOD,
    DocumentState.ISSUED: Tone.GOOD,
}


@service
def share(*, actor: Actor, document_id: int, places: cards.Places, now: datetime) -> cards.Put:
    """The document's card is the actor's message there; only who may see the document opens it.

    Raises DocumentNotFound, WrongDocumentState for a draft, which nobody else could open, and
    what cards.share raises.
    """
    standing = _loading.standing(actor, now)
    document = Document.objects.filter(policies.visible(standing), pk=document_id).first()
    if document is None:
        raise errors.DocumentNotFound
    _loading.require_state(document, *_TONES)
    return cards.share(
        actor=actor,
        subject=told.card_of(document_id),
        places=places,
        content=lambda: _content(listing.row(document_id)),
        now=now,
    )


@service
def renew(*, actor: Actor, document_id: int, now: datetime) -> None:
    """The card of the document tells how it stands now, wherever it was shown. For handlers."""
    cards.renew(
        actor=actor,
        subject=told.card_of(document_id),
        content=lambda: _content(listing.row(document_id)),
        now=now,
    )


def _content(row: DocumentRow) -> cards.Content:
    number = (row.number_text,) if row.number_text else ()
    return cards.Content(
        title=row.title,
        lines=(f"{row.document_type_name}　{row.issuer_name}", *number),
        state=row.state_name,
        link=f"/documents/{row.id}/",
        tone=_TONES.get(DocumentState(row.state), Tone.NEUTRAL),
    )
