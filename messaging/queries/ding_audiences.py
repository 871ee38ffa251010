"""Whom a DING calls, of the members of now."""

from collections.abc import Collection
from typing import Any, Final

from django.db import connection

from messaging import ding_errors, membership
from messaging.kinds import DingAudience, DingState
from messaging.models import DingTarget

# Members of now who may see the message, but its caller and whoever said it: nobody confirms his
# own words. Those who have not read it are the ones that its receipts count.
_SEEING: Final = """m.left_seq IS NULL AND m.sees_from_seq <= %(seq)s
   AND m.person_id <> %(but_id)s AND m.person_id IS DISTINCT FROM
       (SELECT e.sender_id FROM messaging_message e
         WHERE e.conversation_id = %(conversation_id)s AND e.seq = %(seq)s)"""
_EVERYBODY: Final = f"""
WITH {membership.PERIODS_IN}
SELECT DISTINCT m.person_id FROM period m WHERE {_SEEING} ORDER BY 1 LIMIT %(limit)s"""
_UNREAD: Final = f"""
WITH {membership.PERIODS_IN}
SELECT DISTINCT m.person_id FROM period m
  LEFT JOIN messaging_readcursor r
    ON r.conversation_id = m.conversation_id AND r.person_id = m.person_id
 WHERE {_SEEING} AND m.joined_seq <= %(seq)s AND coalesce(r.read_seq, 0) < %(seq)s
 ORDER BY 1 LIMIT %(limit)s"""
_AMONG: Final = f"""
WITH {membership.PERIODS_AMONG}
SELECT DISTINCT m.person_id FROM period m WHERE {_SEEING} ORDER BY 1 LIMIT %(limit)s"""


def people(
    conversation_id: int,
    seq: int,
    *,
    audience: DingAudience,
    person_ids: Collection[int],
    but_id: int,
    at_most: int,
) -> list[int]:
    """The people called by a DING of the message, at most one more than `at_most`.

    DingPeopleUnknown if one who is named is not in the conversation now or may not see the message.
    """
    values: dict[str, Any] = {
        "conversation_id": conversation_id,
        "seq": seq,
        "but_id": but_id,
        "limit": at_most + 1,
    }
    if audience == DingAudience.EVERYBODY:
        return _ids(_EVERYBODY, values)
    if audience == DingAudience.UNREAD:
        return _ids(_UNREAD, values)
    wanted = sorted(set(person_ids))
    found = _ids(_AMONG, {**values, "person_ids": wanted})
    if found != wanted[: at_most + 1]:
        raise ding_errors.DingPeopleUnknown
    return found


def exhausted(ding_id: int) -> list[int]:
    """Those who had not confirmed when the DING ended."""
    rows = DingTarget.objects.filter(ding_id=ding_id, state=DingState.EXHAUSTED)
    return sorted(rows.values_list("person_id", flat=True))


def unconfirmed(ding_id: int) -> list[int]:
    """Those who have not confirmed it yet, or had not when it ended."""
    open_states = [DingState.PENDING, DingState.EXHAUSTED]
    rows = DingTarget.objects.filter(ding_id=ding_id, state__in=open_states)
    return sorted(rows.values_list("person_id", flat=True))


def confirmed(ding_id: int, person_ids: Collection[int]) -> set[int]:
    """Those of the people who have confirmed it."""
    rows = DingTarget.objects.filter(
        ding_id=ding_id, person_id__in=person_ids, state=DingState.CONFIRMED
    )
    return set(rows.values_list("person_id", flat=True))


def still_there(
    conversation_id: int, seq: int, person_ids: Collection[int], *, but_id: int
) -> list[int]:
    """Those of the people who are in the conversation and may see the message."""
    values = {
        "conversation_id": conversation_id,
        "seq": seq,
        "but_id": but_id,
        "limit": len(person_ids),
        "person_ids": list(person_ids),
    }
    return _ids(_AMONG, values)


def _ids(sql: str, values: dict[str, Any]) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return [row[0] for row in cursor.fetchall()]
