"""How long it takes to prove the audit log: entries a second, and what one more entry costs.

    python -m bench.audit_verify --entries 100000

Writes the entries into the database of DATABASE_URL inside a transaction that is rolled back.
"""

import argparse
import os
import time
from datetime import UTC, datetime, timedelta

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.db import transaction  # noqa: E402

from core import audit  # noqa: E402
from core.actor import Actor, ActorKind  # noqa: E402
from core.models import AuditEntry, AuditHead  # noqa: E402

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
BATCH = 5_000
RECORDED = 300


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=100_000)
    wanted = parser.parse_args().entries
    with transaction.atomic():
        _fill(wanted)
        began = time.perf_counter()
        found = audit.verify()
        seconds = time.perf_counter() - began
        print(
            f"verify: {found.entries} entries in {seconds:.1f} s,"
            f" {found.entries / seconds:,.0f} a second, faults: {len(found.faults)}"
        )
        print(f"record: {_recorded():.2f} ms an act, beside the commit")
        transaction.set_rollback(True)


def _fill(wanted: int) -> None:
    """The chains grow by so many entries, evenly."""
    heads = {head.chain: head for head in AuditHead.objects.all()}
    waiting: list[AuditEntry] = []
    for number in range(wanted):
        head = heads[number % audit.CHAINS]
        entry = AuditEntry(
            chain=head.chain,
            seq=head.seq + 1,
            at=BEGAN + timedelta(seconds=number),
            action="org.unit.renamed",
            actor_kind="person",
            actor_name="何管理",
            account_id=head.chain,
            object_kind="org.unit",
            object_id=str(number),
            detail={"before": "民政局一科", "after": "养老服务科"},
            previous_digest=bytes(head.digest),
        )
        entry.digest = head.digest = audit.digest_of(entry)
        head.seq += 1
        waiting.append(entry)
        if len(waiting) == BATCH:
            AuditEntry.objects.bulk_create(waiting)
            waiting.clear()
    AuditEntry.objects.bulk_create(waiting)
    for head in heads.values():
        head.save()


def _recorded() -> float:
    actor = Actor(kind=ActorKind.PERSON, name="何管理", account_id=7, person_id=70)
    began = time.perf_counter()
    for number in range(RECORDED):
        audit.record(
            actor=actor,
            action="org.unit.renamed",
            object_kind="org.unit",
            object_id=number,
            now=BEGAN,
            detail={"before": "民政局一科", "after": "养老服务科"},
        )
    return (time.perf_counter() - began) / RECORDED * 1000


if __name__ == "__main__":
    main()
