"""A person's conversations: the list, the unread numbers, the heads, the members."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import connection
from django.db.models import Q, QuerySet

from core import paging
from core.actor import Actor
from core.paging import Page
from messaging import fanout, policies
from messaging.models import (
    Conversation,
    ConversationKind,
    Member,
    Message,
    ReadCursor,
    log,
)
from messaging.queries import colleagues, messages
from messaging.queries.messages import Entry
from org.queries import people

_NEWEST: Final = paging.Cursors("messaging.conversations", tuple[datetime, int])

UNREAD_CAP: Final = 1000
"""Nobody reads a number above 999: counting stops here."""

# last_countable_seq answers "anything new?" from the hot row; only then are rows counted.
_UNREAD: Final = """
SELECT m.person_id, m.conversation_id, u.n
FROM messaging_member m
JOIN messaging_conversation c ON c.id = m.conversation_id
LEFT JOIN messaging_readcursor r
    ON r.conversation_id = m.conversation_id AND r.person_id = m.person_id
CROSS JOIN LATERAL (
    SELECT count(*) AS n FROM (
        SELECT 1 FROM messaging_message e
        WHERE e.conversation_id = m.conversation_id
            AND e.seq > coalesce(r.read_seq, 0) AND e.seq >= m.joined_seq
            AND e.kind = 'text' AND e.recalled_at IS NULL AND e.sender_id <> m.person_id
        LIMIT %s
    ) counted
) u
WHERE m.person_id = ANY(%s) AND m.left_seq IS NULL
    AND c.last_countable_seq > coalesce(r.read_seq, 0)
"""

_HEADS: Final = """
SELECT m.person_id, m.conversation_id, c.last_seq, c.member_count
FROM messaging_member m
JOIN messaging_conversation c ON c.id = m.conversation_id
WHERE m.person_id = ANY(%s) AND m.left_seq IS NULL
ORDER BY m.person_id, m.conversation_id
"""


@dataclass(frozen=True, slots=True)
class Card:
    """A conversation in its reader's list."""

    id: int
    kind: str
    title: str
    """The group's name, or the other person's."""
    peer_id: int | None
    member_count: int
    last_seq: int
    read_seq: int
    unread: int
    last_at: datetime
    last_entry: Entry | None


@dataclass(frozen=True, slots=True)
class MemberCard:
    """One member in the information panel."""

    person_id: int
    name: str
    organ_name: str
    unit_name: str
    title: str
    role: str


@dataclass(frozen=True, slots=True)
class Detail:
    """One conversation with its members."""

    card: Card
    members: list[MemberCard]


@dataclass(frozen=True, slots=True)
class Head:
    """Where a conversation stands and how far its reader is."""

    conversation_id: int
    last_seq: int
    read_seq: int
    unread: int


@dataclass(frozen=True, slots=True)
class LocalHead:
    """Where a person's conversation stands, for the process that holds her sockets."""

    person_id: int
    conversation_id: int
    last_seq: int
    member_count: int


@dataclass(frozen=True, slots=True)
class Hearing:
    """Of some people: who may see an entry, and who is in the conversation now."""

    seeing: frozenset[int]
    present: frozenset[int]


def list_for(*, actor: Actor, cursor: str | None, limit: int, at: datetime) -> Page[Card]:
    """The actor's conversations, the one with the newest entry first."""
    person_id = actor.require_person()
    # A direct conversation in which nothing was said yet shows to whoever opened it.
    rows = _of_person(person_id).filter(Q(last_seq__gt=0) | Q(created_by_id=person_id))
    if (position := _NEWEST.decode(cursor)) is not None:
        last_at, last_id = position
        rows = rows.filter(Q(last_at__lt=last_at) | Q(last_at=last_at, id__lt=last_id))
    found = list(rows.order_by("-last_at", "-id")[: limit + 1])
    shown = found[:limit]
    more = len(found) > limit
    following = _NEWEST.encode((shown[-1].last_at, shown[-1].pk)) if more else None
    return Page(items=_cards(shown, person_id, at=at), next_cursor=following)


def detail(*, actor: Actor, conversation_id: int, at: datetime) -> Detail:
    """One conversation as its member sees it; the owner first, then by joining."""
    person_id = policies.require_member(actor, conversation_id)
    conversation = Conversation.objects.get(pk=conversation_id)
    return Detail(
        card=_cards([conversation], person_id, at=at)[0],
        members=_members(conversation_id, at=at),
    )


def unread_count(person_id: int) -> int:
    """How many messages of all her conversations the person has not read."""
    return sum(_unread_by_conversation(person_id).values())


