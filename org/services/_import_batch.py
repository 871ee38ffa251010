"""The rows of an import and what it may see, for whoever plans it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from core.actor import Actor
from org import policies
from org.exchange import columns, plans
from org.exchange.faults import Faults
from org.exchange.reading import Sheet
from org.kinds import ExchangeSubject
from org.models import DirectoryImport
from org.queries import imports
from org.queries.import_people import Scope

Writer = Callable[..., None]


@dataclass(frozen=True, slots=True)
class Made:
    """A plan, what is wrong with the file, and how it is carried out."""

    summary: plans.Summary
    faults: Faults
    digest: str
    lock: Callable[[], None]
    write: Writer


def rows(batch: DirectoryImport, sheet: Sheet) -> Iterator[tuple[int, dict[str, str]]]:
    """The rows below the headings that say anything, with their numbers."""
    for index, row in enumerate(sheet.rows[batch.header_row :], start=batch.header_row + 1):
        if any(row):
            yield index, columns.cells(row, batch.columns)


def scope(batch: DirectoryImport, *, actor: Actor, now: datetime) -> Scope:
    """Nothing outside the import's unit and outside the actor's rights is seen."""
    role = imports.role_of(ExchangeSubject(batch.subject))
    administrator = policies.Administrator(actor.require_person(), role)
    return Scope(root_id=batch.unit_id, administrator=administrator, at=now)
