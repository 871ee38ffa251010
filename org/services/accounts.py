"""Accounts are opened, disabled and given passwords."""

from datetime import datetime
from typing import Final

from django.contrib.auth import password_validation
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import F

from core import audit, db, events
from core.actor import Actor, ActorKind
from org import errors, policies
from org.events import AccountDisabled
from org.kinds import AdminRole, SessionEnd
from org.models import Account, PasswordPast, Person
from org.queries import accounts, appointments, authority
from org.services import _credentials, requests, sessions

_PASSWORD_FIELDS: Final = ("password", "password_set_at", "must_change_password")
# As many as the strictest profile asks about: an installation may change its mind.
_PAST_KEPT: Final = 24


@db.service
def open_account(
    *, actor: Actor, person_id: int, username: str, password: str, now: datetime
) -> int:
    """The person can sign in with the name and the password; returns the account's id."""
    person = Person.objects.select_for_update(no_key=True).filter(pk=person_id).first()
    if person is None:
        raise errors.PersonNotFound
    if not policies.may_set_credentials(actor, person_id, at=now):
        raise errors.OutOfScope
    account = Account(username=username.strip().lower(), person=person, opened_at=now)
    _take(account, password, now=now)
    account.must_change_password = _is_anothers(actor)
    try:
        with transaction.atomic():
            account.save(force_insert=True)
    except IntegrityError as clash:
        raise errors.UsernameTaken from clash
    _credentials.note(actor, account.person_id, now=now)
    _record(actor, "org.account.opened", account, now=now)
    return account.pk


@db.service
def set_password(
    *,
    actor: Actor,
    account_id: int,
    password: str,
    now: datetime,
    approved_by: int | None = None,
) -> requests.Done | requests.Asked:
    """The account has the new password, and every session of it has ended.

    Its owner chooses another one before anything else, unless the platform itself set it. Of
    somebody who administers anything a second person is asked; the password waits sealed.
    OwnAccount for the actor's: his own password he changes himself, with the old one.
    """
    account = _locked(account_id)
    _require_other(actor, account)
    if not policies.may_set_password(actor, account.person_id, at=now):
        raise errors.OutOfScope
    if approved_by is None and policies.credentials_take_two(actor, account.person_id, at=now):
        _check(account, password)
        return _credentials.ask(actor, account, _credentials.PASSWORD, password, now=now)
    _replace(account, password, now=now)
    account.must_change_password = _is_anothers(actor)
    account.auth_version += 1
    account.save(update_fields=[*_PASSWORD_FIELDS, "auth_version"])
    sessions.end_with_account(actor=actor, account_id=account_id, why=SessionEnd.PASSWORD, now=now)
    _credentials.note(actor, account.person_id, now=now)
    _record(actor, "org.account.password_set", account, now=now, approved_by=approved_by)
    return requests.Done()


@db.service
def change_own_password(
    *, actor: Actor, password: str, session_id: int | None = None, now: datetime
) -> None:
    """The actor's own account has the new password; other sessions than this one have ended."""
    if actor.account_id is None:
        raise errors.AccountNotFound
    account = _locked(actor.account_id)
    _replace(account, password, now=now)
    account.must_change_password = False
    account.save(update_fields=_PASSWORD_FIELDS)
    sessions.end_with_account(
        actor=actor, account_id=account.pk, why=SessionEnd.PASSWORD, but=session_id, now=now
    )
    _record(actor, "org.account.password_changed", account, now=now)


@db.service
def disable(*, actor: Actor, account_id: int, now: datetime) -> None:
    """Nobody can sign in with the account, and its sessions end at their next request."""
    account = _locked(account_id)
    _permit(actor, account.person_id, at=now)
    _require_other(actor, account)
    _disable(actor, account, now=now)
    Account.objects.filter(pk=account.pk).update(disabled_by=actor.person_id)
    if account.person_id is not None:
        events.publish(AccountDisabled(person_id=account.person_id))


@db.service
def close(*, actor: Actor, account_id: int, now: datetime) -> None:
    """As `disable`, for an owner who has left: the departure has judged the right to it.

    Without a main post nobody administers the account; leaving still ends it.
    """
    _disable(actor, _locked(account_id), now=now)


@db.service
def enable(*, actor: Actor, account_id: int, now: datetime) -> None:
    """The account can be signed in with again; old sessions stay ended.

    DoneFromAbove where an administrator further up disabled it.
    """
    account = _locked(account_id)
    _permit(actor, account.person_id, at=now)
    _require_not_from_above(actor, account, at=now)
    Account.objects.filter(pk=account_id).update(is_active=True, disabled_by=None)
    _record(actor, "org.account.enabled", account, now=now)


def _disable(actor: Actor, account: Account, *, now: datetime) -> None:
    Account.objects.filter(pk=account.pk).update(
        is_active=False, auth_version=F("auth_version") + 1
    )
    sessions.end_with_account(actor=actor, account_id=account.pk, why=SessionEnd.DISABLED, now=now)
    _record(actor, "org.account.disabled", account, now=now)


def _permit(actor: Actor, person_id: int | None, *, at: datetime) -> None:
    if not policies.may_manage_account(actor, person_id, at=at):
        raise errors.OutOfScope


def _require_not_from_above(actor: Actor, account: Account, *, at: datetime) -> None:
    if actor.kind is ActorKind.SYSTEM or account.disabled_by_id is None:
        return
    home_id = appointments.home_unit(account.person_id or 0, at=at)
    if authority.is_outranked(
        actor.person_id, account.disabled_by_id, [AdminRole.PEOPLE], home_id, at=at
    ):
        raise errors.DoneFromAbove


def _require_other(actor: Actor, account: Account) -> None:
    if actor.account_id == account.pk:
        raise errors.OwnAccount


def _locked(account_id: int) -> Account:
    """The account; OutOfScope for none, as for one that is not the actor's business."""
    account = Account.objects.select_for_update(no_key=True).filter(pk=account_id).first()
    if account is None:
        raise errors.OutOfScope
    return account


def _replace(account: Account, password: str, *, now: datetime) -> None:
    """The account takes the password, and remembers the one it had; the caller saves it."""
    _check(account, password)
    former = account.password
    _take(account, password, now=now)
    PasswordPast.objects.create(account=account, sealed=former, ended_at=now)
    past = PasswordPast.objects.filter(account=account).order_by("-id")
    kept = list(past.values_list("id", flat=True)[:_PAST_KEPT])
    past.exclude(pk__in=kept).delete()


def _check(account: Account, password: str) -> None:
    """PasswordUsedBefore, PasswordTooWeak."""
    if accounts.was_used(account.pk, password):
        raise errors.PasswordUsedBefore(count=accounts.remembered())
    _require_strong(account, password)


def _require_strong(account: Account, password: str) -> None:
    try:
        password_validation.validate_password(password, user=account)
    except ValidationError as weak:
        raise errors.PasswordTooWeak(reasons="；".join(weak.messages)) from weak


def _take(account: Account, password: str, *, now: datetime) -> None:
    _require_strong(account, password)
    account.set_password(password)
    account.password_set_at = now


def _is_anothers(actor: Actor) -> bool:
    """The password was chosen by a person who is not its owner: a command's is its owner's."""
    return actor.kind is not ActorKind.SYSTEM


def _record(
    actor: Actor, action: str, account: Account, *, now: datetime, approved_by: int | None = None
) -> None:
    detail = {"username": account.username, "person_id": account.person_id}
    audit.record(
        actor=actor,
        action=action,
        object_kind="org.account",
        object_id=account.pk,
        now=now,
        detail=detail if approved_by is None else detail | {"approved_by": approved_by},
    )
