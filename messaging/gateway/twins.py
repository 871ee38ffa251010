"""How each thing the sockets do is done over HTTP, for clients behind a proxy that breaks sockets.

A contract test proves that each exists, takes the same and is in the OpenAPI document
(tests/contracts/test_asyncapi.py).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Twin:
    """One operation of the HTTP API."""

    method: str
    path: str
    """Below /api/v1/messaging."""


_ONE: Final = "/conversations/{conversation_id}"
_SYNC: Final = Twin("GET", "/sync")
_HEADS: Final = Twin("GET", "/heads")
_PAGE: Final = Twin("GET", f"{_ONE}/messages")
_ENTRIES: Final = Twin("GET", f"{_ONE}/entries")
_NOTICES: Final = Twin("GET", "/notices")
_SETTINGS: Final = Twin("GET", f"{_ONE}/settings")

ASKED: Final[Mapping[str, Twin]] = {
    "hello": _SYNC,
    "sync.heads": _HEADS,
    "message.pull": _ENTRIES,
    "message.send": Twin("POST", f"{_ONE}/messages"),
    "message.edit": Twin("PATCH", f"{_ONE}/messages/{{seq}}"),
    "message.recall": Twin("POST", f"{_ONE}/messages/{{seq}}/recall"),
    "message.read": Twin("PUT", f"{_ONE}/cursor"),
    "presence.subscribe": Twin("GET", "/presence"),
    "typing": Twin("POST", f"{_ONE}/typing"),
    "receipt.watch": _PAGE,
    "ding.confirm": Twin("PUT", "/dings/{ding_id}/confirmation"),
}
"""What a client asks."""

TOLD: Final[Mapping[str, Twin]] = {
    "message.created": _ENTRIES,
    "message.edited": _ENTRIES,
    "message.recalled": _ENTRIES,
    "message.read": _HEADS,
    "receipt.update": _PAGE,
    "notice.created": _NOTICES,
    "notice.read": _NOTICES,
    "notice.recalled": _NOTICES,
    "member.changed": _HEADS,
    "typing": _SYNC,
    "settings.changed": _SETTINGS,
    "draft.changed": Twin("GET", f"{_ONE}/draft"),
    "ding.opened": Twin("GET", "/dings/received"),
    "ding.state": Twin("GET", "/dings/received"),
    "sync.hint": _SYNC,
    "bye": _SYNC,
}
"""What the server tells unasked: where a client finds the same when it was not listening."""
