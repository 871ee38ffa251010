"""Tickets: how a client without cookies opens a socket."""

from django.http import HttpRequest
from ninja import Router

from core import errors
from core.http import actor_of
from core.schemas import Schema
from messaging import tickets

router = Router()


class TicketOut(Schema):
    """Use it once, within the time, as /ws/v1?ticket=…"""

    ticket: str
    expires_in: int


@router.post("/ws-ticket", response=TicketOut, url_name="messaging-ticket")
def issue(request: HttpRequest) -> TicketOut:
    """A ticket that stands for this session, once."""
    actor_of(request)
    session_key = request.session.session_key
    if session_key is None:
        raise errors.NotSignedIn
    return TicketOut(ticket=tickets.issue(session_key), expires_in=tickets.SECONDS)
