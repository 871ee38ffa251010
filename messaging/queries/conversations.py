"""A person's conversations: the list, the unread numbers, the heads."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import connection

from core import paging
from core.actor import Actor
from core.paging import Page
from messaging import fanout, membership, policies
from messaging.models import (
    Conversation,
    ConversationKind,
    GroupNotice,
    Message,
    NotificationLevel,
)
from messaging.queries import drafts, files, members, messages
from messaging.queries.drafts import Begun
from messaging.queries.members import MemberCard
from messaging.queries.messages import Entry
from org.queries import people

_NEWEST: Final = paging.Cursors("messaging.conversations", tuple[datetime, int])

CHANGING: Final = frozenset({"edited", "recalled"})
"""The events that tell how a message reads now: no news of their own in a list."""

UNREAD_CAP: Final = 1000
"""Nobody reads a number above 999: counting stops here."""

# last_countable_seq answers "anything new?" from the hot row; only then are rows counted.
_STANDING: Final = f"""
WITH {membership.PERIODS_OF}, asked AS MATERIALIZED (
    SELECT * FROM period p
     WHERE p.left_seq IS NULL AND p.conversation_id > %(after)s
       AND (%(only)s::bigint[] IS NULL OR p.conversation_id = ANY(%(only)s))
     ORDER BY p.conversation_id LIMIT %(at_most)s::bigint
)
SELECT c.id, c.kind, c.last_seq, coalesce(r.read_seq, 0), u.n, u.named, p.role, c.mute_all,
       s.pinned_at IS NOT NULL, coalesce(s.level, 'all'), p.sees_from_seq
FROM asked p
JOIN messaging_conversation c ON c.id = p.conversation_id
LEFT JOIN messaging_readcursor r
    ON r.conversation_id = p.conversation_id AND r.person_id = p.person_id
LEFT JOIN messaging_membersetting s
    ON s.conversation_id = p.conversation_id AND s.person_id = p.person_id
CROSS JOIN LATERAL (
    SELECT count(*) AS n,
           count(*) FILTER (WHERE counted.mention_all OR EXISTS (
               SELECT 1 FROM messaging_mention w WHERE w.conversation_id = c.id
                   AND w.person_id = p.person_id AND w.seq = counted.seq)) AS named
    FROM (
        SELECT e.seq, e.mention_all FROM messaging_message e
        WHERE c.last_countable_seq > coalesce(r.read_seq, 0)
            AND e.conversation_id = c.id
            AND e.seq > coalesce(r.read_seq, 0) AND e.seq >= p.joined_seq
            AND e.kind <> 'event' AND e.recalled_at IS NULL
            AND e.sender_id IS DISTINCT FROM p.person_id
        ORDER BY e.seq LIMIT {UNREAD_CAP}
    ) counted
) u
ORDER BY c.id
"""

_LISTED: Final = f"""
WITH {membership.PERIODS_OF}
SELECT c.* FROM period p
JOIN messaging_conversation c ON c.id = p.conversation_id
LEFT JOIN messaging_membersetting s
    ON s.conversation_id = p.conversation_id AND s.person_id = p.person_id
WHERE p.left_seq IS NULL AND (c.last_seq > 0 OR c.created_by_id = p.person_id)
"""
_PINNED: Final = f"{_LISTED} AND s.pinned_at IS NOT NULL ORDER BY s.pinned_at DESC, c.id DESC"
_UNPINNED: Final = f"""{_LISTED} AND s.pinned_at IS NULL
    AND (%(last_at)s::timestamptz IS NULL OR (c.last_at, c.id) < (%(last_at)s, %(last_id)s))
