"""Writing whom a notice is for, however many, without reading them first."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from django.db import connection

from messaging.models import NoticeTarget, WorkNotice
from org.kinds import AdminRole
from org.queries import administering, belonging

_UNITS: Final = "%(units)s::bigint[]"
_SERVING: Final = belonging.function_below(_UNITS, "%(functions)s::varchar[]")
_ADMINISTERING: Final = f"""
SELECT holder.person_id FROM ({administering.over(_UNITS, "%(roles)s::varchar[]")}) holder
 WHERE %(within)s::bigint IS NULL
    OR {belonging.serves_below("holder.person_id", "%(within)s::bigint")}"""


def to_people(notice: WorkNotice, person_ids: Sequence[int]) -> int:
    """The notice is for the people; how many they are."""
    targets = [
        NoticeTarget(notice=notice, person_id=person_id, source=notice.source, asks=notice.asks)
        for person_id in person_ids
    ]
    NoticeTarget.objects.bulk_create(targets, batch_size=1000)
    return len(targets)


def to_units(
    notice: WorkNotice,
    unit_ids: Sequence[int],
    functions: Sequence[str],
    roles: Sequence[AdminRole],
    *,
    within: int | None,
    at: datetime,
) -> int:
    """The notice is for those who serve at or below the units or administer them; how many."""
    wanted = [_ADMINISTERING] if roles else []
    if functions or not roles:
        wanted.append(_SERVING)
    values: dict[str, Any] = {
        "notice": notice.pk,
        "source": notice.source,
        "asks": notice.asks,
        "units": list(unit_ids),
        "functions": list(functions),
        "roles": [role.value for role in roles],
        "within": within,
        "at": at,
    }
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO messaging_noticetarget (notice_id, person_id, source, asks)"
            " SELECT %(notice)s, s.person_id, %(source)s, %(asks)s"
            f" FROM ({' UNION '.join(wanted)}) s",
            values,
        )
        return int(cursor.rowcount)
