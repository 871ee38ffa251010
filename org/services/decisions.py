"""A second person decides; what is approved happens in the same transaction."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.utils.dateparse import parse_datetime

from core import audit, db, events
from core.actor import Actor
from org import errors, policies
from org.events import RequestDecided
from org.kinds import AdminRole, PostFunction, RequestKind, RequestState, UnitKind
from org.models import ReviewRequest
from org.queries import accounts
from org.queries.obstacles import Part
from org.services import (
    _credentials,
    authority,
    exports,
    imports,
    mergers,
    moves,
    second_factors,
    transfers,
    units,
)
from org.services import (
    accounts as account_services,
)

Performer = Callable[[Actor, Mapping[str, Any], int, datetime], object]
"""Takes the requester as the actor, the payload, the approver's person id and the time; calls the
service again with `approved_by`, which judges the requester's rights anew."""


@dataclass(frozen=True, slots=True)
class Decided:
    """How the request ended."""

    request_id: int
    state: str


@db.service
def approve(*, actor: Actor, request_id: int, now: datetime, remark: str = "") -> Decided:
    """The act has happened, as its requester's and approved by the actor.

    What the act refuses now leaves the request waiting. RequesterUnable where whoever asked can
    no longer sign in.
    """
    person_id = actor.require_person()
    request = _lock(request_id)
    _require_decider(request, person_id, at=now)
    _require_open(request, at=now)
    requester = accounts.actor(
        request.account_id,
        at=now,
        appointment_id=request.appointment_id,
        request_id=actor.request_id,
        address=actor.address,
    )
    if requester is None or requester.person_id != request.requester_id:
        raise errors.RequesterUnable
    perform, payload = _performer(request), dict(request.payload)
    # It waits no longer when the act ends what still waits about the same units.
    _close(request, actor, RequestState.APPROVED, remark, now=now)
    # The act locks rows; the audit log comes after all row locks.
    perform(requester, payload, person_id, now)
    _tell(request, actor, now=now)
    return Decided(request.pk, request.state)


@db.service
def reject(*, actor: Actor, request_id: int, remark: str, now: datetime) -> Decided:
    """The act does not happen; ReasonMissing without a word why."""
    request = _lock(request_id)
    _require_decider(request, actor.require_person(), at=now)
    _require_open(request, at=now)
    if not remark.strip():
        raise errors.ReasonMissing
    _settle(request, actor, RequestState.REJECTED, remark, now=now)
    return Decided(request.pk, request.state)


@db.service
def withdraw(*, actor: Actor, request_id: int, now: datetime) -> Decided:
    """Whoever asked takes it back; nobody else can."""
    request = _lock(request_id)
    if request.requester_id != actor.require_person():
        raise errors.RequestNotFound
    _require_open(request, at=now)
    _settle(request, actor, RequestState.WITHDRAWN, "", now=now)
    return Decided(request.pk, request.state)


def _lock(request_id: int) -> ReviewRequest:
    request = ReviewRequest.objects.select_for_update(no_key=True).filter(pk=request_id).first()
    if request is None:
        raise errors.RequestNotFound
    return request


def _require_decider(request: ReviewRequest, person_id: int, *, at: datetime) -> None:
    if request.requester_id == person_id:
        raise errors.OwnRequest
    if not policies.may_decide(person_id, request.pk, at=at):
        raise errors.RequestNotFound


def _require_open(request: ReviewRequest, *, at: datetime) -> None:
    if request.state != RequestState.WAITING:
        raise errors.RequestSettled
    if request.expires_at <= at:
        raise errors.RequestExpired


def _settle(
    request: ReviewRequest, actor: Actor, state: RequestState, remark: str, *, now: datetime
) -> None:
    _close(request, actor, state, remark, now=now)
    _tell(request, actor, now=now)


def _close(
    request: ReviewRequest, actor: Actor, state: RequestState, remark: str, *, now: datetime
) -> None:
    request.state = state
    request.decided_by_id = actor.require_person()
    request.decided_at = now
    request.remark = remark.strip()
    request.payload.pop("sealed", None)  # a password is kept no longer than it waits
    request.save(update_fields=["state", "decided_by", "decided_at", "remark", "payload"])


def _tell(request: ReviewRequest, actor: Actor, *, now: datetime) -> None:
    audit.record(
        actor=actor,
        action=f"org.request.{RequestState(request.state).value}",
        object_kind="org.request",
        object_id=request.pk,
        unit_id=request.unit_id,
        now=now,
        detail={"kind": request.kind, "summary": request.summary, "remark": request.remark},
    )
    events.publish(RequestDecided(request_id=request.pk))


def _performer(request: ReviewRequest) -> Performer:
    if request.kind == RequestKind.MASS_CHANGE:
        return MASS_ACTS[request.payload["act"]]
    return PERFORMERS[RequestKind(request.kind)]


