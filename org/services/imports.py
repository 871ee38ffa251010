"""Files are imported: uploaded, their columns named, checked, confirmed and carried out."""

import zlib
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from django.db import IntegrityError, transaction

from core import audit, db, events
from core.actor import Actor
from org import errors, policies
from org.events import ImportConfirmed, ImportMapped
from org.exchange import columns, progress
from org.exchange.intake import Received
from org.exchange.reading import Sheet
from org.kinds import ExchangeSubject, ImportMode, ImportState, RequestKind
from org.models import DirectoryImport, ImportColumns
from org.queries import imports as queries
from org.queries import units
from org.services import _import_plans, _import_steps, requests
from org.services.requests import Asked, Done

_ENDED: Final = (ImportState.APPLIED, ImportState.CANCELLED, ImportState.REFUSED)
_RUNNING: Final = (ImportState.CHECKING, ImportState.APPLYING)
_LOCK: Final = zlib.crc32(b"org.imports") << 8


@db.service
def open_import(
    *,
    actor: Actor,
    subject: ExchangeSubject,
    mode: ImportMode,
    unit_id: int,
    received: Received,
    now: datetime,
) -> int:
    """The stored file is an import of the unit, its columns guessed; returns its id.

    What headings meant in the unit's last file counts before what they are called.
    """
    _permit(actor, subject, unit_id, at=now)
    batch = DirectoryImport.objects.create(
        subject=subject,
        mode=mode,
        state=ImportState.UPLOADED,
        unit_id=unit_id,
        file_name=received.file_name,
        file_format=received.file_format,
        file_key=received.key,
        sha256=received.sha256,
        size=received.size,
        sheet=received.sheet,
        header_row=received.header_row,
        row_count=received.row_count,
        headings=list(received.headings),
        samples=[list(row) for row in received.samples],
        columns=_guessed(subject, unit_id, received.headings),
        uploaded_by_id=actor.require_person(),
        account_id=actor.account_id or 0,
        appointment_id=actor.appointment_id,
        uploaded_at=now,
    )
    detail = {"file": received.file_name, "sha256": received.sha256}
    _record(actor, "org.import.uploaded", batch, detail, now=now)
    return batch.pk


@db.service
def name_columns(*, actor: Actor, import_id: int, chosen: Mapping[str, int], now: datetime) -> None:
    """The columns mean what was chosen, here and in the unit's next file; checking begins.

    Also checks anew what was checked before. ColumnsIncomplete, ImportNotNow.
    """
    batch = _locked(actor, import_id, now=now)
    _require(batch, ImportState.UPLOADED, ImportState.CHECKED)
    subject = ExchangeSubject(batch.subject)
    if fault := columns.fault_of(chosen, subject, len(batch.headings)):
        raise errors.ColumnsIncomplete(reason=fault)
    batch.columns = dict(chosen)
    batch.state = ImportState.CHECKING
    batch.cancel_asked_at = None
    batch.save(update_fields=["columns", "state", "cancel_asked_at"])
    ImportColumns.objects.update_or_create(
        unit_id=batch.unit_id,
        subject=batch.subject,
        defaults={"headings": {batch.headings[at]: key for key, at in chosen.items()}},
    )
    progress.report(batch.pk, "等待检查")
    events.publish(ImportMapped(import_id=batch.pk))


@db.service
def check(*, actor: Actor, import_id: int, sheet: Sheet, now: datetime) -> None:
    """What the file would do and what is wrong with it stands beside the import.

    Nothing else changes. Does nothing for an import that is not being checked. ImportCancelled.
    """
    batch = DirectoryImport.objects.select_for_update().filter(pk=import_id).first()
    if batch is None or batch.state != ImportState.CHECKING:
        return
    _permit(actor, ExchangeSubject(batch.subject), batch.unit_id, at=now)
    if batch.cancel_asked_at is not None:
        raise errors.ImportCancelled
    progress.report(import_id, "检查各行", 0, batch.row_count)
    made = _import_plans.make(batch, sheet, actor=actor, now=now)
    progress.report(import_id, "记录结果", batch.row_count, batch.row_count)
    _import_steps.keep(batch, made, now=now)


