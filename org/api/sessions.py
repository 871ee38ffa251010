"""One's own sign-ins: where they are, from which post one acts, and their end."""

from datetime import datetime

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router, Status

from core.http import actor_of
from core.schemas import Id, Schema
from org.queries import sessions as queries
from org.queries.sessions import SignedIn
from org.services import sessions

router = Router()


class SessionOut(Schema):
    """One browser in which the person is signed in."""

    id: int
    device: str
    address: str
    started_at: datetime
    seen_at: datetime
    method: str
    second_factor: str
    is_this: bool


class SessionsOut(Schema):
    """All of them, the most lately used first."""

    items: list[SessionOut]


class ActingPostIn(Schema):
    """The appointment to act from."""

    appointment_id: Id


class EndedOut(Schema):
    """How many sign-ins have ended."""

    ended: int


@router.get("/sessions", response=SessionsOut, url_name="org-sessions")
def list_sessions(request: HttpRequest) -> SessionsOut:
    """Where the person is signed in."""
    found = queries.open_of(actor_of(request).account_id or 0, at=timezone.now())
    this = _signed_in(request).id
    return SessionsOut(
        items=[
            SessionOut(
                id=one.id,
                device=one.device.name,
                address=one.address,
                started_at=one.started_at,
                seen_at=one.seen_at,
                method=one.method,
                second_factor=one.second_factor,
                is_this=one.id == this,
            )
            for one in found
        ]
    )


@router.post("/sessions/{session_id}/end", response={204: None}, url_name="org-session-end")
def end_session(request: HttpRequest, session_id: Id) -> Status[None]:
    """The sign-in has ended, and its sockets within a second."""
    sessions.end_own(actor=actor_of(request), session_id=session_id, now=timezone.now())
    return Status(204, None)


@router.post("/sessions/end-others", response=EndedOut, url_name="org-sessions-end-others")
def end_other_sessions(request: HttpRequest) -> EndedOut:
    """The person is signed in here and nowhere else."""
    ended = sessions.end_own_others(
        actor=actor_of(request), session_id=_signed_in(request).id, now=timezone.now()
    )
    return EndedOut(ended=ended)


@router.put("/sessions/post", response={204: None}, url_name="org-session-post")
def act_from(request: HttpRequest, body: ActingPostIn) -> Status[None]:
    """The person acts from this post, here and from now on."""
    sessions.act_from(
        actor=actor_of(request),
        session_id=_signed_in(request).id,
        appointment_id=body.appointment_id,
        now=timezone.now(),
    )
    return Status(204, None)


def _signed_in(request: HttpRequest) -> SignedIn:
    signed_in: SignedIn = request.signed_in  # type: ignore[attr-defined]  # org.middleware's
    return signed_in
