"""What the audit page reads: entries by time, person and act, newest first."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.utils import timezone

from core import audit, paging
from org.queries import people, units
from workbench import audit_words

PER_PAGE = 50


@dataclass(frozen=True, slots=True)
class Filters:
    """What the auditor asked for; empty fields don't narrow."""

    action: str = ""
    name: str = ""
    address: str = ""
    object_kind: str = ""
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
    subject_code: str
    detail: str
    raw: str
    address: str
    chain: int
    seq: int


def page(filters: Filters, *, cursor: str | None, at: datetime) -> paging.Page[Line]:
    """The entries that fit, newest first, people and units by the names they have now."""
    found = audit.entries(_asked(filters), cursor=cursor, limit=PER_PAGE)
    names = _names(audit_words.spoken_of(found.items), at=at)
    return paging.Page([_line(entry, names) for entry in found.items], found.next_cursor)


def _asked(filters: Filters) -> audit.Filters:
    return audit.Filters(
        actions=frozenset(audit_words.codes_of(filters.action)) if filters.action else None,
        actor_name=filters.name,
        address=filters.address,
        object_kind=filters.object_kind,
        since=_start_of(filters.since) if filters.since else None,
        until=_start_of(filters.until + timedelta(days=1)) if filters.until else None,
    )


def _names(spoken: audit_words.Spoken, *, at: datetime) -> audit_words.Names:
    held = people.names(spoken.person_ids, at=at) if spoken.person_ids else {}
    known = units.names(spoken.unit_ids) if spoken.unit_ids else {}
    return audit_words.Names(
        people={identifier: person.name for identifier, person in held.items()},
        units={identifier: unit.name for identifier, unit in known.items()},
    )


def _line(entry: audit.Entry, names: audit_words.Names) -> Line:
    return Line(
        id=entry.id,
        at=entry.at,
        actor_name=entry.actor_name,
        action=audit_words.action(entry.action),
        code=entry.action,
        subject=audit_words.subject(entry.object_kind, entry.object_id, names),
        subject_code=f"{entry.object_kind} {entry.object_id}",
        detail=audit_words.details(entry.action, entry.detail, names),
        raw=audit_words.raw(entry.detail),
        address=entry.address,
        chain=entry.chain,
        seq=entry.seq,
    )


def _start_of(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
