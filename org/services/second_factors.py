"""Second factors are given, used up and taken away."""

from datetime import datetime

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.utils import decrypt, encrypt

from core import audit, db
from core.actor import Actor, ActorKind
from org import errors, policies
from org.credentials import totp
from org.kinds import SessionEnd
from org.models import Account
from org.services import _credentials, requests, sessions

LAST_COUNTER = "last_counter"
"""In the secret's row: the half-minute of the last code that was taken."""


@db.service
def redeem(*, actor: Actor, account_id: int, code: str, now: datetime) -> int | None:
    """The code is used up; the authenticator that it was of, None where it is of none.

    RFC 6238, 5.2: no code is taken twice, nor one older than the last. That is kept in the
    database and not in the cache, which may be emptied. Locks the account's authenticators.
    """
    held = Authenticator.objects.select_for_update(no_key=True).filter(user_id=account_id)
    for authenticator in held.order_by("id"):
        if authenticator.type == Authenticator.Type.TOTP and _take(authenticator, code, now):
            return int(authenticator.pk)
        if authenticator.type == Authenticator.Type.RECOVERY_CODES and RecoveryCodes(
            authenticator
        ).validate_code(code):
            return int(authenticator.pk)
    return None


@db.service
def note_change(
    *, actor: Actor, action: str, session_id: int | None, by: str, now: datetime
) -> None:
    """The audit log says how the account's second factor changed; a new one holds at once.

    Who has just set one up has shown it: `by` names it then. The code she showed is used up.
    """
    account_id = actor.account_id or 0
    if by == Authenticator.Type.TOTP:
        for authenticator in Authenticator.objects.select_for_update(no_key=True).filter(
            user_id=account_id, type=Authenticator.Type.TOTP
        ):
            authenticator.data[LAST_COUNTER] = totp.counter_at(now)
            authenticator.save(update_fields=["data"])
    if by and session_id is not None:
        sessions.note_second_factor(actor=actor, session_id=session_id, by=by)
    _record(actor, action, account_id, now)


@db.service
def enrol(*, actor: Actor, account_id: int, secret: str, now: datetime) -> None:
    """The account has this TOTP secret instead of any other; for the platform's own commands."""
    if actor.kind is not ActorKind.SYSTEM:
        raise errors.OutOfScope
    if not Account.objects.select_for_update(no_key=True).filter(pk=account_id).exists():
        raise errors.AccountNotFound
    Authenticator.objects.update_or_create(
        user_id=account_id,
        type=Authenticator.Type.TOTP,
        defaults={"data": {"secret": encrypt(secret)}, "created_at": now},
    )
    _record(actor, "org.account.second_factor_added", account_id, now)


@db.service
def reset(
    *, actor: Actor, account_id: int, now: datetime, approved_by: int | None = None
) -> requests.Done | requests.Asked:
    """The account has no second factor any more, and is signed in nowhere.

    For whoever manages the account, when its owner has lost the telephone and the recovery codes.
    Of somebody who administers anything a second person is asked.
    """
    if actor.account_id == account_id:
        raise errors.OwnAccount
    account = Account.objects.select_for_update(no_key=True).filter(pk=account_id).first()
    if account is None or not policies.may_set_credentials(actor, account.person_id, at=now):
        raise errors.OutOfScope
    held = Authenticator.objects.filter(user_id=account_id)
    if not held.exists():
        raise errors.SecondFactorMissing
    if approved_by is None and policies.credentials_take_two(actor, account.person_id, at=now):
        return _credentials.ask(actor, account, _credentials.SECOND_FACTOR, "", now=now)
    held.delete()
    sessions.end_with_account(
        actor=actor, account_id=account_id, why=SessionEnd.ENDED_BY_ADMINISTRATOR, now=now
    )
    _credentials.note(actor, account.person_id, now=now)
    _record(actor, "org.account.second_factor_reset", account_id, now, approved_by=approved_by)
    return requests.Done()


def _take(authenticator: Authenticator, code: str, now: datetime) -> bool:
    counter = totp.counter_of(decrypt(authenticator.data["secret"]), code, now=now)
    if counter is None or counter <= authenticator.data.get(LAST_COUNTER, 0):
        return False
    authenticator.data[LAST_COUNTER] = counter
    authenticator.save(update_fields=["data"])
    return True


def _record(
    actor: Actor, action: str, account_id: int, now: datetime, *, approved_by: int | None = None
) -> None:
    audit.record(
        actor=actor,
        action=action,
        object_kind="org.account",
        object_id=account_id,
        now=now,
        detail=None if approved_by is None else {"approved_by": approved_by},
    )
