"""Proves that the log was not touched: walks the chains and compares them with their seals."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final

from core.audit import seals
from core.audit.log import CHAINS, GENESIS, digest_of
from core.models import AuditEntry, AuditHead

_BATCH: Final = 2_000

Progress = Callable[[int, int], None]
"""Hears how many entries have been walked, of how many."""


@dataclass(frozen=True, slots=True)
class Fault:
    """The first place where a chain and its digests disagree; without a chain, a seal's fault."""

    chain: int | None
    seq: int
    reason: str


@dataclass(frozen=True, slots=True)
class Verification:
    """What a walk along every chain found, and which seal it was compared with last."""

    entries: int
    faults: tuple[Fault, ...]
    sealed_at: datetime | None = None

    @property
    def sound(self) -> bool:
        """Whether nothing was altered, deleted, reordered or cut off."""
        return not self.faults


def verify(*, progress: Progress = lambda done, total: None) -> Verification:
    """Walks every chain from its beginning and names the first bad row of each.

    Acts committed meanwhile are left for the next walk. Somebody who rewrites entries and heads
    alike is betrayed by the seals, which lie where they cannot be replaced. Raises Unavailable
    while the object store doesn't answer: a log that was not compared is not proved.
    """
    heads = {head.chain: head for head in AuditHead.objects.all()}
    sealed = seals.read()
    total = sum(head.seq for head in heads.values())
    walked = 0
    faults = [Fault(None, fault.number, fault.reason) for fault in sealed.faults]
    for chain in range(CHAINS):
        moved = partial(_tell, progress, walked, total)
        walk = _Walk(sealed.points.get(chain, {}), moved)
        fault = walk.along(chain, heads.get(chain))
        walked += walk.seq
        if fault is not None:
            faults.append(fault)
    progress(walked, total)
    return Verification(entries=walked, faults=tuple(faults), sealed_at=sealed.newest_at)


def _tell(progress: Progress, before: int, total: int, count: int) -> None:
    progress(before + count, total)


class _Walk:
    """One way along a chain; `seq` is the last entry that was sound."""

    def __init__(self, points: seals.Points, moved: Callable[[int], None]) -> None:
        self.points = points
        self.moved = moved
        self.seq = 0
        self.digest = GENESIS

    def along(self, chain: int, head: AuditHead | None) -> Fault | None:
        """The first fault of the chain, None for a sound one."""
        if head is None:
            return Fault(chain, 0, "the chain's head is missing")
        for entry in _rows(chain, until=head.seq):
            reason = self._fault_of(entry)
            if reason is not None:
                return Fault(chain, min(entry.seq, self.seq + 1), reason)
            self.seq, self.digest = entry.seq, bytes(entry.digest)
            if self.seq % _BATCH == 0:
                self.moved(self.seq)
        if self.seq != max(head.seq, *self.points, 0):
            return Fault(chain, self.seq + 1, "the rows from here on were cut off")
        if self.digest != bytes(head.digest):
            return Fault(chain, self.seq, "the row differs from the chain's head")
        return None

    def _fault_of(self, entry: AuditEntry) -> str | None:
        if entry.seq != self.seq + 1:
            return "the row is missing"
        if bytes(entry.previous_digest) != self.digest:
            return "the row does not follow the one before it"
        if bytes(entry.digest) != digest_of(entry):
            return "the row was altered"
        if self.points.get(entry.seq, bytes(entry.digest)) != bytes(entry.digest):
            return "the row, or one before it, differs from what was sealed"
        return None


def _rows(chain: int, *, until: int) -> Iterator[AuditEntry]:
    rows = AuditEntry.objects.filter(chain=chain, seq__lte=until).order_by("seq")
    return rows.iterator(chunk_size=_BATCH)