@db.service
def confirm(
    *,
    actor: Actor,
    import_id: int,
    now: datetime,
    ending_is_meant: bool = False,
    plan: str | None = None,
    approved_by: int | None = None,
) -> Done | Asked:
    """The import will be carried out; where it touches more than fifty, once a second one agrees.

    `plan` is the digest of what the second one has agreed to: ImportStale for another.

    ImportFaulty for a full synchronisation with faults, ImportEndsMany where more than a twentieth
    would end and nobody said that it is meant, ImportChangesNothing.
    """
    batch = _locked(actor, import_id, now=now)
    waits = ImportState.WAITING if approved_by else ImportState.CHECKED
    _require(batch, waits)
    if plan is not None and plan != batch.plan_digest:
        raise errors.ImportStale
    if approved_by is None:
        _judge(batch, ending_is_meant=ending_is_meant)
        if _takes_two(actor, batch):
            return _ask(actor, batch, now=now)
    batch.state = ImportState.APPLYING
    batch.confirmed_at = now
    batch.approved_by_id = approved_by
    batch.save(update_fields=["state", "confirmed_at", "approved_by"])
    progress.report(batch.pk, "等待执行")
    _record(actor, "org.import.confirmed", batch, {"counts": batch.counts}, now=now)
    events.publish(ImportConfirmed(import_id=batch.pk))
    return Done(batch.pk)


@db.service
def apply(*, actor: Actor, import_id: int, sheet: Sheet, now: datetime) -> None:
    """All that was planned has happened, or nothing: one transaction.

    The plan is made anew under the locks of what it touches: ImportStale where it is no longer the
    one that was confirmed. ImportCancelled. Does nothing for an import that is not to be applied.
    """
    db.advisory_lock_exclusive(_LOCK + import_id % 256)
    batch = DirectoryImport.objects.filter(pk=import_id).first()
    if batch is None or batch.state != ImportState.APPLYING:
        return
    subject = ExchangeSubject(batch.subject)
    _permit(actor, subject, batch.unit_id, at=now)
    progress.report(import_id, "核对数据")
    made = _import_plans.make_locked(batch, sheet, actor=actor, now=now)
    if made.digest != batch.plan_digest:
        raise errors.ImportStale
    try:
        with transaction.atomic():
            made.write(
                actor=actor,
                approved_by=batch.approved_by_id,
                basis=f"导入 {batch.file_name}"[:200],
                now=now,
                tell=_teller(import_id),
            )
    except IntegrityError as clash:
        # Tried again it would clash again, and the import would never be over.
        raise errors.ImportStale from clash
    # Whoever cancels now waits for this row, and then finds the import done.
    final = DirectoryImport.objects.select_for_update().get(pk=import_id)
    if final.cancel_asked_at is not None:
        raise errors.ImportCancelled
    final.state = ImportState.APPLIED
    final.finished_at = now
    final.save(update_fields=["state", "finished_at"])
    detail = {"counts": final.counts, "sha256": final.sha256, "plan": final.plan_digest}
    _record(actor, "org.import.applied", final, detail, now=now)


@db.service
def cancel(*, actor: Actor, import_id: int, now: datetime) -> None:
    """The import is over, nothing changed; one that runs stops before it commits.

    ImportNotNow where it is over already, also where it was committed a moment ago.
    """
    batch = _locked(actor, import_id, now=now)
    if batch.state in _ENDED:
        raise errors.ImportNotNow(state=batch.get_state_display())
    if batch.state in _RUNNING:
        batch.cancel_asked_at = now
    else:
        batch.state = ImportState.CANCELLED
        batch.finished_at = now
    batch.save(update_fields=["cancel_asked_at", "state", "finished_at"])
    _record(actor, "org.import.cancelled", batch, {"file": batch.file_name}, now=now)


@db.service
def refuse(
    *, actor: Actor, import_id: int, refusal: str, falls_to: ImportState, now: datetime
) -> None:
    """The import falls to the state without having changed anything, and says why.

    One that was to be cancelled is cancelled.
    """
    batch = DirectoryImport.objects.select_for_update().filter(pk=import_id).first()
    if batch is None or batch.state not in _RUNNING:
        return
    if batch.cancel_asked_at is not None:
        batch.state = ImportState.CANCELLED
    else:
        batch.state = falls_to
    batch.refusal = refusal[:400]
    batch.finished_at = now if batch.state in _ENDED else None
    batch.save(update_fields=["state", "refusal", "finished_at"])
    _record(actor, "org.import.refused", batch, {"refusal": refusal}, now=now)


