"""Lists of people and units as they are exported, and the exports that were asked for."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import connection, transaction
from django.utils import timezone

from core import crypto, paging
from core.actor import Actor
from org import errors, policies
from org.exchange import phones
from org.kinds import (
    AppointmentKind,
    ExchangeSubject,
    ExportState,
    PhoneReach,
    PostFunction,
    UnitKind,
)
from org.models import DirectoryExport
from org.queries import imports, units
from org.queries.import_people import Scope

_HISTORY: Final = paging.Cursors("org.exports", tuple[int])
_CHUNK: Final = 2_000
_WITHIN: Final = """JOIN org_unit top ON top.id = %(root)s AND u.tree_id = top.tree_id
  AND u.lft BETWEEN top.lft AND top.rght"""
_STANDS: Final = "u.valid_from <= %(at)s AND (u.valid_to IS NULL OR u.valid_to > %(at)s)"
_HOLDS: Final = "a.valid_from <= %(at)s AND (a.valid_to IS NULL OR a.valid_to > %(at)s)"
_PEOPLE: Final = f"""
SELECT u.id, p.public_id, p.name, p.phone_cipher, p.staff_number, u.code, t.title, t.function,
       a.kind, p.job_level, a."order", a.office_phone, a.valid_from
  FROM org_unit u {_WITHIN}
  JOIN org_appointment a ON a.unit_id = u.id AND {_HOLDS}
  JOIN org_person p ON p.id = a.person_id JOIN org_post t ON t.id = a.post_id
 WHERE {policies.ADMINISTERED} ORDER BY u.lft, t.rank, a."order", a.id"""
_UNITS: Final = f"""
SELECT u.id, u.parent_id, u.code, u.name, u.short_name, u.kind, o.code, u.sort, u.phone, u.address
  FROM org_unit u {_WITHIN} LEFT JOIN org_unit o ON o.id = u.parent_id
 WHERE {_STANDS} AND {policies.ADMINISTERED} ORDER BY u.lft"""
_COUNT: Final = f"""
SELECT count(DISTINCT a.person_id) FROM org_unit u {_WITHIN}
  JOIN org_appointment a ON a.unit_id = u.id AND {_HOLDS} WHERE {policies.ADMINISTERED}"""


@dataclass(frozen=True, slots=True)
class Listed:
    """One export in the history; `is_mine` says that the reader asked for it."""

    id: int
    subject: str
    subject_name: str
    unit_name: str
    file_name: str
    phones_name: str
    state: str
    state_name: str
    row_count: int
    size: int
    refusal: str
    asked_by: str
    is_mine: bool
    review_request_id: int | None
    asked_at: datetime
    ready_at: datetime | None
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be written, and for whom."""

    export_id: int
    subject: ExchangeSubject
    unit_id: int
    file_format: str
    phones: PhoneReach
    account_id: int
    appointment_id: int | None


def scope_of(actor: Actor, subject: ExchangeSubject, unit_id: int, *, at: datetime) -> Scope:
    """What of the unit the actor manages."""
    role = imports.role_of(subject)
    return Scope(unit_id, policies.Administrator(actor.require_person(), role), at)


