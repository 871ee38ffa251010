"""One frame of each main type, for the AsyncAPI document; tests hold them against its schemas."""

from collections.abc import Mapping
from typing import Any, Final

_AT: Final = "2026-03-02T09:00:00+08:00"
_UUID: Final = "5f0c2f0e-3b57-4a0e-9a3e-0f6a1c3e7d11"
_PLACE: Final = {"conversation_id": 12, "seq": 45}
_ENTRY: Final[Mapping[str, Any]] = {
    **_PLACE,
    "kind": "text",
    "sender_id": 7,
    "sender_name": "王伟民",
    "body": "十点开会",
    "event": None,
    "client_message_id": _UUID,
    "created_at": _AT,
    "recalled": False,
    "recalled_at": None,
    "withdrawn": False,
    "edited_at": None,
    "reply_to": None,
    "mentions": [],
    "mention_all": False,
    "forwarded": None,
    "file": None,
    "card": None,
    "receipt": "list",
    "counts": None,
    "changed": None,
}


def _frame(kind: str, data: Mapping[str, Any], *, answers: bool = False) -> Mapping[str, Any]:
    return {"type": kind, **({"id": "a1"} if answers else {}), "data": data}


_SAID: Final[Mapping[str, Mapping[str, Any]]] = {
    "hello": {"client": "duty-roster/1.4"},
    "sync.heads": {},
    "message.pull": {"conversation_id": 12, "after": 44},
    "message.send": {
        "conversation_id": 12,
        "client_message_id": _UUID,
        "body": "十点开会",
    },
    "message.edit": {**_PLACE, "body": "十点半开会"},
    "message.recall": _PLACE,
    "message.read": _PLACE,
    "presence.subscribe": {"person_ids": [7, 8], "conversation_id": 12},
    "typing": {"conversation_id": 12},
    "ding.confirm": {"ding_id": 3},
    "receipt.watch": {"conversation_id": 12, "seqs": [45]},
}
ASKED: Final[Mapping[str, Mapping[str, Any]]] = {
    kind: _frame(kind, data, answers=True) for kind, data in _SAID.items()
}

TOLD: Final[Mapping[str, Mapping[str, Any]]] = {
    "welcome": _frame(
        "welcome",
        {
            "person_id": 7,
            "name": "王伟民",
            "server_time": _AT,
            "bells": {
                "notices_unread": 2,
                "newest_notice": 91,
                "notices_muted": ["app:17"],
                "dings": [3],
                "dings_mark": "9f1b3c5d7e902468",
                "resting": False,
            },
        },
        answers=True,
    ),
    "message.page": _frame(
        "message.page",
        {
            "conversation_id": 12,
            "entries": [_ENTRY],
            "through": 45,
            "last_seq": 45,
            "complete": True,
        },
        answers=True,
    ),
    "message.ack": _frame(
        "message.ack",
        {**_PLACE, "client_message_id": _UUID, "created_at": _AT, "repeated": False},
        answers=True,
    ),
    "error": _frame(
        "error",
        {
            "code": "SENDING_TOO_FAST",
            "status": 429,
            "message": "发送过于频繁，请稍后再试",
            "of": "message.send",
            "retry_after_ms": 300,
        },
        answers=True,
    ),
    "message.created": _frame("message.created", _ENTRY),
    "message.read": _frame("message.read", {"conversation_id": 12, "read_seq": 45}),
    "sync.hint": _frame("sync.hint", {"conversation_id": 12, "last_seq": 45}),
    "bye": _frame("bye", {"retry_after_ms": 2400}),
}
