"""What a drill writes down: what was acknowledged, what is stored, what was seen."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Ack:
    """The server's word that a message is stored."""

    conversation_id: int
    sender_id: int
    client_message_id: UUID
    seq: int
    body: str
    at: float
    """By the drill's own clock, which never goes back."""


@dataclass(frozen=True, slots=True)
class Row:
    """One entry as the database holds it."""

    conversation_id: int
    seq: int
    sender_id: int | None
    client_message_id: UUID | None
    body: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Sight:
    """One entry as a client holds it, and when it came."""

    client_message_id: UUID | None
    body: str
    at: float


@dataclass(frozen=True, slots=True)
class Called:
    """Somebody whom a DING calls."""

    ding_id: int
    person_id: int


@dataclass(frozen=True, slots=True)
class DingEnd:
    """How it stands with him as the database holds it."""

    called: Called
    state: str
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Proof:
    """Evidence of one rung, or of the end."""

    called: Called
    step: str
    outcome: str
    to_id: int | None
    at: datetime


Screen = dict[int, dict[int, Sight]]
"""Conversation → seq → what stands there."""
