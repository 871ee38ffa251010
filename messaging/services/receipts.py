"""Reading."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from core.actor import Actor
from core.db import service
from messaging import errors, fanout
from messaging.models import cursors
from messaging.queries import receipts

Reading = cursors.Reading


@dataclass(frozen=True, slots=True)
class ReadTo:
    """The person has read the conversation up to here."""

    conversation_id: int
    read_seq: int


Outcome = ReadTo | errors.ConversationNotFound | errors.BeyondTheLog


@service
def mark_read(*, actor: Actor, conversation_id: int, seq: int, now: datetime) -> ReadTo:
    """The actor has read everything up to `seq`, at the latest now; never less than before."""
    reading = Reading(actor.require_person(), conversation_id, seq, now)
    outcome = _written([reading])[reading]
    if isinstance(outcome, ReadTo):
        return outcome
    raise outcome


@service
def mark_read_together(*, actor: Actor, readings: Sequence[Reading]) -> dict[Reading, Outcome]:
    """Each of the people has read what is said of her, or the refusal tells why it is not so.

    The actor is the gateway, over whose sockets they said it; rights are looked up for each.
    """
    return _written(readings)


def _written(readings: Sequence[Reading]) -> dict[Reading, Outcome]:
    places = cursors.advance(readings)
    moved = {key: place.moved_to for key, place in places.items() if place.moved_to is not None}
    fanout.cursors_moved(moved)
    standing = [key for key, place in places.items() if place.moved_to is None]
    read_seqs = moved | receipts.read_seqs(standing)
    return {one: _outcome(one, places, read_seqs) for one in readings}


def _outcome(
    one: Reading,
    places: Mapping[tuple[int, int], cursors.Place],
    read_seqs: Mapping[tuple[int, int], int],
) -> Outcome:
    key = (one.person_id, one.conversation_id)
    if key not in places:
        return errors.ConversationNotFound()
    if one.seq > places[key].last_seq:
        return errors.BeyondTheLog()
    return ReadTo(one.conversation_id, read_seqs[key])
