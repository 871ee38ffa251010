"""Imports as their pages show them, for those who manage what they are about."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import connection

from core import paging
from core.actor import Actor
from org import errors, policies
from org.kinds import (
    AdminRole,
    ExchangeSubject,
    FaultGravity,
    ImportMode,
    ImportOutcome,
    ImportState,
)
from org.models import DirectoryImport, ImportFault, ImportLine

_HISTORY: Final = paging.Cursors("org.imports", tuple[int])
_FAULTS: Final = paging.Cursors("org.import_faults", tuple[int, int])
_LINES: Final = paging.Cursors("org.import_lines", tuple[int])
_RUNNING: Final = (ImportState.CHECKING, ImportState.APPLYING)


@dataclass(frozen=True, slots=True)
class Listed:
    """One import in the history."""

    id: int
    subject: str
    subject_name: str
    mode_name: str
    state: str
    state_name: str
    unit_id: int
    unit_name: str
    file_name: str
    row_count: int
    uploaded_by: str
    uploaded_at: datetime
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class Detail:
    """One import with all that its page shows."""

    id: int
    subject: ExchangeSubject
    mode: ImportMode
    state: ImportState
    unit_id: int
    unit_name: str
    file_name: str
    file_format: str
    size: int
    sheet: str
    header_row: int
    row_count: int
    headings: list[str]
    samples: list[list[str]]
    columns: dict[str, int]
    counts: dict[str, int]
    guarded: list[dict[str, Any]]
    error_count: int
    note_count: int
    refusal: str
    uploaded_by_id: int
    uploaded_by: str
    approved_by: str
    review_request_id: int | None
    is_cancelling: bool
    has_file: bool
    uploaded_at: datetime
    checked_at: datetime | None
    confirmed_at: datetime | None
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class FaultShown:
    """One fault of one row. `column` counts from 0."""

    row: int
    column: int | None
    heading: str
    code: str
    gravity: str
    gravity_name: str
    text: str


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that a row changes."""

    label: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class LineShown:
    """What one row changes."""

    row: int
    outcome: str
    outcome_name: str
    name: str
    place: str
    changes: list[Change]


@dataclass(frozen=True, slots=True)
class Stored:
    """Where an import's file lies and for whom it is worked upon."""

    import_id: int
    subject: ExchangeSubject
    state: ImportState
    file_name: str
    file_format: str
    key: str
    sha256: str
    header_row: int
    account_id: int
    appointment_id: int | None


def role_of(subject: ExchangeSubject) -> AdminRole:
    """The administrators who import and export this."""
    return AdminRole.PEOPLE if subject is ExchangeSubject.PEOPLE else AdminRole.ORG


def administrator_of(actor: Actor, subject: ExchangeSubject) -> policies.Administrator:
    """The actor in the role that imports and exports this."""
    return policies.Administrator(actor.require_person(), role_of(subject))


def may_exchange(actor: Actor, subject: ExchangeSubject, unit_id: int, *, at: datetime) -> bool:
    """The actor may import and export people (or units) of the unit."""
    if subject is ExchangeSubject.PEOPLE:
        return policies.may_manage_people(actor, unit_id, at=at)
    return policies.may_manage_units(actor, unit_id, at=at)


def require_scope(actor: Actor, subject: ExchangeSubject, unit_id: int, *, at: datetime) -> None:
    """OutOfScope for a unit of which the actor may not import: asked before a file is read."""
    if not may_exchange(actor, subject, unit_id, at=at):
        raise errors.OutOfScope


def history(
    actor: Actor, *, at: datetime, limit: int = 20, cursor: str | None = None
) -> paging.Page[Listed]:
    """The imports into units that the actor manages, newest first."""
    after = _HISTORY.decode(cursor)
    rows = _fetch(
        f"""
        SELECT b.id, b.subject, b.mode, b.state, b.unit_id, u.name, b.file_name, b.row_count,
               p.name, b.uploaded_at, b.finished_at
          FROM org_directoryimport b JOIN org_unit u ON u.id = b.unit_id
          JOIN org_person p ON p.id = b.uploaded_by_id
         WHERE (%(after)s::bigint IS NULL OR b.id < %(after)s)
           AND ((b.subject = 'people' AND {_managed("people")})
             OR (b.subject = 'units' AND {_managed("org")}))
         ORDER BY b.id DESC LIMIT %(limit)s""",
        {
            "administrator": actor.require_person(),
            "at": at,
            "after": after[0] if after else None,
            "limit": limit + 1,
        },
    )
    items = [_listed(row) for row in rows[:limit]]
    return paging.Page(items, _HISTORY.encode((items[-1].id,)) if len(rows) > limit else None)


def detail(actor: Actor, import_id: int, *, at: datetime) -> Detail:
    """The import; ImportNotFound also for one of units that the actor does not manage."""
    batch = (
        DirectoryImport.objects.select_related("unit", "uploaded_by", "approved_by")
        .filter(pk=import_id)
        .first()
    )
    if batch is None or not may_exchange(
        actor, ExchangeSubject(batch.subject), batch.unit_id, at=at
    ):
        raise errors.ImportNotFound
    return Detail(
        id=batch.pk,
        subject=ExchangeSubject(batch.subject),
        mode=ImportMode(batch.mode),
        state=ImportState(batch.state),
        unit_id=batch.unit_id,
        unit_name=batch.unit.name,
        file_name=batch.file_name,
        file_format=batch.file_format,
        size=batch.size,
        sheet=batch.sheet,
        header_row=batch.header_row,
        row_count=batch.row_count,
        refusal=batch.refusal,
        **_found(batch),
        uploaded_by_id=batch.uploaded_by_id,
        uploaded_by=batch.uploaded_by.name,
        approved_by=batch.approved_by.name if batch.approved_by else "",
        review_request_id=batch.review_request_id,
        is_cancelling=batch.cancel_asked_at is not None and batch.state in _RUNNING,
        has_file=bool(batch.file_key),
        uploaded_at=batch.uploaded_at,
        checked_at=batch.checked_at,
        confirmed_at=batch.confirmed_at,
        finished_at=batch.finished_at,
    )


