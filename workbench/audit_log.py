"""What the audit page reads: entries by time, person and act, newest first."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.utils import timezone

from core import paging
from core.models import AuditEntry
from workbench import audit_words

PER_PAGE = 50


@dataclass(frozen=True, slots=True)
class Filters:
    """What the auditor asked for; empty fields don't narrow."""

    action: str = ""
    name: str = ""
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One entry as the page shows it."""

    id: int
    at: datetime
    actor_name: str
    action: str
    code: str
    subject: str
    detail: str
    address: str
    chain: int
    seq: int


def page(filters: Filters, *, cursor: str | None) -> paging.Page[Line]:
    """The entries that fit, newest first."""
    rows = AuditEntry.objects.all()
    if filters.action:
        rows = rows.filter(action__in=audit_words.codes_of(filters.action))
    if filters.name:
        rows = rows.filter(actor_name=filters.name)
    if filters.since:
        rows = rows.filter(at__gte=_start_of(filters.since))
    if filters.until:
        rows = rows.filter(at__lt=_start_of(filters.until + timedelta(days=1)))
    position = paging.decode(cursor)
    if position is not None:
        rows = rows.filter(id__lt=int(position[0] or 0))
    found = list(rows.order_by("-id")[: PER_PAGE + 1])
    shown = found[:PER_PAGE]
    following = paging.encode(shown[-1].pk) if len(found) > PER_PAGE else None
    return paging.Page([_line(row) for row in shown], following)


def _line(row: AuditEntry) -> Line:
    return Line(
        id=row.pk,
        at=row.at,
        actor_name=row.actor_name,
        action=audit_words.action(row.action),
        code=row.action,
        subject=audit_words.subject(row.object_kind, row.object_id),
        detail=audit_words.details(row.detail),
        address=row.address,
        chain=row.chain,
        seq=row.seq,
    )


def _start_of(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
