"""The audit log: every act in its own transaction, chained by SM3.

The log is split into a few chains so that unrelated acts do not wait for each other;
one account's acts always stand in one chain, in order (docs/adr/0004-audit-chains.md).
"""

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from django.db import transaction

from core import crypto, errors, paging
from core.actor import Actor
from core.models import AuditEntry, AuditHead

CHAINS: Final = 16
GENESIS: Final = bytes(32)
_BATCH: Final = 2_000
_POSITIONS: Final = paging.Cursors("core.audit", tuple[int])


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


@dataclass(frozen=True, slots=True)
class Fault:
    """The first place where a chain and its digests disagree."""

    chain: int
    seq: int
    reason: str


@dataclass(frozen=True, slots=True)
class Verification:
    """What a walk along every chain found."""

    entries: int
    faults: tuple[Fault, ...]

    @property
    def sound(self) -> bool:
        """Whether nothing was altered, deleted, reordered or cut off."""
        return not self.faults


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
    entry.save(force_insert=True)
    AuditHead.objects.filter(chain=head.chain).update(seq=entry.seq, digest=entry.digest)


def record_denial(*, actor: Actor, refusal: errors.DomainError, path: str, now: datetime) -> None:
    """The refused attempt stands in the log, in a transaction of its own."""
    with transaction.atomic():
        record(
            actor=actor,
            action="core.access.denied",
            object_kind="path",
            object_id=path[:80],
            now=now,
            detail={"code": refusal.code},
        )


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
    *,
    actions: Collection[str] | None = None,
    actor_name: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> paging.Page[Entry]:
    """The entries that fit, newest first. What is left out does not narrow."""
    rows = AuditEntry.objects.all()
    if actions is not None:
        rows = rows.filter(action__in=actions)
    if actor_name:
        rows = rows.filter(actor_name=actor_name)
    if since is not None:
        rows = rows.filter(at__gte=since)
    if until is not None:
        rows = rows.filter(at__lt=until)
    if (position := _POSITIONS.decode(cursor)) is not None:
        rows = rows.filter(id__lt=position[0])
    found = list(rows.order_by("-id")[: limit + 1])
    shown = [_entry(row) for row in found[:limit]]
    following = _POSITIONS.encode((shown[-1].id,)) if len(found) > limit else None
    return paging.Page(shown, following)


def verify() -> Verification:
    """Walks every chain from its beginning and names the first bad row of each.

    Sees one snapshot: acts committed meanwhile are left for the next walk.
    """
    walked = 0
    faults: list[Fault] = []
    with transaction.atomic():
        heads = {head.chain: head for head in AuditHead.objects.all()}
        for chain in range(CHAINS):
            count, fault = _verify_chain(chain, heads.get(chain))
            walked += count
            if fault is not None:
                faults.append(fault)
    return Verification(entries=walked, faults=tuple(faults))


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
    )


def _verify_chain(chain: int, head: AuditHead | None) -> tuple[int, Fault | None]:
    if head is None:
        return 0, Fault(chain, 0, "the chain's head is missing")
    seq, digest = 0, GENESIS
    for entry in _rows(chain, until=head.seq):
        if entry.seq != seq + 1:
            return seq, Fault(chain, seq + 1, "the row is missing")
        if bytes(entry.previous_digest) != digest:
            return seq, Fault(chain, entry.seq, "the row does not follow the one before it")
        if bytes(entry.digest) != digest_of(entry):
            return seq, Fault(chain, entry.seq, "the row was altered")
        seq, digest = entry.seq, bytes(entry.digest)
    if seq != head.seq:
        return seq, Fault(chain, seq + 1, "the rows from here on were cut off")
    if digest != bytes(head.digest):
        return seq, Fault(chain, seq, "the row differs from the chain's head")
    return seq, None


def _rows(chain: int, *, until: int) -> Iterator[AuditEntry]:
    rows = AuditEntry.objects.filter(chain=chain, seq__lte=until).order_by("seq")
    return rows.iterator(chunk_size=_BATCH)


def _chain_of(actor: Actor) -> int:
    return (actor.account_id or actor.app_id or 0) % CHAINS
