"""News of messaging."""

from dataclasses import dataclass
from typing import ClassVar

from core import events


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitConversationFounded(events.Event):
    """A unit has a conversation; whoever came or went while its rows were written is missing."""

    name: ClassVar[str] = "messaging.unit_conversation_founded"

    conversation_id: int
