"""Document numbers: gapless per organ, series and year, because a locked row counts them."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import F

from core.actor import Actor
from core.db import service
from documents import papers
from documents.models import DocumentNumber, NumberCounter


@dataclass(frozen=True, slots=True)
class TakenNumber:
    """A number in the register."""

    id: int
    series: str
    year: int
    serial: int

    @property
    def text(self) -> str:
        """The 发文字号 as printed."""
        return papers.number_text(self.series, self.year, self.serial)


@service
def take_next(
    *, actor: Actor, issuing_unit_id: int, series: str, document_id: int, now: datetime
) -> TakenNumber:
    """The document has the series' next number of the Beijing year.

    Holds the counter's row until the caller's transaction ends: if that rolls back, the next
    caller gets the same number, so there is never a gap. No sequence can promise that.
    """
    year = papers.beijing_day(now).year
    NumberCounter.objects.bulk_create(
        [NumberCounter(issuing_unit_id=issuing_unit_id, series=series, year=year)],
        ignore_conflicts=True,
    )
    counter = NumberCounter.objects.select_for_update().get(
        issuing_unit_id=issuing_unit_id, series=series, year=year
    )
    NumberCounter.objects.filter(pk=counter.pk).update(last=F("last") + 1)
    number = DocumentNumber.objects.create(
        document_id=document_id,
        issuing_unit_id=issuing_unit_id,
        series=series,
        year=year,
        serial=counter.last + 1,
        registered_at=now,
        registered_by_id=actor.person_id,
    )
    return TakenNumber(number.pk, series, year, number.serial)
