"""What a conversation's log holds, and what else a client is told."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a conversation's log: a message, or an event such as a recalling."""

    conversation_id: int
    seq: int
    kind: str
    """text, image, file, record, card or event."""
    sender_id: int | None
    sender_name: str
    body: str
    created_at: datetime
    client_message_id: str | None
    recalled: bool
    event: Mapping[str, Any] | None
    """Of an event: `verb` (edited, recalled, joined, left, removed, renamed …) and its details."""
    changed: "Entry | None"
    """Of the event `edited`: the message as it stands now."""
    raw: Mapping[str, Any] = field(repr=False, compare=False)
    """Everything the server said, fields included that this package does not know."""

    @property
    def verb(self) -> str:
        """What an event says has happened; empty for a message."""
        return str(self.event.get("verb", "")) if self.event else ""

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> "Entry":
        """The entry as it came over the wire."""
        changed = said.get("changed")
        return cls(
            conversation_id=said["conversation_id"],
            seq=said["seq"],
            kind=said["kind"],
            sender_id=said.get("sender_id"),
            sender_name=said.get("sender_name", ""),
            body=said.get("body", ""),
            created_at=datetime.fromisoformat(said["created_at"]),
            client_message_id=said.get("client_message_id"),
            recalled=bool(said.get("recalled")),
            event=said.get("event"),
            changed=cls.of(changed) if changed else None,
            raw=said,
        )


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """The message is stored for good under this number."""

    conversation_id: int
    client_message_id: str
    seq: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Event:
    """Something told once, and only to who listens: a receipt, a notice, somebody typing …"""

    type: str
    data: Mapping[str, Any]
