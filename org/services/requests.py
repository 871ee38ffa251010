"""An act that takes two people is asked for; org.services.decisions carries it out."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from core import audit, db, events
from core import errors as core_errors
from core.actor import Actor
from org import errors
from org.events import RequestDecided, RequestDue, RequestOpened
from org.kinds import AdminRole, RequestKind, RequestState
from org.models import ReviewRequest
from org.queries import concerned
from org.queries import requests as queries

VALID_FOR: Final = timedelta(days=7)
SHOWN_AT_MOST: Final = 400
"""Characters of a summary and of each effect; what is longer is cut."""


@dataclass(frozen=True, slots=True)
class Done:
    """The act went through at once; `id` is what it made, 0 where it made nothing."""

    id: int = 0


@dataclass(frozen=True, slots=True)
class Asked:
    """Nothing has changed yet: a second person decides."""

    request_id: int


@db.service
def ask(
    *,
    actor: Actor,
    kind: RequestKind,
    unit_id: int,
    role: AdminRole,
    payload: Mapping[str, Any],
    summary: str,
    now: datetime,
    effects: Sequence[str] = (),
) -> Asked:
    """The act waits for somebody else who holds the role over the unit, for seven days.

    The caller has judged that the actor may act. `payload` holds JSON and is what the performer in
    org.services.decisions acts upon; `summary` is one Chinese sentence, `effects` further lines of
    what will happen. NobodyToDecide where nobody could answer, AskedAlready while the very same
    act waits.
    """
    person_id = actor.require_person()
    if actor.account_id is None:
        raise core_errors.NotSignedIn
    if concerned.alike(kind, payload, at=now) is not None:
        raise errors.AskedAlready
    request = ReviewRequest(
        kind=kind,
        unit_id=unit_id,
        role=role,
        payload=dict(payload),
        summary=summary[:SHOWN_AT_MOST],
        effects=[line[:SHOWN_AT_MOST] for line in effects],
        requester_id=person_id,
        account_id=actor.account_id,
        appointment_id=actor.appointment_id,
        asked_at=now,
        expires_at=now + VALID_FOR,
    )
    request.save(force_insert=True)
    if not queries.deciders(request.pk, at=now, limit=1):
        raise errors.NobodyToDecide
    return _opened(actor, request, now=now)


def _opened(actor: Actor, request: ReviewRequest, *, now: datetime) -> Asked:
    _record(actor, request, now=now)
    events.publish(RequestOpened(request_id=request.pk))
    events.publish(RequestDue(request_id=request.pk), due_at=request.expires_at)
    return Asked(request_id=request.pk)


@db.service
def lapse(*, actor: Actor, unit_ids: Collection[int], now: datetime) -> None:
    """What waited for a second person about units that stand no longer waits in vain, and ends.

    Judges no right: whoever abolished the units could. A request that somebody decides about at
    this moment is left alone: its act is refused by what the units have become.
    """
    _let_lapse(actor, concerned.naming(unit_ids), "涉及的组织已撤销，操作不能再执行", now=now)


@db.service
def let_lapse(*, actor: Actor, request_ids: Collection[int], remark: str, now: datetime) -> None:
    """Of these requests those that wait end, since what they are about is there no longer.

    Whether that is so is the caller's to judge. One that somebody decides about at this moment is
    left alone: its act has to be refused by what has happened.
    """
    _let_lapse(actor, request_ids, remark, now=now)


def _let_lapse(actor: Actor, request_ids: Collection[int], remark: str, *, now: datetime) -> None:
    waiting = ReviewRequest.objects.filter(pk__in=request_ids, state=RequestState.WAITING)
    for request in waiting.select_for_update(no_key=True, skip_locked=True).order_by("pk"):
        request.state = RequestState.LAPSED
        request.decided_at = now
        request.remark = remark
        request.payload.pop("sealed", None)
        request.save(update_fields=["state", "decided_at", "remark", "payload"])
        _record(actor, request, now=now, action="org.request.lapsed")
        events.publish(RequestDecided(request_id=request.pk))


def _record(
    actor: Actor, request: ReviewRequest, *, now: datetime, action: str = "org.request.opened"
) -> None:
    audit.record(
        actor=actor,
        action=action,
        object_kind="org.request",
        object_id=request.pk,
        unit_id=request.unit_id,
        now=now,
        detail={"kind": request.kind, "role": request.role, "summary": request.summary},
    )
