"""Makes the plan of an import from its rows and from what is known, for either subject."""

from datetime import datetime
from functools import partial

from django.utils import timezone

from core.actor import Actor
from org.exchange import people_plan, people_rows
from org.exchange.faults import Faults
from org.exchange.reading import Sheet
from org.kinds import ExchangeSubject, ImportMode
from org.models import DirectoryImport
from org.queries import departures, import_people
from org.services import _import_batch, _import_people, _import_units
from org.services._import_batch import Made


def make(batch: DirectoryImport, sheet: Sheet, *, actor: Actor, now: datetime) -> Made:
    """The plan as things stand."""
    maker = _people if batch.subject == ExchangeSubject.PEOPLE else _import_units.make
    return maker(batch, sheet, actor=actor, now=now)


def make_locked(batch: DirectoryImport, sheet: Sheet, *, actor: Actor, now: datetime) -> Made:
    """The plan as things stand and will stand until the transaction ends."""
    make(batch, sheet, actor=actor, now=now).lock()
    return make(batch, sheet, actor=actor, now=now)


def _people(batch: DirectoryImport, sheet: Sheet, *, actor: Actor, now: datetime) -> Made:
    faults = Faults()
    mode = ImportMode(batch.mode)
    today = timezone.localtime(now).date()
    read = people_rows.read(_import_batch.rows(batch, sheet), faults, today=today)
    state = import_people.state(
        read, _import_batch.scope(batch, actor=actor, now=now), whole=mode is ImportMode.SYNC
    )
    if mode is ImportMode.SYNC:
        state.beyond = departures.out_of_reach(actor, state.known, at=now)
    plan = people_plan.make(read, state, faults, mode=mode)
    return Made(
        summary=plan.summary,
        faults=faults,
        digest=plan.digest,
        lock=partial(_import_people.lock, plan),
        write=partial(_import_people.write, plan),
    )