def count_people(scope: Scope) -> int:
    """How many people an export of the scope would list."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, scope.values)
        return int(cursor.fetchone()[0])


def people(scope: Scope, *, reach: PhoneReach) -> Iterator[list[str]]:
    """One row for each appointment, in the order of the tree and of the columns of the file."""
    for chunk in _chunks(_PEOPLE, scope):
        above = units.paths({row[0] for row in chunk})
        for row in chunk:
            yield _person(row, _path(above, row[0]), reach)


def organisation(scope: Scope) -> Iterator[list[str]]:
    """One row for each unit, those above before those below."""
    for chunk in _chunks(_UNITS, scope):
        above = units.paths({row[1] for row in chunk if row[1]})
        for _id, parent_id, code, name, short, kind, over, sort, phone, address in chunk:
            parent = _path(above, parent_id) if parent_id else ""
            shown = str(UnitKind(kind).label)
            yield [code, name, short, shown, over or "", parent, str(sort), phone, address]


def places(scope: Scope, *, limit: int) -> list[tuple[str, str, str]]:
    """Code, name and path of the units of the scope, for the template."""
    with connection.cursor() as cursor:
        cursor.execute(f"{_UNITS} LIMIT %(limit)s", {**scope.values, "limit": limit})
        rows = cursor.fetchall()
    above = units.paths({row[0] for row in rows})
    return [(row[2], row[3], _path(above, row[0])) for row in rows]


def history(
    actor: Actor, *, at: datetime, limit: int = 20, cursor: str | None = None
) -> paging.Page[Listed]:
    """The exports that the actor asked for, newest first."""
    me = actor.require_person()
    found = DirectoryExport.objects.filter(asked_by_id=me).select_related("unit", "asked_by")
    if (after := _HISTORY.decode(cursor)) is not None:
        found = found.filter(id__lt=after[0])
    rows = list(found.order_by("-id")[: limit + 1])
    items = [_listed(row, me) for row in rows[:limit]]
    return paging.Page(items, _HISTORY.encode((items[-1].id,)) if len(rows) > limit else None)


def detail(actor: Actor, export_id: int) -> Listed:
    """The export; ExportNotFound for somebody else's."""
    me = actor.require_person()
    row = (
        DirectoryExport.objects.select_related("unit", "asked_by")
        .filter(pk=export_id, asked_by_id=me)
        .first()
    )
    if row is None:
        raise errors.ExportNotFound
    return _listed(row, me)


def wanted(export_id: int) -> Wanted | None:
    """The export that is to be written; None for one that waits, is written or was refused."""
    row = DirectoryExport.objects.filter(pk=export_id, state=ExportState.QUEUED).first()
    if row is None:
        return None
    return Wanted(
        export_id=row.pk,
        subject=ExchangeSubject(row.subject),
        unit_id=row.unit_id,
        file_format=row.file_format,
        phones=PhoneReach(row.phones),
        account_id=row.account_id,
        appointment_id=row.appointment_id,
    )


def outdated(*, at: datetime, limit: int = 500) -> list[tuple[int, str]]:
    """Exports whose file nobody may fetch any more: id and key."""
    rows = DirectoryExport.objects.filter(state=ExportState.READY, expires_at__lte=at)
    return list(rows.values_list("pk", "file_key")[:limit])


def _chunks(sql: str, scope: Scope) -> Iterator[list[tuple[Any, ...]]]:
    # A cursor of the server's: a province's people are never all in memory.
    with transaction.atomic(), connection.chunked_cursor() as cursor:
        cursor.execute(sql, scope.values)
        while rows := cursor.fetchmany(_CHUNK):
            yield rows


def _person(row: tuple[Any, ...], path: str, reach: PhoneReach) -> list[str]:
    (_unit, number, name, sealed, staff, code, title, function, kind, level, order, office,
     begin) = row  # fmt: skip
    phone = crypto.decrypt_text(bytes(sealed)) if sealed else ""
    return [
        str(number),
        name,
        phone if reach is PhoneReach.FULL else phones.masked(phone),
        staff,
        code,
        path,
        title,
        str(PostFunction(function).label),
        str(AppointmentKind(kind).label),
        level,
        str(order),
        office,
        str(timezone.localtime(begin).date()),
    ]


def _path(above: dict[int, list[units.UnitName]], unit_id: int) -> str:
    return "/".join(unit.name for unit in above[unit_id])


def _listed(row: DirectoryExport, me: int) -> Listed:
    return Listed(
        id=row.pk,
        subject=row.subject,
        subject_name=row.get_subject_display(),
        unit_name=row.unit.name,
        file_name=row.file_name,
        phones_name=row.get_phones_display() if row.subject == ExchangeSubject.PEOPLE else "",
        state=row.state,
        state_name=row.get_state_display(),
        row_count=row.row_count,
        size=row.size,
        refusal=row.refusal,
        asked_by=row.asked_by.name,
        is_mine=row.asked_by_id == me,
        review_request_id=row.review_request_id,
        asked_at=row.asked_at,
        ready_at=row.ready_at,
        expires_at=row.expires_at,
    )
