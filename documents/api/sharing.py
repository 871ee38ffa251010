"""Showing a document in conversations, over HTTP."""

from django.http import HttpRequest
from django.utils import timezone

from core.http import actor_of
from core.schemas import Id
from documents.api.routes import router
from documents.services import sharing
from messaging.schemas import CardPutOut, SharingIn


@router.post("/{document_id}/share", response=CardPutOut, url_name="documents-share")
def share(request: HttpRequest, document_id: Id, body: SharingIn) -> CardPutOut:
    """The document's card stands in the conversations; opening it needs its own right."""
    put = sharing.share(
        actor=actor_of(request),
        document_id=document_id,
        places=body.places(),
        now=timezone.now(),
    )
    return CardPutOut.of(put)
