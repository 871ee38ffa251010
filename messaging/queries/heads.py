"""Where the conversations of the people in one process stand: what the hub compares itself with."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.db import connection
from django.db.models.functions import Now

from messaging import fanout, membership
from messaging.models import Message

_HEADS: Final = f"""
WITH {membership.PERIODS_OF}
SELECT p.person_id, p.conversation_id, c.last_seq,
       c.is_virtual OR c.member_count > {fanout.LARGE}
FROM period p JOIN messaging_conversation c ON c.id = p.conversation_id
WHERE p.left_seq IS NULL"""
_HEADS_OF_ALL: Final = f"{_HEADS} ORDER BY p.person_id, p.conversation_id"
_HEADS_AMONG: Final = f"""{_HEADS} AND p.conversation_id = ANY(%(conversation_ids)s::bigint[])
ORDER BY p.person_id, p.conversation_id"""


@dataclass(frozen=True, slots=True)
class LocalHead:
    """Where a person's conversation stands, for the process that holds her sockets."""

    person_id: int
    conversation_id: int
    last_seq: int
    is_crowd: bool
    """Whether its entries are published once, on the conversation's own channel."""


def of_people(person_ids: Sequence[int]) -> list[LocalHead]:
    """Where the conversations of all these people stand; one query."""
    return _heads(_HEADS_OF_ALL, {"person_ids": list(person_ids)})


def among(person_ids: Sequence[int], conversation_ids: Sequence[int]) -> list[LocalHead]:
    """The same of these conversations only; one query, a tenth of the work."""
    asked = {"person_ids": list(person_ids), "conversation_ids": list(conversation_ids)}
    return _heads(_HEADS_AMONG, asked)


def moved_within(period: timedelta) -> list[int]:
    """The conversations in which something was said in the period until now; one query.

    It reads what was said then by its index, and costs the same however many conversations there
    are and however long their logs.
    """
    said = Message.objects.filter(created_at__gte=Now() - period).order_by("conversation_id")
    return list(said.values_list("conversation_id", flat=True).distinct())


def _heads(statement: str, asked: dict[str, list[int]]) -> list[LocalHead]:
    with connection.cursor() as cursor:
        cursor.execute(statement, asked)
        return [LocalHead(*row) for row in cursor.fetchall()]
