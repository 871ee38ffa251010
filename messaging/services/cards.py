"""Cards: what other applications show in conversations, changing in place."""

import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

from django.db.models import QuerySet

from core import audit, db
from core.actor import Actor
from core.db import service
from messaging import errors, fanout, policies
from messaging.kinds import Tone
from messaging.models import Card, Conversation, Message, cursors, log
from messaging.models.cursors import Reading
from messaging.queries import conversations, messages
from messaging.services import _searching, _showing
from messaging.services import conversations as conversations_service
from org.queries import people

PLACES_AT_MOST: Final = 50
SHARED_AT_MOST: Final = 9
"""Conversations in which one act shows a card."""
TITLE_LIMIT: Final = 120
LINES_AT_MOST: Final = 8
LINE_LIMIT: Final = 200
STATE_LIMIT: Final = 40
_LOCK: Final = zlib.crc32(b"messaging.cards") << 24


@dataclass(frozen=True, slots=True)
class Content:
    """What a card shows: a title, lines below it, how things stand, and where it leads."""

    title: str
    lines: tuple[str, ...] = ()
    state: str = ""
    link: str = ""
    tone: Tone = Tone.NEUTRAL


@dataclass(frozen=True, slots=True)
class Subject:
    """What the card is of: something of an application's, by a key of the application's own."""

    source: str
    source_name: str
    key: str


@dataclass(frozen=True, slots=True)
class Places:
    """Where somebody shows a card: conversations of hers, and people she talks to."""

    conversation_ids: Sequence[int] = ()
    person_ids: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class Put:
    """Where the card stands now: conversation and seq, and in how many places it changed."""

    places: tuple[tuple[int, int], ...]
    changed: int


@service
def put(
    *,
    actor: Actor,
    subject: Subject,
    conversation_ids: Sequence[int],
    content: Content,
    now: datetime,
) -> Put:
    """The card stands once in each of the conversations, and reads so wherever it stood before.

    Repeating it changes nothing. Whether the actor may speak there is the caller's policy.
    Titles and lines above their limits are cut.
    """
    policies.require_safe_link(content.link)
    wanted = _wanted(subject, content)
    earlier = _placed(subject)
    known = set(earlier.values_list("conversation_id", flat=True))
    places = sorted({*known, *conversation_ids})
    # Wherever it stands already it is renewed, however many places that are.
    if len(places) > max(PLACES_AT_MOST, len(known)):
        raise errors.CardPlacesTooMany(limit=PLACES_AT_MOST)
    stands: list[tuple[int, int]] = []
    changed = 0
    for held in _held(places, required=set(conversation_ids)):
        # Somebody else may have placed it while the lock was waited for.
        card = earlier.filter(conversation=held).first()
        if card is None:
            stands.append((held.pk, _place(held, wanted, by=None, now=now)))
            changed += 1
            continue
        stands.append((held.pk, card.seq))
        changed += _renew(held, card.seq, wanted, now=now)
    if changed:
        _record(actor, "messaging.card.put", wanted, places=len(stands), now=now)
    return Put(tuple(stands), changed)


@service
def renew(*, actor: Actor, subject: Subject, content: Callable[[], Content], now: datetime) -> None:
    """The card reads so wherever it stands; of two renewals at once the later shows what is newer.

    What it shall show is asked for once the card is held, before any conversation is.
    """
    _hold(subject)
    put(actor=actor, subject=subject, conversation_ids=[], content=content(), now=now)


@service
def share(
    *,
    actor: Actor,
    subject: Subject,
    places: Places,
    content: Callable[[], Content],
    now: datetime,
) -> Put:
    """The card stands in these places as the actor's own message, and changes like any other.

    Where it stands already nothing is said again; where it was recalled it stands anew. What it
    shall show is asked for as `renew` does.
    Raises ConversationNotFound and what keeps her from speaking there: all places, or none.
    """
    person_id = actor.require_person()
    _hold(subject)
    shown = content()
    policies.require_safe_link(shown.link)
    conversation_ids = _opened(actor, places, now=now)
    wanted = _wanted(subject, shown)
    placed = _placed(subject)
    elsewhere = placed.exclude(conversation_id__in=conversation_ids).count()
    if elsewhere + len(conversation_ids) > PLACES_AT_MOST:
        raise errors.CardPlacesTooMany(limit=PLACES_AT_MOST)
    stands: list[tuple[int, int]] = []
    changed = 0
    for held in _held(sorted(conversation_ids), required=conversation_ids):
        if not policies.is_member(person_id, held.pk):
            raise errors.ConversationNotFound
        policies.require_may_speak(person_id, held)
        card = placed.filter(conversation=held).first()
        if card is not None and not _is_recalled(held, card.seq):
            stands.append((held.pk, card.seq))
            changed += _renew(held, card.seq, wanted, now=now)
            continue
        stands.append((held.pk, _place(held, wanted, by=actor, now=now)))
        changed += 1
    if changed:
        _record(actor, "messaging.card.shared", wanted, places=len(stands), now=now)
    return Put(tuple(stands), changed)


