"""Sign-ins begin, are seen, change the post they act from, and end."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Q

from core import audit, db
from core.actor import Actor
from org import errors, policies
from org.kinds import SessionEnd, SignInMethod
from org.models import Account, AccountSession, Appointment

SEEN_EVERY: Final = timedelta(seconds=60)
"""How exactly is known when a sign-in was last used; more often nothing is written."""


@db.service
def begin(
    *,
    actor: Actor,
    device: str,
    method: SignInMethod = SignInMethod.PASSWORD,
    second_factor: str,
    now: datetime,
) -> int:
    """The actor's account is signed in on the device, as the audit log says; the sign-in's id."""
    if actor.account_id is None:
        raise errors.AccountNotFound
    opened = AccountSession.objects.create(
        account_id=actor.account_id,
        started_at=now,
        seen_at=now,
        address=actor.address[:45],
        device=device.replace("\x00", "")[:300],
        method=method,
        second_factor=second_factor,
    )
    _record(
        actor,
        "org.sign_in.succeeded",
        actor.account_id,
        now,
        method=method.value,
        second_factor=second_factor,
    )
    return opened.pk


@db.service
def note_seen(*, actor: Actor, session_ids: Collection[int], now: datetime) -> None:
    """The sign-ins were in use just now; written down once a minute at most."""
    AccountSession.objects.filter(
        pk__in=session_ids, ended_at__isnull=True, seen_at__lte=now - SEEN_EVERY
    ).update(seen_at=now)


@db.service
def note_second_factor(*, actor: Actor, session_id: int, by: str) -> None:
    """The actor has shown a second factor within her sign-in."""
    AccountSession.objects.filter(
        pk=session_id, account_id=actor.account_id or 0, ended_at__isnull=True
    ).update(second_factor=by)


@db.service
def sign_out(*, actor: Actor, session_id: int, now: datetime) -> None:
    """The sign-in has ended because its owner left."""
    if _end(Q(pk=session_id), SessionEnd.SIGNED_OUT, now) and actor.account_id:
        _record(actor, "org.sign_in.signed_out", actor.account_id, now)


@db.service
def expire(*, actor: Actor, session_id: int, now: datetime) -> None:
    """A sign-in that does not hold any more says so itself."""
    _end(Q(pk=session_id), SessionEnd.EXPIRED, now)


@db.service
def act_from(*, actor: Actor, session_id: int, appointment_id: int, now: datetime) -> None:
    """The sign-in acts from another post that its person holds now."""
    held = Appointment.objects.filter(
        Q(valid_to__isnull=True) | Q(valid_to__gt=now),
        pk=appointment_id,
        person_id=actor.require_person(),
        valid_from__lte=now,
    ).exists()
    if not held:
        raise errors.AppointmentNotFound
    changed = AccountSession.objects.filter(
        pk=session_id, account_id=actor.account_id or 0, ended_at__isnull=True
    ).update(appointment_id=appointment_id)
    if not changed:
        raise errors.SessionNotFound
    _record(
        actor,
        "org.sign_in.post_changed",
        actor.account_id or 0,
        now,
        before=actor.appointment_id,
        after=appointment_id,
    )


@db.service
def end_own(*, actor: Actor, session_id: int, now: datetime) -> None:
    """One of the actor's own sign-ins has ended."""
    if not _end(Q(pk=session_id, account_id=actor.account_id), SessionEnd.ENDED, now):
        raise errors.SessionNotFound
    _record(actor, "org.sign_in.ended", actor.account_id or 0, now, count=1)


@db.service
def end_own_others(*, actor: Actor, session_id: int, now: datetime) -> int:
    """Of the actor's sign-ins only this one is left; returns how many have ended."""
    others = Q(account_id=actor.account_id) & ~Q(pk=session_id)
    ended = _end(others, SessionEnd.ENDED, now)
    _record(actor, "org.sign_in.ended", actor.account_id or 0, now, count=ended)
    return ended


@db.service
def end_all(*, actor: Actor, account_id: int, now: datetime) -> int:
    """The account is signed in nowhere; returns how many sign-ins have ended.

    For those who may help with the account, and for the security administrator above it: a stolen
    telephone does not wait for the right office.
    """
    account = Account.objects.filter(pk=account_id).first()
    if account is None or not policies.may_end_sessions(actor, account.person_id, at=now):
        raise errors.OutOfScope
    ended = _end(Q(account_id=account_id), SessionEnd.ENDED_BY_ADMINISTRATOR, now)
    _record(actor, "org.sign_in.ended", account_id, now, count=ended)
    return ended


@db.service
def end_with_account(
    *, actor: Actor, account_id: int, why: SessionEnd, but: int | None = None, now: datetime
) -> None:
    """Every sign-in of the account has ended, except one; part of what happens to the account."""
    _end(Q(account_id=account_id) & ~Q(pk=but or 0), why, now)


@db.service
def forget_old(*, actor: Actor, now: datetime, kept: timedelta = timedelta(days=180)) -> int:
    """Sign-ins not used for half a year are gone; the audit log keeps theirs."""
    deleted, _rows = AccountSession.objects.filter(seen_at__lt=now - kept).delete()
    return deleted


def _end(which: Q, why: SessionEnd, now: datetime) -> int:
    return AccountSession.objects.filter(which, ended_at__isnull=True).update(ended_at=now, end=why)


def _record(
    actor: Actor, action: str, account_id: int, now: datetime, **detail: int | str | None
) -> None:
    audit.record(
        actor=actor,
        action=action,
        object_kind="org.account",
        object_id=account_id,
        now=now,
        detail=detail or None,
    )
