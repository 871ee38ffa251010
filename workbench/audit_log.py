"""What the audit page reads: entries by time, person and act, newest first."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.utils import timezone

from core import audit, paging
from workbench import audit_words

PER_PAGE = 50


@dataclass(frozen=True, slots=True)
class Filters:
    """What the auditor asked for; empty fields don't narentry."""

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
    found = audit.entries(
        actions=audit_words.codes_of(filters.action) if filters.action else None,
        actor_name=filters.name,
        since=_start_of(filters.since) if filters.since else None,
        until=_start_of(filters.until + timedelta(days=1)) if filters.until else None,
        cursor=cursor,
        limit=PER_PAGE,
    )
    return paging.Page([_line(entry) for entry in found.items], found.next_cursor)


def _line(entry: audit.Entry) -> Line:
    return Line(
        id=entry.id,
        at=entry.at,
        actor_name=entry.actor_name,
        action=audit_words.action(entry.action),
        code=entry.action,
        subject=audit_words.subject(entry.object_kind, entry.object_id),
        detail=audit_words.details(entry.detail),
        address=entry.address,
        chain=entry.chain,
        seq=entry.seq,
    )


def _start_of(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
