"""The heads of all chains, put away from time to time where nobody can alter them.

A seal is one JSON object in the seals' bucket, under object lock in compliance mode: not even its
owner deletes it before its time. It carries a MAC by a key that the database doesn't hold, and the
digest of the seal before it, so that the copies in the database are proved by the newest object
(docs/adr/0020-audit-seals.md).
"""

import hmac
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import structlog
from django.conf import settings

from core import crypto, storage
from core.models import AuditHead, AuditSeal

Points = dict[int, bytes]
"""Sealed digests of one chain by the number of the entry."""

_PURPOSE: Final = "audit-seal"

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class SealFault:
    """What is wrong with a seal."""

    number: int
    reason: str


@dataclass(frozen=True, slots=True)
class Sealed:
    """Every sealed point by chain, and what is wrong with the seals themselves."""

    points: dict[int, Points] = field(default_factory=dict)
    newest_at: datetime | None = None
    faults: tuple[SealFault, ...] = ()


def seal(now: datetime) -> None:
    """The heads stand in the seals' bucket as they are now; nothing happens if none has moved."""
    last = AuditSeal.objects.order_by("-number").first()
    heads = {str(head.chain): [head.seq, bytes(head.digest).hex()] for head in _heads()}
    if last is not None and json.loads(last.content)["heads"] == heads:
        return
    number = last.number + 1 if last else 1
    content = _content(number, heads, last, now)
    version = storage.put_locked(
        key=_key(number),
        content=content.encode(),
        until=now + timedelta(days=settings.AUDIT_SEALS_KEPT_DAYS),
    )
    # Of two that seal at once the second fails here; its object is a version nobody names.
    AuditSeal.objects.create(number=number, at=now, content=content, version_id=version)
    log.info("audit log sealed", number=number)


def read() -> Sealed:
    """What the seals say, each proved by the one after it and the newest by the object store."""
    rows = list(AuditSeal.objects.order_by("number"))
    faults = [fault for fault in (_missing_rows(rows), _newest_differs(rows)) if fault]
    points: dict[int, Points] = {}
    previous = ""
    for number, row in enumerate(rows, start=1):
        said = json.loads(row.content)
        if row.number != number or said["number"] != number or said["previous"] != previous:
            faults.append(SealFault(number, "the seal is missing or does not follow"))
            break
        if not _is_ours(said):
            faults.append(SealFault(number, "the seal was not made by this installation"))
            break
        for chain, (seq, digest) in said["heads"].items():
            if seq:
                points.setdefault(int(chain), {})[seq] = bytes.fromhex(digest)
        previous = crypto.sm3(row.content.encode()).hex()
    return Sealed(points, rows[-1].at if rows else None, tuple(faults))


def _heads() -> list[AuditHead]:
    return list(AuditHead.objects.order_by("chain"))


def _missing_rows(rows: list[AuditSeal]) -> SealFault | None:
    last = rows[-1].number if rows else 0
    later = storage.locked_keys(f"{settings.AUDIT_SEALS_FOLDER}/", after=_key(last))
    if later:
        return SealFault(last + 1, "a seal in the object store is missing from the database")
    return None


def _newest_differs(rows: list[AuditSeal]) -> SealFault | None:
    if not rows:
        return None
    newest = rows[-1]
    try:
        kept = storage.get_locked(_key(newest.number), version_id=newest.version_id)
    except storage.ObjectMissing:
        return SealFault(newest.number, "the seal is missing from the object store")
    if kept != newest.content.encode():
        return SealFault(newest.number, "the seal differs from the object store's")
    return None


def _content(number: int, heads: dict[str, Any], last: AuditSeal | None, now: datetime) -> str:
    said = {
        "number": number,
        "at": now.astimezone(UTC).isoformat(timespec="microseconds"),
        "heads": heads,
        "previous": crypto.sm3(last.content.encode()).hex() if last else "",
    }
    return _canonical({**said, "mac": _mac(said)})


def _is_ours(said: dict[str, Any]) -> bool:
    rest = {name: value for name, value in said.items() if name != "mac"}
    return hmac.compare_digest(_mac(rest), str(said.get("mac")))


def _mac(said: dict[str, Any]) -> str:
    return crypto.mac(_canonical(said).encode(), purpose=_PURPOSE).hex()


def _canonical(said: dict[str, Any]) -> str:
    return json.dumps(said, sort_keys=True, separators=(",", ":"))


def _key(number: int) -> str:
    return f"{settings.AUDIT_SEALS_FOLDER}/{number:012d}.json"