def _grant(requester: Actor, payload: Mapping[str, Any], approved_by: int, now: datetime) -> None:
    limits = {name: payload[name] for name in _LIMITS}
    authority.grant(
        actor=requester,
        person_id=payload["person_id"],
        wanted=policies.Wanted(
            role=AdminRole(payload["role"]),
            until=parse_datetime(payload["until"]) if payload["until"] else None,
            **limits,
        ),
        reason=payload["reason"],
        approved_by=approved_by,
        now=now,
    )


def _transfer(
    requester: Actor, payload: Mapping[str, Any], approved_by: int, now: datetime
) -> None:
    planned = parse_datetime(payload["effective_at"]) if payload["effective_at"] else None
    transfers.transfer(
        actor=requester,
        person_id=payload["person_id"],
        to=transfers.Destination(
            unit_id=payload["unit_id"],
            title=payload["title"],
            function=PostFunction(payload["function"]),
            rank=payload["rank"],
            office_phone=payload["office_phone"],
        ),
        # A day that passed while the other side thought it over does not hold the transfer up.
        effective_at=planned if planned is not None and planned > now else None,
        from_appointment_id=payload["from_appointment_id"],
        basis=payload["basis"],
        approved_by=approved_by,
        now=now,
    )


def _abolish(actor: Actor, payload: Mapping[str, Any], approved_by: int, now: datetime) -> None:
    units.abolish(
        actor=actor,
        unit_id=payload["unit_id"],
        successor_id=payload["successor_id"],
        basis=payload["basis"],
        approved_by=approved_by,
        now=now,
    )


def _move(actor: Actor, payload: Mapping[str, Any], approved_by: int, now: datetime) -> None:
    moves.move(
        actor=actor,
        unit_id=payload["unit_id"],
        parent_id=payload["parent_id"],
        basis=payload["basis"],
        approved_by=approved_by,
        now=now,
    )


def _merge(actor: Actor, payload: Mapping[str, Any], approved_by: int, now: datetime) -> None:
    new = payload["new"]
    mergers.merge(
        actor=actor,
        unit_ids=payload["unit_ids"],
        into_id=payload["into_id"],
        new=mergers.NewUnit(**new) if new else None,
        basis=payload["basis"],
        approved_by=approved_by,
        now=now,
    )


def _split(actor: Actor, payload: Mapping[str, Any], approved_by: int, now: datetime) -> None:
    mergers.split(
        actor=actor,
        unit_id=payload["unit_id"],
        new_units=[
            Part(
                name=part["name"],
                short_name=part["short_name"],
                code=part["code"],
                kind=UnitKind(part["kind"]),
                department_ids=tuple(part["department_ids"]),
                appointment_ids=tuple(part["appointment_ids"]),
            )
            for part in payload["new_units"]
        ],
        basis=payload["basis"],
        approved_by=approved_by,
        now=now,
    )


def _import(actor: Actor, payload: Mapping[str, Any], approved_by: int, now: datetime) -> None:
    imports.confirm(
        actor=actor,
        import_id=payload["import_id"],
        plan=payload["plan"],
        approved_by=approved_by,
        now=now,
    )


def _export(actor: Actor, payload: Mapping[str, Any], approved_by: int, now: datetime) -> None:
    exports.release(actor=actor, export_id=payload["export_id"], approved_by=approved_by, now=now)


def _set_credentials(
    actor: Actor, payload: Mapping[str, Any], approved_by: int, now: datetime
) -> None:
    account_id = payload["account_id"]
    if payload["act"] == _credentials.SECOND_FACTOR:
        second_factors.reset(actor=actor, account_id=account_id, approved_by=approved_by, now=now)
        return
    account_services.set_password(
        actor=actor,
        account_id=account_id,
        password=_credentials.unsealed(payload["sealed"]),
        approved_by=approved_by,
        now=now,
    )


def _let_read(actor: Actor, payload: Mapping[str, Any], approved_by: int, now: datetime) -> None:
    """Nothing happens by itself: messaging asks how the request ended before it shows anything."""


def _let_ding(actor: Actor, payload: Mapping[str, Any], approved_by: int, now: datetime) -> None:
    """Nothing happens here: messaging hears of the decision, judges anew and opens the DING."""


_LIMITS: Final = ("root_id", "subtree", "line_id", "highest_level", "depth")

PERFORMERS: Final[Mapping[RequestKind, Performer]] = {
    RequestKind.ABOLISH_UNIT: _abolish,
    RequestKind.CREDENTIALS: _set_credentials,
    RequestKind.DING: _let_ding,
    RequestKind.EXPORT: _export,
    RequestKind.GRANT: _grant,
    RequestKind.MESSAGE_HISTORY: _let_read,
    RequestKind.MOVE_UNIT: _move,
    RequestKind.TRANSFER: _transfer,
}
"""What each kind does once approved; whoever asks for a kind adds its entry."""

MASS_ACTS: Final[Mapping[str, Performer]] = {
    "imports.confirm": _import,
    "mergers.merge": _merge,
    "mergers.split": _split,
    "moves.move": _move,
}
"""Mass changes by the payload's "act", such as "imports.apply"."""
