"""Showing a case in conversations, over HTTP."""

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router

from approvals.services import sharing
from core.http import actor_of
from core.schemas import Id
from messaging.schemas import CardPutOut, SharingIn

router = Router()


@router.post("/cases/{case_id}/share", response=CardPutOut, url_name="approvals-share")
def share(request: HttpRequest, case_id: Id, body: SharingIn) -> CardPutOut:
    """The case's card stands in the conversations; opening it needs a part in the case."""
    put = sharing.share(
        actor=actor_of(request),
        case_id=case_id,
        places=body.places(),
        now=timezone.now(),
    )
    return CardPutOut.of(put)
