"""Writing whom a notice is for, however many, without reading them first."""

from collections.abc import Sequence
from typing import Any, Final

from django.db import connection

from messaging.models import NoticeTarget, WorkNotice
from org.queries import belonging

_TO_UNITS: Final = f"""
INSERT INTO messaging_noticetarget (notice_id, person_id)
SELECT %(notice)s, s.person_id
  FROM ({belonging.function_below("%(units)s::bigint[]", "%(functions)s::varchar[]")}) s
"""


def to_people(notice: WorkNotice, person_ids: Sequence[int]) -> int:
    """The notice is for the people; how many they are."""
    targets = [NoticeTarget(notice=notice, person_id=person_id) for person_id in person_ids]
    NoticeTarget.objects.bulk_create(targets, batch_size=1000)
    return len(targets)


def to_units(notice: WorkNotice, unit_ids: Sequence[int], functions: Sequence[str]) -> int:
    """The notice is for all who serve at or below the units, with posts of the functions if any."""
    values: dict[str, Any] = {
        "notice": notice.pk,
        "units": list(unit_ids),
        "functions": list(functions),
    }
    with connection.cursor() as cursor:
        cursor.execute(_TO_UNITS, values)
        return int(cursor.rowcount)
