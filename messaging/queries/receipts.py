"""Who has read a message and who has not, exact by membership, with names and times."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import connection
from django.db.models import Q

from core.actor import Actor
from messaging import errors, membership, policies
from messaging.models import Message, MessageKind, ReadCursor
from messaging.queries import colleagues
from org.queries import people

# Whoever was a member when the message was sent should read it. The leaving entry itself
# is no message, so a period covers messages below left_seq.
_READERS: Final = f"""
WITH {membership.PERIODS_IN}
SELECT DISTINCT m.person_id, mark.read_at
FROM messaging_message e
JOIN period m ON m.conversation_id = e.conversation_id
    AND m.joined_seq <= e.seq AND (m.left_seq IS NULL OR m.left_seq > e.seq)
    AND m.person_id <> e.sender_id
LEFT JOIN LATERAL (
    SELECT k.read_at FROM messaging_readmark k
    WHERE k.conversation_id = e.conversation_id AND k.person_id = m.person_id
        AND k.read_seq >= e.seq
    ORDER BY k.read_seq LIMIT 1
) mark ON TRUE
WHERE e.conversation_id = %(conversation_id)s AND e.seq = %(seq)s
ORDER BY mark.read_at NULLS LAST, m.person_id
"""

_COUNTS: Final = f"""
WITH {membership.PERIODS_IN}
SELECT e.seq,
    count(*) FILTER (WHERE r.read_seq >= e.seq),
    count(*) FILTER (WHERE r.read_seq IS NULL OR r.read_seq < e.seq)
FROM messaging_message e
JOIN period m ON m.conversation_id = e.conversation_id
    AND m.joined_seq <= e.seq AND (m.left_seq IS NULL OR m.left_seq > e.seq)
    AND m.person_id <> e.sender_id
LEFT JOIN messaging_readcursor r
    ON r.conversation_id = e.conversation_id AND r.person_id = m.person_id
WHERE e.conversation_id = %(conversation_id)s AND e.seq = ANY(%(seqs)s)
GROUP BY e.seq
"""


@dataclass(frozen=True, slots=True)
class ReceiptCount:
    """How many of those who should read a message have, and have not."""

    read: int
    unread: int


@dataclass(frozen=True, slots=True)
class Reader:
    """One person who should read the message; read_at is None until she has."""

    person_id: int
    name: str
    organ_name: str
    unit_name: str
    title: str
    read_at: datetime | None


@dataclass(frozen=True, slots=True)
class ReceiptList:
    """Everybody but the sender: those who read it, earliest first, and the rest."""

    conversation_id: int
    seq: int
    read: list[Reader]
    unread: list[Reader]


def of_message(*, actor: Actor, conversation_id: int, seq: int, at: datetime) -> ReceiptList:
    """The read and unread lists of one of the actor's own messages."""
    person_id = policies.require_member(actor, conversation_id)
    message = Message.objects.filter(
        ~Q(kind=MessageKind.EVENT), conversation_id=conversation_id, seq=seq
    ).first()
    if message is None:
        raise errors.MessageNotFound
    policies.require_sender(person_id, message)
    readers = _readers(conversation_id, seq, at=at)
    return ReceiptList(
        conversation_id=conversation_id,
        seq=seq,
        read=[reader for reader in readers if reader.read_at is not None],
        unread=[reader for reader in readers if reader.read_at is None],
    )


def counts_for_sender(
    *, person_id: int, conversation_id: int, seqs: Sequence[int]
) -> dict[int, ReceiptCount]:
    """The counts of those of the messages that the person herself sent and did not recall."""
    own = Message.objects.filter(
        ~Q(kind=MessageKind.EVENT),
        conversation_id=conversation_id,
        seq__in=seqs,
        sender_id=person_id,
        recalled_at__isnull=True,
    )
    return counts(conversation_id, list(own.values_list("seq", flat=True)))


def counts(conversation_id: int, seqs: Sequence[int]) -> dict[int, ReceiptCount]:
    """How many have read each of the messages; one query, none without messages."""
    if not seqs:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS, {"conversation_id": conversation_id, "seqs": list(seqs)})
        return {seq: ReceiptCount(read, unread) for seq, read, unread in cursor.fetchall()}


def read_seq(person_id: int, conversation_id: int) -> int:
    """How far the person has read; 0 before the first reading."""
    cursor = ReadCursor.objects.filter(conversation_id=conversation_id, person_id=person_id)
    return cursor.values_list("read_seq", flat=True).first() or 0


def _readers(conversation_id: int, seq: int, *, at: datetime) -> list[Reader]:
    with connection.cursor() as cursor:
        cursor.execute(_READERS, {"conversation_id": conversation_id, "seq": seq})
        rows: list[tuple[int, datetime | None]] = cursor.fetchall()
    names = people.names([person_id for person_id, _ in rows], at=at)
    organs = colleagues.organ_names({person.unit_id for person in names.values()})
    return [
        Reader(
            person_id=person_id,
            name=names[person_id].name,
            organ_name=organs[names[person_id].unit_id],
            unit_name=names[person_id].unit_name,
            title=names[person_id].title,
            read_at=read_at,
        )
        for person_id, read_at in rows
        if person_id in names
    ]