ORDER BY c.last_at DESC, c.id DESC LIMIT %(limit)s"""


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
    """What was said last, as it reads now; or what happened since, if not a change of a message."""
    unit_id: int | None
    role: str
    mentions: int
    """How many of the unread call the reader by name, or everybody."""
    pinned: bool
    level: str
    mute_all: bool
    dissolved: bool
    draft: Begun | None


@dataclass(frozen=True, slots=True)
class Policy:
    """What holds in the conversation."""

    mute_all: bool
    newcomers_see: str
    inviting: str
    mentioning_all: str
    recall_minutes: int
    edit_minutes: int
    forwarding: bool
    watermark: bool


@dataclass(frozen=True, slots=True)
class NoticeCard:
    """What stands above the conversation, and who put it there."""

    body: str
    published_by: int
    publisher_name: str
    published_at: datetime


@dataclass(frozen=True, slots=True)
class Detail:
    """One conversation with its rules, and its members as far as they fit on a page."""

    card: Card
    members: list[MemberCard]
    policy: Policy
    notice: NoticeCard | None
    scope: str
    members_listed: bool
    """Whether the reader may page through all members."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a person's conversation stands for her."""

    conversation_id: int
    kind: str
    last_seq: int
    read_seq: int
    unread: int
    mentions: int
    role: str
    mute_all: bool
    pinned: bool
    level: str
    sees_from_seq: int
    """Above last_seq where she came to a virtual conversation and nothing was said since."""

    @property
    def calling(self) -> int:
        """How many unread messages she wants to be told of."""
        wanted = {NotificationLevel.ALL: self.unread, NotificationLevel.MENTIONS: self.mentions}
        return wanted.get(NotificationLevel(self.level), 0)


@dataclass(frozen=True, slots=True)
class Hearing:
    """Of some people: who may see an entry, and who is in the conversation now."""

    seeing: frozenset[int]
    """All of it, with what it shows of an earlier one."""
    pulling: frozenset[int]
    """The entry, but not what it shows."""
    present: frozenset[int]
    all_see_from: int
    """The first entry that each of those who are in may read."""
    is_virtual: bool


def list_for(*, actor: Actor, cursor: str | None, limit: int, at: datetime) -> Page[Card]:
    """The actor's conversations: first those he pinned, then the one with the newest entry.

    The pinned are on the first page, beside its `limit` others. A direct conversation in which
    nothing was said yet shows to whoever opened it.
    """
    person_id = actor.require_person()
    last_at, last_id = _NEWEST.decode(cursor) or (None, None)
    values = {
        "person_ids": [person_id],
        "last_at": last_at,
        "last_id": last_id,
        "limit": limit + 1,
    }
    pinned = list(Conversation.objects.raw(_PINNED, values)) if last_at is None else []
    found = list(Conversation.objects.raw(_UNPINNED, values))
    shown = found[:limit]
    more = len(found) > limit
    following = _NEWEST.encode((shown[-1].last_at, shown[-1].pk)) if more else None
    return Page(items=_cards([*pinned, *shown], person_id, at=at), next_cursor=following)


def detail(*, actor: Actor, conversation_id: int, at: datetime) -> Detail:
    """One conversation as its member sees it; the owner first, then by joining."""
    person_id = policies.require_member(actor, conversation_id)
    row = Conversation.objects.get(pk=conversation_id)
    card = _cards([row], person_id, at=at)[0]
    return Detail(
        card=card,
        members=members.first(conversation_id, at=at),
        policy=Policy(
            mute_all=row.mute_all,
            newcomers_see=row.newcomers_see,
            inviting=row.inviting,
            mentioning_all=row.mentioning_all,
            recall_minutes=row.recall_minutes,
            edit_minutes=row.edit_minutes,
            forwarding=row.forwarding,
            watermark=row.watermark,
        ),
        notice=_notice(conversation_id, at=at),
        scope=row.scope,
        members_listed=not row.is_virtual or card.role in policies.ADMINISTERING,
    )


def unread_count(person_id: int) -> int:
    """How many unread messages the person wants to be told of, in all her conversations."""
    return sum(standing.calling for standing in standings(person_id))


def standings(
    person_id: int,
    only: Sequence[int] | None = None,
    *,
    after: int = 0,
    at_most: int | None = None,
) -> list[Standing]:
    """Where the person's conversations stand for her, by id: of these, above that one, so many."""
    values = {
        "person_ids": [person_id],
        "only": only if only is None else list(only),
        "after": after,
        "at_most": at_most,
    }
    with connection.cursor() as cursor:
        cursor.execute(_STANDING, values)
        return [Standing(*row) for row in cursor.fetchall()]


