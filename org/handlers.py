"""What org does when something happened, and on its schedules."""

from datetime import datetime, timedelta
from typing import Final

from core import actor, errors
from core.actor import Actor
from org import events
from org.exchange import intake, outlet
from org.kinds import ExchangeSubject, ImportState, RequestState
from org.queries import accounts, requests
from org.queries import exports as export_queries
from org.queries import imports as import_queries
from org.services import exports, headcounts, imports, reorganisation_decisions, sessions, tree

_UPKEEP: Final = actor.system("upkeep")
_REVIEW: Final = actor.system("review")
_FILES_KEPT: Final = timedelta(days=30)


def fold_headcounts(now: datetime) -> None:
    """Appointments and ends of the last minute stand in the counters."""
    headcounts.fold(actor=_UPKEEP, now=now)


def tidy_tree(now: datetime) -> None:
    """The tree has slack where it was short of it and stands in order, for the day to come."""
    tree.tidy(actor=_UPKEEP, now=now)


def forget_sign_ins(now: datetime) -> None:
    """Sign-ins not used for half a year are gone; the audit log keeps theirs."""
    sessions.forget_old(actor=_UPKEEP, now=now)


def on_reorganisation_due(event: events.ReorganisationDue, now: datetime) -> None:
    """The reorganisation is carried out, or it says why it could not be."""
    reorganisation_decisions.take_effect(
        actor=actor.system("reorganisations"),
        reorganisation_id=event.reorganisation_id,
        effective_at=event.effective_at,
        now=now,
    )


def on_request_ended(event: events.RequestDecided | events.RequestDue, now: datetime) -> None:
    """What waited for the request and was not agreed to waits no longer."""
    request = requests.told_of(event.request_id, at=now)
    if request is None or request.state in (RequestState.WAITING, RequestState.APPROVED):
        return
    imports.take_back(actor=_REVIEW, request_id=event.request_id, now=now)
    exports.take_back(actor=_REVIEW, request_id=event.request_id, now=now)


def on_import_mapped(event: events.ImportMapped, now: datetime) -> None:
    """What the uploaded file would do stands beside it, or why it can't be read."""
    stored = import_queries.stored(event.import_id)
    if stored is None or stored.state is not ImportState.CHECKING:
        return
    try:
        content = intake.fetch(stored.key, sha256=stored.sha256)
        sheet = intake.read(content, stored.file_format, subject=stored.subject)
        imports.check(
            actor=_acting(stored.account_id, stored.appointment_id, now),
            import_id=event.import_id,
            sheet=sheet,
            now=now,
        )
    except errors.DomainError as refusal:
        imports.refuse(
            actor=_UPKEEP,
            import_id=event.import_id,
            refusal=refusal.text,
            falls_to=ImportState.REFUSED,
            now=now,
        )


def on_import_confirmed(event: events.ImportConfirmed, now: datetime) -> None:
    """What was planned has happened; or nothing has, and the import can be checked anew."""
    stored = import_queries.stored(event.import_id)
    if stored is None or stored.state is not ImportState.APPLYING:
        return
    try:
        content = intake.fetch(stored.key, sha256=stored.sha256)
        sheet = intake.read(content, stored.file_format, subject=stored.subject)
        imports.apply(
            actor=_acting(stored.account_id, stored.appointment_id, now),
            import_id=event.import_id,
            sheet=sheet,
            now=now,
        )
    except errors.DomainError as refusal:
        imports.refuse(
            actor=_UPKEEP,
            import_id=event.import_id,
            refusal=refusal.text,
            falls_to=ImportState.CHECKED,
            now=now,
        )


def on_export_asked(event: events.ExportAsked, now: datetime) -> None:
    """The list lies in the store, for whoever asked to fetch; or it says why it does not."""
    wanted = export_queries.wanted(event.export_id)
    if wanted is None:
        return
    try:
        asker = _acting(wanted.account_id, wanted.appointment_id, now)
        scope = export_queries.scope_of(asker, wanted.subject, wanted.unit_id, at=now)
        rows = (
            export_queries.people(scope, reach=wanted.phones)
            if wanted.subject is ExchangeSubject.PEOPLE
            else export_queries.organisation(scope)
        )
        stored, count = outlet.write(rows, wanted.subject, wanted.file_format)
        exports.keep(actor=asker, export_id=event.export_id, stored=stored, rows=count, now=now)
    except errors.DomainError as refusal:
        exports.refuse(actor=_UPKEEP, export_id=event.export_id, refusal=refusal.text, now=now)


def forget_files(now: datetime) -> None:
    """Files of long ago, with all the telephone numbers in them, are gone."""
    for import_id, key in import_queries.outdated(before=now - _FILES_KEPT):
        intake.forget(key)
        imports.forget(actor=_UPKEEP, import_id=import_id, now=now)
    for export_id, key in export_queries.outdated(at=now):
        intake.forget(key)
        exports.forget(actor=_UPKEEP, export_id=export_id, now=now)


def _acting(account_id: int, appointment_id: int | None, now: datetime) -> Actor:
    """Whoever asked, as far as he may still act: his rights are judged anew."""
    found = accounts.actor(account_id, at=now, appointment_id=appointment_id)
    if found is None:
        raise errors.Forbidden
    return found
