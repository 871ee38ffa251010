"""What org does when something happened, and on its schedules."""

from datetime import datetime, timedelta
from typing import Final

from core import actor, errors
from core.actor import Actor
from org import events
from org.exchange import intake
from org.kinds import ImportState
from org.queries import accounts
from org.queries import imports as import_queries
from org.services import headcounts, imports, reorganisation_decisions, tree

_UPKEEP: Final = actor.system("upkeep")
_FILES_KEPT: Final = timedelta(days=30)


def fold_headcounts(now: datetime) -> None:
    """Appointments and ends of the last minute stand in the counters."""
    headcounts.fold(actor=_UPKEEP, now=now)


def tidy_tree(now: datetime) -> None:
    """The tree has slack where it was short of it and stands in order, for the day to come."""
    tree.tidy(actor=_UPKEEP, now=now)


def on_reorganisation_due(event: events.ReorganisationDue, now: datetime) -> None:
    """The reorganisation is carried out, or it says why it could not be."""
    reorganisation_decisions.take_effect(
        actor=actor.system("reorganisations"),
        reorganisation_id=event.reorganisation_id,
        effective_at=event.effective_at,
        now=now,
    )


def on_import_mapped(event: events.ImportMapped, now: datetime) -> None:
    """What the uploaded file would do stands beside it, or why it can't be read."""
    stored = import_queries.stored(event.import_id)
    if stored is None or stored.state is not ImportState.CHECKING:
        return
    try:
        content = intake.fetch(stored.key, sha256=stored.sha256)
        sheet = intake.read(content, stored.file_format, subject=stored.subject)
        imports.check(actor=_importer(stored, now), import_id=event.import_id, sheet=sheet, now=now)
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
        imports.apply(actor=_importer(stored, now), import_id=event.import_id, sheet=sheet, now=now)
    except errors.DomainError as refusal:
        imports.refuse(
            actor=_UPKEEP,
            import_id=event.import_id,
            refusal=refusal.text,
            falls_to=ImportState.CHECKED,
            now=now,
        )


def forget_uploads(now: datetime) -> None:
    """Files uploaded long ago, with all the telephone numbers in them, are gone."""
    for import_id, key in import_queries.outdated(before=now - _FILES_KEPT):
        intake.forget(key)
        imports.forget(actor=_UPKEEP, import_id=import_id, now=now)


def _importer(stored: import_queries.Stored, now: datetime) -> Actor:
    """Whoever uploaded, as far as he may still act: his rights are judged anew."""
    found = accounts.actor(stored.account_id, at=now, appointment_id=stored.appointment_id)
    if found is None:
        raise errors.Forbidden
    return found