def faults(
    import_id: int,
    *,
    gravity: str = "",
    code: str = "",
    limit: int = 50,
    cursor: str | None = None,
) -> paging.Page[FaultShown]:
    """The faults in the order of the file. The caller has asked for `detail` first."""
    found = ImportFault.objects.filter(batch_id=import_id)
    if gravity:
        found = found.filter(gravity=gravity)
    if code:
        found = found.filter(code=code)
    if (after := _FAULTS.decode(cursor)) is not None:
        found = found.filter(row__gte=after[0]).exclude(row=after[0], id__lte=after[1])
    rows = list(found.order_by("row", "id")[: limit + 1])
    items = [
        FaultShown(
            row=row.row,
            column=row.column,
            heading=row.heading,
            code=row.code,
            gravity=row.gravity,
            gravity_name=str(FaultGravity(row.gravity).label),
            text=row.text,
        )
        for row in rows[:limit]
    ]
    last = rows[limit - 1] if len(rows) > limit else None
    return paging.Page(items, _FAULTS.encode((last.row, last.pk)) if last else None)


def fault_codes(import_id: int) -> list[tuple[str, str, int]]:
    """Which faults there are: code, an example of what is said, how many; the commonest first."""
    rows = _fetch(
        "SELECT code, min(text), count(*) FROM org_importfault WHERE batch_id = %(id)s"
        " GROUP BY code ORDER BY count(*) DESC, code",
        {"id": import_id},
    )
    return [(code, text, count) for code, text, count in rows]


def all_faults(import_id: int) -> Sequence[FaultShown]:
    """Every fault, for the report."""
    return faults(import_id, limit=200_000).items


def lines(
    import_id: int, *, outcome: str = "", limit: int = 50, cursor: str | None = None
) -> paging.Page[LineShown]:
    """What the rows change. The caller has asked for `detail` first."""
    found = ImportLine.objects.filter(batch_id=import_id)
    if outcome:
        found = found.filter(outcome=outcome)
    if (after := _LINES.decode(cursor)) is not None:
        found = found.filter(id__gt=after[0])
    rows = list(found.order_by("id")[: limit + 1])
    items = [
        LineShown(
            row=row.row,
            outcome=row.outcome,
            outcome_name=str(ImportOutcome(row.outcome).label),
            name=row.name,
            place=row.place,
            changes=[
                Change(label, row.before.get(label, ""), row.after.get(label, ""))
                for label in {**row.before, **row.after}
            ],
        )
        for row in rows[:limit]
    ]
    last = rows[limit - 1] if len(rows) > limit else None
    return paging.Page(items, _LINES.encode((last.pk,)) if last else None)


def stored(import_id: int) -> Stored | None:
    """The import's file and whose act it is; None where there is none or it was cleared away."""
    batch = DirectoryImport.objects.filter(pk=import_id).exclude(file_key="").first()
    if batch is None:
        return None
    return Stored(
        import_id=batch.pk,
        subject=ExchangeSubject(batch.subject),
        state=ImportState(batch.state),
        file_name=batch.file_name,
        file_format=batch.file_format,
        key=batch.file_key,
        sha256=batch.sha256,
        header_row=batch.header_row,
        account_id=batch.account_id,
        appointment_id=batch.appointment_id,
    )


def outdated(*, before: datetime, limit: int = 500) -> list[tuple[int, str]]:
    """Imports with a file that nobody needs any more: id and key."""
    rows = DirectoryImport.objects.filter(uploaded_at__lt=before).exclude(file_key="")
    return list(rows.exclude(state__in=_RUNNING).values_list("pk", "file_key")[:limit])


def _found(batch: DirectoryImport) -> dict[str, Any]:
    """What reading and checking found."""
    return {
        "headings": batch.headings,
        "samples": batch.samples,
        "columns": batch.columns,
        "counts": batch.counts,
        "guarded": batch.guarded,
        "error_count": batch.error_count,
        "note_count": batch.note_count,
    }


def faulty_rows(import_id: int) -> int:
    """How many rows have an error, several in one row counted once."""
    wrong = ImportFault.objects.filter(batch_id=import_id, gravity=FaultGravity.ERROR)
    return wrong.values("row").distinct().count()


def _managed(role: str) -> str:
    # Two roles in one statement: the fragment takes its role from a literal of ours.
    return policies.ADMINISTERED.replace("%(role)s", f"'{role}'")


def _listed(row: tuple[Any, ...]) -> Listed:
    return Listed(
        id=row[0],
        subject=row[1],
        subject_name=str(ExchangeSubject(row[1]).label),
        mode_name=str(ImportMode(row[2]).label),
        state=row[3],
        state_name=str(ImportState(row[3]).label),
        unit_id=row[4],
        unit_name=row[5],
        file_name=row[6],
        row_count=row[7],
        uploaded_by=row[8],
        uploaded_at=row[9],
        finished_at=row[10],
    )


def _fetch(sql: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())