def _hold(subject: Subject) -> None:
    """The card is this transaction's to renew until it ends."""
    name = f"{subject.source}:{subject.key}".encode()
    db.advisory_lock_exclusive(_LOCK + zlib.crc32(name) % (1 << 24))


def _placed(subject: Subject) -> QuerySet[Card]:
    return Card.objects.filter(source=subject.source, key=subject.key)


def _wanted(subject: Subject, content: Content) -> dict[str, Any]:
    """The card as messages carry it, its texts cut to their limits."""
    return {
        **asdict(subject),
        "title": content.title[:TITLE_LIMIT],
        "lines": [line[:LINE_LIMIT] for line in content.lines[:LINES_AT_MOST]],
        "state": content.state[:STATE_LIMIT],
        "link": content.link,
        "tone": content.tone.value,
    }


def _opened(actor: Actor, places: Places, *, now: datetime) -> set[int]:
    """The conversations, with those that are opened for the people."""
    if len(set(places.conversation_ids)) + len(set(places.person_ids)) > SHARED_AT_MOST:
        raise errors.CardPlacesTooMany(limit=SHARED_AT_MOST)
    opened = {
        conversations_service.open_direct(actor=actor, person_id=one, now=now).conversation_id
        for one in sorted(set(places.person_ids))
    }
    return opened | set(places.conversation_ids)


def _record(
    actor: Actor, action: str, card: Mapping[str, object], *, places: int, now: datetime
) -> None:
    audit.record(
        actor=actor,
        action=action,
        object_kind="card",
        object_id=f"{card['source']}:{card['key']}",
        now=now,
        detail={"title": card["title"], "state": card["state"], "places": places},
    )


def _held(places: Sequence[int], *, required: set[int]) -> Iterator[Conversation]:
    """One after the other in the order of their ids; what is dissolved keeps its old card.

    Whoever holds several conversations takes them in this order, and holds none before that another
    might wait for while he holds a later one. What forwards and what shares do so, too.
    """
    for conversation_id in places:
        held = (
            Conversation.objects.select_for_update(no_key=True).filter(pk=conversation_id).first()
        )
        if held is None:
            raise errors.ConversationNotFound
        if held.dissolved_at is None:
            yield held
        elif conversation_id in required:
            raise errors.ConversationDissolved


def _place(held: Conversation, wanted: dict[str, Any], *, by: Actor | None, now: datetime) -> int:
    """`by` says it; an application's card has no sender."""
    sender_id = by.require_person() if by is not None else None
    # Showing something from elsewhere is no reading of what is there unread.
    has_read = sender_id is not None and cursors.has_read_all(sender_id, held)
    message = log.append_card(held, sender_id=sender_id, card=wanted, now=now)
    Card.objects.update_or_create(
        source=wanted["source"],
        key=wanted["key"],
        conversation=held,
        defaults={"seq": message.seq},
    )
    if sender_id is not None and has_read:
        cursors.advance([Reading(sender_id, held.pk, message.seq, now)])
    fanout.entry(
        kind="message.created",
        content=messages.entry_of(message, sender_name=by.name if by is not None else ""),
        seq=message.seq,
        audience=conversations.audience(held),
        said_by=sender_id if has_read else None,
    )
    return message.seq


def _is_recalled(held: Conversation, seq: int) -> bool:
    said = Message.objects.filter(conversation_id=held.pk, seq=seq)
    return said.filter(recalled_at__isnull=False).exists()


def _renew(held: Conversation, seq: int, wanted: dict[str, Any], *, now: datetime) -> bool:
    message = Message.objects.get(conversation_id=held.pk, seq=seq)
    if message.recalled_at is not None or message.card == wanted:
        return False
    message.card = wanted
    message.edited_at = now
    message.save(update_fields=["card", "edited_at"])
    _searching.note_changed(message)
    event = {"verb": "edited", "by_id": None, "by_name": wanted["source_name"], "seq": seq}
    entry = log.append_event(held, by_id=None, event=event, now=now)
    changed = messages.entry_of(message, sender_name=_sender_name(message, at=now))
    told = messages.entry_of(entry, sender_name=wanted["source_name"], changed=changed)
    _showing.entry(
        kind="message.edited",
        seq=entry.seq,
        held=held,
        audience=conversations.audience(held),
        about=[seq],
        content=lambda unseen: messages.veiled(told, unseen),
    )
    return True


def _sender_name(message: Message, *, at: datetime) -> str:
    if message.sender_id is None:
        return ""
    return people.names([message.sender_id], at=at)[message.sender_id].name