def heads(*, actor: Actor) -> list[Head]:
    """Where each of the actor's conversations stands: what a client compares itself with."""
    person_id = actor.require_person()
    unread = _unread_by_conversation(person_id)
    standing = local_heads([person_id])
    cursors = _cursors(person_id, [head.conversation_id for head in standing])
    return [
        Head(
            conversation_id=head.conversation_id,
            last_seq=head.last_seq,
            read_seq=cursors.get(head.conversation_id, 0),
            unread=unread.get(head.conversation_id, 0),
        )
        for head in standing
    ]


def local_heads(person_ids: Sequence[int]) -> list[LocalHead]:
    """Where the conversations of all these people stand; one query."""
    with connection.cursor() as cursor:
        cursor.execute(_HEADS, [list(person_ids)])
        return [LocalHead(*row) for row in cursor.fetchall()]


def hearing(*, conversation_id: int, seq: int, person_ids: Sequence[int]) -> Hearing:
    """Which of these people may see the entry, and which are members; one query."""
    periods = Member.objects.filter(conversation_id=conversation_id, person_id__in=person_ids)
    rows = list(periods.values_list("person_id", "joined_seq", "left_seq"))
    return Hearing(
        seeing=frozenset(
            person_id
            for person_id, joined, left in rows
            if joined <= seq and (left is None or seq <= left)
        ),
        present=frozenset(person_id for person_id, _, left in rows if left is None),
    )


def audience(held: Conversation) -> fanout.Audience:
    """Who hears an entry: each member by name, or the large conversation as one."""
    if held.member_count > fanout.LARGE:
        return fanout.Audience(held.pk, None)
    return fanout.Audience(held.pk, present_ids(held))


def present_ids(held: Conversation) -> tuple[int, ...]:
    """The person ids of the members of now."""
    return tuple(log.present(held).order_by("person_id").values_list("person_id", flat=True))


def _of_person(person_id: int) -> QuerySet[Conversation]:
    present = Member.objects.filter(person_id=person_id, left_seq__isnull=True)
    return Conversation.objects.filter(pk__in=present.values("conversation_id"))


def _cards(rows: Sequence[Conversation], person_id: int, *, at: datetime) -> list[Card]:
    ids = [row.pk for row in rows]
    peers = {row.pk: _peer_of(row, person_id) for row in rows}
    last = {row.conversation_id: row for row in _last_messages(rows)}
    senders = {row.sender_id for row in last.values() if row.sender_id is not None}
    known = people.names(sorted({*senders, *(p for p in peers.values() if p)}), at=at)
    unread = _unread_by_conversation(person_id)
    cursors = _cursors(person_id, ids)
    return [
        Card(
            id=row.pk,
            kind=row.kind,
            title=row.title or _name(known, peers[row.pk]),
            peer_id=peers[row.pk],
            member_count=row.member_count,
            last_seq=row.last_seq,
            read_seq=cursors.get(row.pk, 0),
            unread=unread.get(row.pk, 0),
            last_at=row.last_at,
            last_entry=(
                messages.entry_of(last[row.pk], sender_name=_name(known, last[row.pk].sender_id))
                if row.pk in last
                else None
            ),
        )
        for row in rows
    ]


def _last_messages(rows: Sequence[Conversation]) -> list[Message]:
    wanted = [(row.pk, row.last_seq) for row in rows if row.last_seq]
    return list(Message.objects.filter(pk__in=wanted)) if wanted else []


def _peer_of(conversation: Conversation, person_id: int) -> int | None:
    if conversation.kind != ConversationKind.DIRECT:
        return None
    pair = [int(part) for part in conversation.direct_key.split(":")]
    return pair[0] if pair[1] == person_id else pair[1]


def _members(conversation_id: int, *, at: datetime) -> list[MemberCard]:
    rows = Member.objects.filter(conversation_id=conversation_id, left_seq__isnull=True)
    present = list(rows.order_by("-role", "joined_seq", "id"))
    names = people.names([row.person_id for row in present], at=at)
    organs = colleagues.organ_names({person.unit_id for person in names.values()})
    return [
        MemberCard(
            person_id=row.person_id,
            name=names[row.person_id].name,
            organ_name=organs[names[row.person_id].unit_id],
            unit_name=names[row.person_id].unit_name,
            title=names[row.person_id].title,
            role=row.role,
        )
        for row in present
        if row.person_id in names
    ]


def _unread_by_conversation(person_id: int) -> dict[int, int]:
    with connection.cursor() as cursor:
        cursor.execute(_UNREAD, [UNREAD_CAP, [person_id]])
        return {conversation_id: count for _, conversation_id, count in cursor.fetchall()}


def _cursors(person_id: int, conversation_ids: Sequence[int]) -> dict[int, int]:
    rows = ReadCursor.objects.filter(person_id=person_id, conversation_id__in=conversation_ids)
    return dict(rows.values_list("conversation_id", "read_seq"))


def _name(known: Mapping[int, people.PersonName], person_id: int | None) -> str:
    person = known.get(person_id) if person_id is not None else None
    return person.name if person else ""
