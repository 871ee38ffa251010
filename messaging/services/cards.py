"""Cards: what other applications show in conversations, changing in place."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from core import audit
from core.actor import Actor
from core.db import service
from messaging import errors, fanout, policies
from messaging.kinds import Tone
from messaging.models import Card, Conversation, Message, log
from messaging.queries import conversations, messages
from messaging.services import _showing

PLACES_AT_MOST: Final = 50
TITLE_LIMIT: Final = 120
LINES_AT_MOST: Final = 8
LINE_LIMIT: Final = 200
STATE_LIMIT: Final = 40


@dataclass(frozen=True, slots=True)
class Content:
    """What a card shows: a title, lines below it, how things stand, and where it leads."""

    title: str
    lines: tuple[str, ...] = ()
    state: str = ""
    link: str = ""
    tone: Tone = Tone.NEUTRAL


@dataclass(frozen=True, slots=True)
class Put:
    """Where the card stands now: conversation and seq, and in how many places it changed."""

    places: tuple[tuple[int, int], ...]
    changed: int


@service
def put(
    *,
    actor: Actor,
    source: str,
    source_name: str,
    key: str,
    conversation_ids: Sequence[int],
    content: Content,
    now: datetime,
) -> Put:
    """The card stands once in each of the conversations, and reads so wherever it stood before.

    Repeating it changes nothing. Whether the actor may speak there is the caller's policy.
    Titles and lines above their limits are cut.
    """
    policies.require_safe_link(content.link)
    wanted = {"source": source, "source_name": source_name, "key": key, **_shortened(content)}
    earlier = Card.objects.filter(source=source, key=key)
    places = sorted({*earlier.values_list("conversation_id", flat=True), *conversation_ids})
    if len(places) > PLACES_AT_MOST:
        raise errors.CardPlacesTooMany(limit=PLACES_AT_MOST)
    stands: list[tuple[int, int]] = []
    changed = 0
    for held in _held(places, required=set(conversation_ids)):
        # Somebody else may have placed it while the lock was waited for.
        card = earlier.filter(conversation=held).first()
        if card is None:
            stands.append((held.pk, _place(held, wanted, now=now)))
            changed += 1
            continue
        stands.append((held.pk, card.seq))
        changed += _renew(held, card.seq, wanted, now=now)
    if changed:
        _record(actor, wanted, places=len(stands), now=now)
    return Put(tuple(stands), changed)


def _record(actor: Actor, card: Mapping[str, object], *, places: int, now: datetime) -> None:
    audit.record(
        actor=actor,
        action="messaging.card.put",
        object_kind="card",
        object_id=f"{card['source']}:{card['key']}",
        now=now,
        detail={"title": card["title"], "state": card["state"], "places": places},
    )


def _held(places: Sequence[int], *, required: set[int]) -> Iterator[Conversation]:
    """One after the other in the order of their ids; what is dissolved keeps its old card."""
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


def _place(held: Conversation, wanted: dict[str, Any], *, now: datetime) -> int:
    message = log.append_card(held, card=wanted, now=now)
    Card.objects.create(
        source=wanted["source"], key=wanted["key"], conversation=held, seq=message.seq
    )
    fanout.entry(
        kind="message.created",
        content=messages.entry_of(message, sender_name=wanted["source_name"]),
        seq=message.seq,
        audience=conversations.audience(held),
    )
    return message.seq


def _renew(held: Conversation, seq: int, wanted: dict[str, Any], *, now: datetime) -> bool:
    message = Message.objects.get(conversation_id=held.pk, seq=seq)
    if message.card == wanted:
        return False
    message.card = wanted
    message.edited_at = now
    message.save(update_fields=["card", "edited_at"])
    event = {"verb": "edited", "by_id": None, "by_name": wanted["source_name"], "seq": seq}
    entry = log.append_event(held, by_id=None, event=event, now=now)
    changed = messages.entry_of(message, sender_name=wanted["source_name"])
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


def _shortened(content: Content) -> dict[str, Any]:
    return {
        "title": content.title[:TITLE_LIMIT],
        "lines": [line[:LINE_LIMIT] for line in content.lines[:LINES_AT_MOST]],
        "state": content.state[:STATE_LIMIT],
        "link": content.link,
        "tone": content.tone.value,
    }
