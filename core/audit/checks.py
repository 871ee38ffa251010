"""Walks along the chains that a worker does while somebody watches."""

from dataclasses import dataclass
from datetime import datetime

from core import db, errors, events
from core.actor import Actor
from core.audit import log, verification
from core.audit.events import CheckAsked
from core.audit.verification import Fault
from core.models import AuditCheck


@dataclass(frozen=True, slots=True)
class Check:
    """How far a walk has come, and what it found once it has ended."""

    id: int
    asked_by: str
    asked_at: datetime
    ended_at: datetime | None
    done: int
    total: int
    sealed_at: datetime | None
    faults: tuple[Fault, ...]
    failure: str

    @property
    def is_sound(self) -> bool:
        """Whether it has ended and found nothing."""
        return self.ended_at is not None and not self.faults and not self.failure

    @property
    def percent(self) -> int:
        """How much of the way is done."""
        return 100 * self.done // self.total if self.total else 0


@db.service
def ask_for_check(*, actor: Actor, now: datetime) -> int:
    """A worker walks along every chain; returns the check's id.

    Who may ask is for the caller to say. A check that is under way is joined rather than doubled.
    """
    running = AuditCheck.objects.filter(ended_at__isnull=True).order_by("-id").first()
    if running is not None:
        return running.pk
    check = AuditCheck.objects.create(asked_by=actor.name, asked_at=now)
    log.record(
        actor=actor,
        action="core.audit.check_asked",
        object_kind="core.audit_check",
        object_id=check.pk,
        now=now,
    )
    events.publish(CheckAsked(check_id=check.pk))
    return check.pk


def latest_check() -> Check | None:
    """The walk that was asked for last."""
    row = AuditCheck.objects.order_by("-id").first()
    if row is None:
        return None
    return Check(
        id=row.pk,
        asked_by=row.asked_by,
        asked_at=row.asked_at,
        ended_at=row.ended_at,
        done=row.done,
        total=row.total,
        sealed_at=row.sealed_at,
        faults=tuple(Fault(**fault) for fault in row.faults),
        failure=row.failure,
    )


def carry_out(check_id: int, *, now: datetime) -> None:
    """The check has ended, with what it found or why it could not be done."""
    rows = AuditCheck.objects.filter(pk=check_id, ended_at__isnull=True)
    if not rows.exists():
        return

    def moved(done: int, total: int) -> None:
        rows.update(done=done, total=total)

    try:
        found = verification.verify(progress=moved)
    except errors.DomainError as refusal:
        rows.update(ended_at=now, failure=refusal.text)
        return
    faults = [{"chain": f.chain, "seq": f.seq, "reason": f.reason} for f in found.faults]
    rows.update(
        ended_at=now,
        done=found.entries,
        total=found.entries,
        sealed_at=found.sealed_at,
        faults=faults,
    )
