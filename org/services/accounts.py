"""Accounts are opened, disabled and given passwords."""

from datetime import datetime

from django.contrib.auth import password_validation
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import F

from core import audit, db
from core.actor import Actor
from org import errors, policies
from org.models import Account, Person


@db.service
def open_account(
    *, actor: Actor, person_id: int, username: str, password: str, now: datetime
) -> int:
    """The person can sign in with the name and the password; returns the account's id."""
    person = Person.objects.select_for_update(no_key=True).filter(pk=person_id).first()
    if person is None:
        raise errors.PersonNotFound
    _permit(actor, person_id, at=now)
    account = Account(username=username.strip().lower(), person=person, opened_at=now)
    _set_password(account, password)
    try:
        with transaction.atomic():
            account.save(force_insert=True)
    except IntegrityError as clash:
        raise errors.UsernameTaken from clash
    _record(actor, "org.account.opened", account, now=now)
    return account.pk


@db.service
def set_password(*, actor: Actor, account_id: int, password: str, now: datetime) -> None:
    """The account has the new password, and every session of it has ended.

    OwnAccount for the actor's: his own password he changes himself, with the old one.
    """
    account = _locked(account_id)
    _permit(actor, account.person_id, at=now)
    _require_other(actor, account)
    _set_password(account, password)
    account.auth_version += 1
    account.save(update_fields=["password", "auth_version"])
    _record(actor, "org.account.password_set", account, now=now)


@db.service
def change_own_password(*, actor: Actor, password: str, now: datetime) -> None:
    """The actor's own account has the new password; other sessions of it have ended."""
    if actor.account_id is None:
        raise errors.AccountNotFound
    account = _locked(actor.account_id)
    _set_password(account, password)
    account.save(update_fields=["password"])
    _record(actor, "org.account.password_changed", account, now=now)


@db.service
def disable(*, actor: Actor, account_id: int, now: datetime) -> None:
    """Nobody can sign in with the account, and its sessions end at their next request."""
    account = _locked(account_id)
    _permit(actor, account.person_id, at=now)
    _require_other(actor, account)
    Account.objects.filter(pk=account_id).update(
        is_active=False, auth_version=F("auth_version") + 1
    )
    _record(actor, "org.account.disabled", account, now=now)


@db.service
def enable(*, actor: Actor, account_id: int, now: datetime) -> None:
    """The account can be signed in with again; old sessions stay ended."""
    account = _locked(account_id)
    _permit(actor, account.person_id, at=now)
    Account.objects.filter(pk=account_id).update(is_active=True)
    _record(actor, "org.account.enabled", account, now=now)


def _permit(actor: Actor, person_id: int | None, *, at: datetime) -> None:
    if not policies.may_manage_account(actor, person_id, at=at):
        raise errors.OutOfScope


def _require_other(actor: Actor, account: Account) -> None:
    if actor.account_id == account.pk:
        raise errors.OwnAccount


def _locked(account_id: int) -> Account:
    account = Account.objects.select_for_update(no_key=True).filter(pk=account_id).first()
    if account is None:
        raise errors.AccountNotFound
    return account


def _set_password(account: Account, password: str) -> None:
    try:
        password_validation.validate_password(password, user=account)
    except ValidationError as weak:
        raise errors.PasswordTooWeak(reasons="；".join(weak.messages)) from weak
    account.set_password(password)


def _record(actor: Actor, action: str, account: Account, *, now: datetime) -> None:
    audit.record(
        actor=actor,
        action=action,
        object_kind="org.account",
        object_id=account.pk,
        now=now,
        detail={"username": account.username, "person_id": account.person_id},
    )
