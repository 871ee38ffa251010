"""Lists of people and units leave as files: asked for, written, fetched and cleared away."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.utils import timezone

from core import audit, db, events
from core import files as core_files
from core.actor import Actor
from core.storage import StoredObject
from org import errors, policies
from org.events import ExportAsked
from org.exchange import files
from org.exchange.files import FileFormat
from org.kinds import ExchangeSubject, ExportState, PhoneReach, RequestKind
from org.models import DirectoryExport
from org.queries import exports as queries
from org.queries import imports, units
from org.services import requests
from org.services.requests import Asked, Done

KEPT: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class File:
    """What is handed to whoever may fetch it."""

    key: str
    sha256: str
    file_name: str
    content_type: str


@db.service
def ask(
    *,
    actor: Actor,
    subject: ExchangeSubject,
    unit_id: int,
    file_format: FileFormat,
    phones: PhoneReach,
    now: datetime,
) -> Done | Asked:
    """The list will be written; of more than fifty people once a second person agrees.

    Done carries the export's id, Asked the request's. OutOfScope.
    """
    if not imports.may_exchange(actor, subject, unit_id, at=now):
        raise errors.OutOfScope
    unit = units.names([unit_id])[unit_id]
    stem = core_files.clean_name(f"{unit.name}-{subject.label}")
    day = timezone.localtime(now).date()
    wanted = DirectoryExport.objects.create(
        subject=subject,
        unit_id=unit_id,
        file_format=file_format,
        phones=phones,
        state=ExportState.QUEUED,
        file_name=f"{stem}-{day:%Y%m%d}.{file_format}",
        asked_by_id=actor.require_person(),
        account_id=actor.account_id or 0,
        appointment_id=actor.appointment_id,
        asked_at=now,
    )
    if subject is ExchangeSubject.PEOPLE:
        count = queries.count_people(queries.scope_of(actor, subject, unit_id, at=now))
        if policies.needs_second_person(actor, RequestKind.EXPORT, people=count):
            return _ask_second(actor, wanted, count, now=now)
    _record(actor, "org.export.asked", wanted, now=now)
    events.publish(ExportAsked(export_id=wanted.pk))
    return Done(wanted.pk)


@db.service
def release(*, actor: Actor, export_id: int, approved_by: int, now: datetime) -> Done:
    """A second person has agreed: the list will be written. ExportNotFound, OutOfScope."""
    wanted = DirectoryExport.objects.select_for_update().filter(pk=export_id).first()
    if wanted is None or wanted.state != ExportState.WAITING:
        raise errors.ExportNotFound
    subject = ExchangeSubject(wanted.subject)
    if not imports.may_exchange(actor, subject, wanted.unit_id, at=now):
        raise errors.OutOfScope
    wanted.state = ExportState.QUEUED
    wanted.approved_by_id = approved_by
    wanted.save(update_fields=["state", "approved_by"])
    _record(actor, "org.export.asked", wanted, now=now)
    events.publish(ExportAsked(export_id=wanted.pk))
    return Done(wanted.pk)


@db.service
def keep(*, actor: Actor, export_id: int, stored: StoredObject, rows: int, now: datetime) -> None:
    """The stored file is the export's, for seven days. Does nothing for one that has its file."""
    wanted = DirectoryExport.objects.select_for_update().filter(pk=export_id).first()
    if wanted is None or wanted.state != ExportState.QUEUED:
        return
    wanted.state = ExportState.READY
    wanted.file_key = stored.key
    wanted.sha256 = stored.sha256
    wanted.size = stored.size
    wanted.row_count = rows
    wanted.ready_at = now
    wanted.expires_at = now + KEPT
    wanted.save()
    _record(actor, "org.export.written", wanted, {"rows": rows, "sm3": stored.sm3}, now=now)


@db.service
def refuse(*, actor: Actor, export_id: int, refusal: str, now: datetime) -> None:
    """The list could not be written, and says why."""
    DirectoryExport.objects.filter(pk=export_id, state=ExportState.QUEUED).update(
        state=ExportState.REFUSED, refusal=refusal[:400]
    )


@db.service
def fetch(*, actor: Actor, export_id: int, now: datetime) -> File:
    """The file, for whoever asked for it and still has the right; that it was fetched is recorded.

    ExportNotFound for anybody else, ExportNotReady before it is written and after it is gone.
    """
    wanted = DirectoryExport.objects.filter(
        pk=export_id, asked_by_id=actor.require_person()
    ).first()
    if wanted is None:
        raise errors.ExportNotFound
    subject = ExchangeSubject(wanted.subject)
    if not imports.may_exchange(actor, subject, wanted.unit_id, at=now):
        raise errors.OutOfScope
    is_over = wanted.expires_at is not None and wanted.expires_at <= now
    if wanted.state != ExportState.READY or is_over:
        raise errors.ExportNotReady(state=wanted.get_state_display())
    _record(actor, "org.export.fetched", wanted, now=now)
    return File(
        key=wanted.file_key,
        sha256=wanted.sha256,
        file_name=wanted.file_name,
        content_type=files.CONTENT_TYPES[FileFormat(wanted.file_format)],
    )


@db.service
def take_back(*, actor: Actor, request_id: int, now: datetime) -> None:
    """No second person agreed: the list that the request was for is not written."""
    waiting = DirectoryExport.objects.select_for_update().filter(
        review_request_id=request_id, state=ExportState.WAITING
    )
    for wanted in waiting:
        wanted.state = ExportState.REFUSED
        wanted.refusal = "未经另一位管理员复核同意"
        wanted.save(update_fields=["state", "refusal"])
        _record(actor, "org.export.refused", wanted, {"refusal": wanted.refusal}, now=now)


@db.service
def forget(*, actor: Actor, export_id: int, now: datetime) -> None:
    """No file belongs to the export any more."""
    DirectoryExport.objects.filter(pk=export_id).update(state=ExportState.FORGOTTEN, file_key="")


def _ask_second(actor: Actor, wanted: DirectoryExport, count: int, *, now: datetime) -> Asked:
    unit = units.names([wanted.unit_id])[wanted.unit_id]
    reach = "含完整手机号" if wanted.phones == PhoneReach.FULL else "手机号部分隐藏"
    asked = requests.ask(
        actor=actor,
        kind=RequestKind.EXPORT,
        unit_id=wanted.unit_id,
        role=imports.role_of(ExchangeSubject(wanted.subject)),
        payload={"export_id": wanted.pk},
        summary=f"导出“{unit.name}”及下级的 {count} 人（{reach}）",
        now=now,
    )
    wanted.state = ExportState.WAITING
    wanted.review_request_id = asked.request_id
    wanted.save(update_fields=["state", "review_request_id"])
    return asked


def _record(
    actor: Actor,
    action: str,
    wanted: DirectoryExport,
    detail: Mapping[str, Any] | None = None,
    *,
    now: datetime,
) -> None:
    told = {"file": wanted.file_name, "phones": wanted.phones, **(detail or {})}
    audit.record(
        actor=actor,
        action=action,
        object_kind="org.export",
        object_id=wanted.pk,
        unit_id=wanted.unit_id,
        now=now,
        detail=told,
    )
