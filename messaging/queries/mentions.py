"""Whom a message calls."""

from collections.abc import Sequence
from typing import Final

from django.db import connection

from messaging import errors, membership
from messaging.kinds import MENTIONED_AT_MOST
from org.queries import belonging

_OF_UNITS: Final = f"""
SELECT DISTINCT s.person_id FROM unnest(%(unit_ids)s::bigint[]) AS named (unit_id)
 CROSS JOIN LATERAL ({belonging.within("named.unit_id")}) s ORDER BY s.person_id"""


def expand(
    conversation_id: int, *, person_ids: Sequence[int], unit_ids: Sequence[int]
) -> tuple[int, ...]:
    """Those of the people, and of the people of the units, who are in the conversation now.

    Whoever has left meanwhile is passed over: the words stay true. MentionsTooMany.
    """
    asked = [*dict.fromkeys([*person_ids, *_of_units(unit_ids)])]
    if not asked:
        return ()
    present = {
        period.person_id
        for period in membership.periods(asked, conversation_id)
        if period.left_seq is None
    }
    called = tuple(person_id for person_id in asked if person_id in present)
    if len(called) > MENTIONED_AT_MOST:
        raise errors.MentionsTooMany(limit=MENTIONED_AT_MOST)
    return called


def _of_units(unit_ids: Sequence[int]) -> list[int]:
    if not unit_ids:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_OF_UNITS, {"unit_ids": list(unit_ids)})
        return [row[0] for row in cursor.fetchall()]
