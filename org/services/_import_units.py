"""Plans and writes an import of units."""

from datetime import datetime

from core.actor import Actor
from org.exchange.reading import Sheet
from org.models import DirectoryImport
from org.services._import_batch import Made


def make(batch: DirectoryImport, sheet: Sheet, *, actor: Actor, now: datetime) -> Made:
    raise NotImplementedError