def hearing(
    *, conversation_id: int, seq: int, person_ids: Sequence[int], shows: int = 0
) -> Hearing:
    """Which of these people may see the entry, which shows an earlier one, and who is in."""
    is_virtual = Conversation.objects.values_list("is_virtual", flat=True).get(pk=conversation_id)
    rows = membership.periods(person_ids, conversation_id)
    seeing = {row.person_id for row in rows if row.shows(seq)}
    shown = {row.person_id for row in rows if row.shows(shows)} if shows else seeing
    open_now = [row for row in rows if row.left_seq is None]
    return Hearing(
        seeing=frozenset(seeing & shown),
        pulling=frozenset(seeing - shown),
        present=frozenset(row.person_id for row in open_now),
        all_see_from=max((row.sees_from_seq for row in open_now), default=0),
        is_virtual=is_virtual,
    )


def audience(held: Conversation) -> fanout.Audience:
    """Who hears an entry: each member by name, or the large conversation as one."""
    if is_crowd(held):
        return fanout.Audience(held.pk, None)
    return fanout.Audience(held.pk, present_ids(held))


def is_crowd(held: Conversation) -> bool:
    """Whether its entries are published once, on the conversation's own channel."""
    return held.is_virtual or held.member_count > fanout.LARGE


def present_ids(held: Conversation) -> tuple[int, ...]:
    """The person ids of the members of now."""
    return membership.present_ids(held.pk, is_virtual=held.is_virtual)


def _cards(rows: Sequence[Conversation], person_id: int, *, at: datetime) -> list[Card]:
    standing = {one.conversation_id: one for one in standings(person_id, [row.pk for row in rows])}
    peers = {row.pk: peer_of(row, person_id) for row in rows}
    begun = drafts.of_person(person_id, [row.pk for row in rows])
    last = _last_messages([row for row in rows if row.pk in standing], standing)
    senders = {row.sender_id for row in last.values() if row.sender_id is not None}
    known = people.names(sorted({*senders, *(p for p in peers.values() if p)}), at=at)
    attached = files.of({one.file_id for one in last.values() if one.file_id is not None})
    shown = {
        key: messages.entry_of(
            one, sender_name=_name(known, one.sender_id), file=attached.get(one.file_id or 0)
        )
        for key, one in last.items()
    }
    return [
        Card(
            id=row.pk,
            kind=row.kind,
            title=row.title or _name(known, peers[row.pk]),
            peer_id=peers[row.pk],
            member_count=row.member_count,
            last_seq=row.last_seq,
            read_seq=standing[row.pk].read_seq,
            unread=standing[row.pk].unread,
            last_at=row.last_at,
            last_entry=shown.get(row.pk),
            unit_id=row.unit_id,
            role=standing[row.pk].role,
            mentions=standing[row.pk].mentions,
            pinned=standing[row.pk].pinned,
            level=standing[row.pk].level,
            mute_all=row.mute_all,
            dissolved=row.dissolved_at is not None,
            draft=begun.get(row.pk),
        )
        for row in rows
        # Whoever lost his post between the two queries is not in it any more.
        if row.pk in standing
    ]


def _last_messages(
    rows: Sequence[Conversation], standing: Mapping[int, Standing]
) -> dict[int, Message]:
    """Of each the newest entry; what was said last, where that only changes an earlier message."""
    ends = {(row.pk, seq) for row in rows for seq in (row.last_countable_seq, row.last_seq) if seq}
    if not ends:
        return {}
    found = Message.objects.filter(pk__in=sorted(ends)).order_by("conversation_id", "seq")
    return {
        one.conversation_id: one
        for one in found
        if one.seq >= standing[one.conversation_id].sees_from_seq and not _changes_message(one)
    }


def _changes_message(row: Message) -> bool:
    return row.event is not None and row.event["verb"] in CHANGING


def peer_of(conversation: Conversation, person_id: int) -> int | None:
    """The other person of a direct conversation."""
    if conversation.kind != ConversationKind.DIRECT:
        return None
    pair = [int(part) for part in conversation.direct_key.split(":")]
    return pair[0] if pair[1] == person_id else pair[1]


def _notice(conversation_id: int, *, at: datetime) -> NoticeCard | None:
    row = GroupNotice.objects.filter(pk=conversation_id).first()
    if row is None:
        return None
    known = people.names([row.published_by_id], at=at)
    return NoticeCard(
        body=row.body,
        published_by=row.published_by_id,
        publisher_name=_name(known, row.published_by_id),
        published_at=row.published_at,
    )


def _name(known: Mapping[int, people.PersonName], person_id: int | None) -> str:
    person = known.get(person_id) if person_id is not None else None
    return person.name if person else ""
