"""Keeps what a check found beside its import."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Final

from org.kinds import FaultGravity, ImportOutcome, ImportState
from org.models import DirectoryImport, ImportFault, ImportLine
from org.services._import_batch import Made

_BATCH: Final = 2_000


def keep(batch: DirectoryImport, made: Made, *, now: datetime) -> None:
    """The import is checked: its faults and lines are those of this plan, and no others."""
    ImportFault.objects.filter(batch=batch).delete()
    ImportLine.objects.filter(batch=batch).delete()
    found = sorted(made.faults.found, key=lambda fault: fault.row)
    ImportFault.objects.bulk_create(
        (
            ImportFault(
                batch=batch,
                row=fault.row,
                column=batch.columns.get(fault.key),
                heading=_heading(batch, fault.key),
                code=fault.code,
                gravity=fault.gravity,
                text=fault.text,
            )
            for fault in found
        ),
        batch_size=_BATCH,
    )
    ImportLine.objects.bulk_create(
        (ImportLine(batch=batch, **_told(asdict(line))) for line in made.summary.lines),
        batch_size=_BATCH,
    )
    errors = sum(fault.gravity is FaultGravity.ERROR for fault in found)
    batch.error_count, batch.note_count = errors, len(found) - errors
    batch.counts = made.summary.counts
    batch.guarded = [asdict(part) for part in made.summary.guarded]
    batch.plan_digest = made.digest
    batch.state = ImportState.CHECKED
    batch.checked_at = now
    batch.refusal = ""
    batch.save()


def effects(counts: Mapping[str, int]) -> list[str]:
    """What the import does, in lines for a second person."""
    return [
        f"{outcome.label} {counts[outcome.value]} 行"
        for outcome in ImportOutcome
        if counts.get(outcome.value)
    ]


def _heading(batch: DirectoryImport, key: str) -> str:
    at = batch.columns.get(key)
    return str(batch.headings[at]) if at is not None else ""


def _told(line: dict[str, object]) -> dict[str, object]:
    return {**line, "name": str(line["name"])[:120], "place": str(line["place"])[:400]}
