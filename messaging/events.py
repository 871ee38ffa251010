"""News of messaging."""

from dataclasses import dataclass
from typing import ClassVar

from core import events


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitConversationFounded(events.Event):
    """A unit has a conversation; whoever came or went while its rows were written is missing."""

    name: ClassVar[str] = "messaging.unit_conversation_founded"

    conversation_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeSpread(events.Event):
    """A notice to many was sent or recalled: those behind the person `after` are still to hear."""

    name: ClassVar[str] = "messaging.notice_spread"

    notice_id: int
    after: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class DingDue(events.Event):
    """The time has come for a DING to climb one rung, or to end.

    Whoever hears it looks who is still pending, of those behind the person `after` and, unless it
    is 0, up to the person `until`.
    """

    name: ClassVar[str] = "messaging.ding_due"

    ding_id: int
    step: str
    after: int = 0
    until: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class DingSpread(events.Event):
    """A wide DING was opened and has called so many (`done`): the others are still to be called."""

    name: ClassVar[str] = "messaging.ding_spread"

    ding_id: int
    done: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class DingEnding(events.Event):
    """A wide DING calls nobody any more: those who are pending are to end in that state."""

    name: ClassVar[str] = "messaging.ding_ending"

    ding_id: int
    state: str
    said: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DingMoved(events.Event):
    """A wide DING stands otherwise than its sender's devices know."""

    name: ClassVar[str] = "messaging.ding_moved"

    ding_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchBlockFilled(events.Event):
    """So many entries follow the last block of the search that another one is due."""

    name: ClassVar[str] = "messaging.search_block_filled"

    conversation_id: int
