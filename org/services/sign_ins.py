"""What happens at the door stands in the audit log."""

from datetime import datetime

from core import audit, db
from core.actor import Actor
from org.models import Account


@db.service
def note_success(*, actor: Actor, now: datetime) -> None:
    """The audit log says that the account signed in."""
    audit.record(
        actor=actor,
        action="org.sign_in.succeeded",
        object_kind="org.account",
        object_id=actor.account_id or 0,
        now=now,
    )


@db.service
def note_second_factor(*, actor: Actor, action: str, now: datetime) -> None:
    """The audit log says how the account's second factor or its recovery codes changed."""
    audit.record(
        actor=actor,
        action=action,
        object_kind="org.account",
        object_id=actor.account_id or 0,
        now=now,
    )


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