@db.service
def take_back(*, actor: Actor, request_id: int, now: datetime) -> None:
    """No second person agreed: the import that the request was for can be confirmed again."""
    batch = DirectoryImport.objects.select_for_update().filter(
        review_request_id=request_id, state=ImportState.WAITING
    )
    for waiting in batch:
        waiting.state = ImportState.CHECKED
        waiting.review_request_id = None
        waiting.refusal = "未经另一位管理员复核同意，可以重新提交"
        waiting.save(update_fields=["state", "review_request_id", "refusal"])
        _record(actor, "org.import.returned", waiting, {}, now=now)


@db.service
def forget(*, actor: Actor, import_id: int, now: datetime) -> None:
    """No file belongs to the import any more; what it did stays known."""
    DirectoryImport.objects.filter(pk=import_id).update(file_key="")


def _guessed(subject: ExchangeSubject, unit_id: int, headings: Sequence[str]) -> dict[str, int]:
    last = ImportColumns.objects.filter(unit_id=unit_id, subject=subject).first()
    return columns.guess(headings, subject, last.headings if last else None)


def _takes_two(actor: Actor, batch: DirectoryImport) -> bool:
    """More than fifty are touched, or units would be moved or abolished: single acts ask too."""
    counts = batch.counts
    if batch.subject == ExchangeSubject.UNITS and counts["moved"] + counts["ended"]:
        return True
    return policies.needs_second_person(actor, RequestKind.MASS_CHANGE, people=counts["touched"])


def _ask(actor: Actor, batch: DirectoryImport, *, now: datetime) -> Asked:
    subject = ExchangeSubject(batch.subject)
    unit = units.names([batch.unit_id])[batch.unit_id]
    asked = requests.ask(
        actor=actor,
        kind=RequestKind.MASS_CHANGE,
        unit_id=batch.unit_id,
        role=queries.role_of(subject),
        payload={"act": "imports.confirm", "import_id": batch.pk, "plan": batch.plan_digest},
        summary=f"向“{unit.name}”导入{subject.label}文件“{batch.file_name}”"[:400],
        effects=_import_steps.effects(batch.counts),
        now=now,
    )
    batch.state = ImportState.WAITING
    batch.review_request_id = asked.request_id
    batch.save(update_fields=["state", "review_request_id"])
    return asked


def _judge(batch: DirectoryImport, *, ending_is_meant: bool) -> None:
    if not batch.counts.get("touched"):
        raise errors.ImportChangesNothing
    if batch.mode == ImportMode.SYNC and batch.error_count:
        raise errors.ImportFaulty(faults=batch.error_count)
    if batch.guarded and not ending_is_meant:
        raise errors.ImportEndsMany(units=batch.guarded)


def _teller(import_id: int) -> Callable[[int, int], None]:
    def tell(done: int, total: int) -> None:
        asked = DirectoryImport.objects.filter(pk=import_id, cancel_asked_at__isnull=False)
        if asked.exists():
            raise errors.ImportCancelled
        progress.report(import_id, "写入数据", done, total)

    return tell


def _permit(actor: Actor, subject: ExchangeSubject, unit_id: int, *, at: datetime) -> None:
    if not queries.may_exchange(actor, subject, unit_id, at=at):
        raise errors.OutOfScope


def _locked(actor: Actor, import_id: int, *, now: datetime) -> DirectoryImport:
    batch = DirectoryImport.objects.select_for_update().filter(pk=import_id).first()
    if batch is None:
        raise errors.ImportNotFound
    if not queries.may_exchange(actor, ExchangeSubject(batch.subject), batch.unit_id, at=now):
        raise errors.ImportNotFound
    return batch


def _require(batch: DirectoryImport, *states: ImportState) -> None:
    if batch.state not in states:
        raise errors.ImportNotNow(state=batch.get_state_display())


def _record(
    actor: Actor, action: str, batch: DirectoryImport, detail: Mapping[str, Any], *, now: datetime
) -> None:
    audit.record(
        actor=actor,
        action=action,
        object_kind="org.import",
        object_id=batch.pk,
        unit_id=batch.unit_id,
        now=now,
        detail=detail,
    )
