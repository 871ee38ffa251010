"""Every act in its own transaction, chained by SM3.

The log is split into a few chains so that unrelated acts do not wait for each other;
one account's acts always stand in one chain, in order (docs/adr/0004-audit-chains.md).
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from django.db import connection, transaction
from django.db.models import QuerySet

from core import crypto, paging
from core.actor import Actor
from core.models import AuditEntry, AuditHead

CHAINS: Final = 16
GENESIS: Final = bytes(32)
_BATCH: Final = 2_000
_POSITIONS: Final = paging.Cursors("core.audit", tuple[int])
_COLUMNS: Final = [field for field in AuditEntry._meta.concrete_fields if not field.primary_key]
# One statement: the chain's lock is held until the commit, and others of the chain wait for it.
_APPEND: Final = f"""
WITH entry AS (
  INSERT INTO core_auditentry ({", ".join(field.attname for field in _COLUMNS)})
  VALUES ({", ".join("%s" for _ in _COLUMNS)}) RETURNING chain, seq, digest)
UPDATE core_audithead h SET seq = entry.seq, digest = entry.digest
  FROM entry WHERE h.chain = entry.chain"""


@dataclass(frozen=True, slots=True)
class Entry:
    """One act as it stands in the log."""

    id: int
    at: datetime
    actor_name: str
    action: str
    object_kind: str
    object_id: str
    detail: dict[str, Any]
    address: str
    chain: int
    seq: int
    digest: str
    """SM3, in hex."""


@dataclass(frozen=True, slots=True)
class Filters:
    """Which entries are wanted; what is left out does not narrow."""

    actions: frozenset[str] | None = None
    actor_name: str = ""
    address: str = ""
    object_kind: str = ""
    object_id: str = ""
    since: datetime | None = None
    until: datetime | None = None


EVERYTHING: Final = Filters()


def record(
    *,
    actor: Actor,
    action: str,
    object_kind: str,
    object_id: int | str,
    now: datetime,
    unit_id: int | None = None,
    detail: Mapping[str, object] | None = None,
) -> None:
    """The act stands in the log, if and only if the caller's transaction commits.

    Takes the lock of the actor's chain until the commit: call it after the change, just
    before publishing events.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("audit.record belongs inside the transaction of the act")
    head = AuditHead.objects.select_for_update().get(chain=_chain_of(actor))
    entry = AuditEntry(
        chain=head.chain,
        seq=head.seq + 1,
        at=now,
        action=action,
        actor_kind=actor.kind.value,
        actor_name=actor.name,
        account_id=actor.account_id,
        person_id=actor.person_id,
        appointment_id=actor.appointment_id,
        app_id=actor.app_id,
        object_kind=object_kind,
        object_id=str(object_id),
        unit_id=unit_id,
        detail=dict(detail or {}),
        request_id=actor.request_id,
        address=actor.address,
        previous_digest=bytes(head.digest),
    )
    entry.digest = digest_of(entry)
    _append(entry)


def _append(entry: AuditEntry) -> None:
    """The entry is its chain's head; one statement."""
    values = [
        field.get_db_prep_save(getattr(entry, field.attname), connection) for field in _COLUMNS
    ]
    with connection.cursor() as cursor:
        cursor.execute(_APPEND, values)


def digest_of(entry: AuditEntry) -> bytes:
    """The SM3 digest of the entry's canonical JSON, the previous digest included."""
    canonical = {
        "chain": entry.chain,
        "seq": entry.seq,
        "at": entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "action": entry.action,
        "actor": [entry.actor_kind, entry.actor_name],
        "ids": [entry.account_id, entry.person_id, entry.appointment_id, entry.app_id],
        "object": [entry.object_kind, entry.object_id],
        "unit": entry.unit_id,
        "detail": entry.detail,
        "request": [entry.request_id, entry.address],
        "previous": bytes(entry.previous_digest).hex(),
    }
    text = json.dumps(canonical, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return crypto.sm3(text.encode())


def entries(
    filters: Filters = EVERYTHING, *, cursor: str | None = None, limit: int = 50
) -> paging.Page[Entry]:
    """The entries that fit, newest first."""
    rows = _fitting(filters)
    if (position := _POSITIONS.decode(cursor)) is not None:
        rows = rows.filter(id__lt=position[0])
    found = list(rows.order_by("-id")[: limit + 1])
    shown = [_entry(row) for row in found[:limit]]
    following = _POSITIONS.encode((shown[-1].id,)) if len(found) > limit else None
    return paging.Page(shown, following)


def walk(filters: Filters, *, at_most: int) -> Iterator[Entry]:
    """The entries that fit, newest first, read in batches; no more than `at_most`."""
    rows = _fitting(filters).order_by("-id")[:at_most]
    return (_entry(row) for row in rows.iterator(chunk_size=_BATCH))


def count(filters: Filters, *, at_most: int) -> int:
    """How many entries fit; counting stops at `at_most`."""
    return _fitting(filters)[:at_most].count()


def _fitting(filters: Filters) -> QuerySet[AuditEntry]:
    rows = AuditEntry.objects.all()
    if filters.actions is not None:
        rows = rows.filter(action__in=filters.actions)
    equal = {
        "actor_name": filters.actor_name,
        "address": filters.address,
        "object_kind": filters.object_kind,
        "object_id": filters.object_id,
    }
    rows = rows.filter(**{name: value for name, value in equal.items() if value})
    if filters.since is not None:
        rows = rows.filter(at__gte=filters.since)
    if filters.until is not None:
        rows = rows.filter(at__lt=filters.until)
    return rows


def _entry(row: AuditEntry) -> Entry:
    return Entry(
        id=row.pk,
        at=row.at,
        actor_name=row.actor_name,
        action=row.action,
        object_kind=row.object_kind,
        object_id=row.object_id,
        detail=row.detail,
        address=row.address,
        chain=row.chain,
        seq=row.seq,
        digest=bytes(row.digest).hex(),
    )


def _chain_of(actor: Actor) -> int:
    return (actor.account_id or actor.app_id or 0) % CHAINS
