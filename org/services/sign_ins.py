"""What happens at the door stands in the audit log."""

from datetime import datetime

from core import audit, db
from core.actor import Actor
from org import errors, policies
from org.credentials import lockout
from org.models import Account


@db.service
def unlock(*, actor: Actor, account_id: int, now: datetime) -> None:
    """The account's failed sign-ins are forgotten: its owner may try again."""
    account = Account.objects.filter(pk=account_id).first()
    if account is None or not policies.may_help_account(actor, account.person_id, at=now):
        raise errors.OutOfScope
    audit.record(
        actor=actor,
        action="org.account.unlocked",
        object_kind="org.account",
        object_id=account_id,
        now=now,
        detail={"username": account.username, "person_id": account.person_id},
    )
    # The lock lies in the store: should the process die here, it is lifted by asking again.
    db.after_commit(lambda: lockout.lift(account.username, account_id))


@db.service
def note_failure(*, actor: Actor, username: str, now: datetime) -> None:
    """The audit log says that signing in failed, and for which account if there is one.

    A name that is nobody's is not written down: people type passwords into the wrong field.
    """
    account_id = (
        Account.objects.filter(username=username.strip().lower())
        .values_list("id", flat=True)
        .first()
    )
    audit.record(
        actor=actor,
        action="org.sign_in.failed",
        object_kind="org.account",
        object_id=account_id or "unknown",
        now=now,
    )
