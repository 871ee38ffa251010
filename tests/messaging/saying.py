"""What people ask for when they say, edit and pass on messages."""

import uuid
from typing import Any

from messaging.models import Mention
from tests.messaging.conftest import Phone


def say(phone: Phone, room: int, body: str = "", **more: Any) -> Any:
    """The answer to sending a message that is more than its words."""
    content = {"client_message_id": str(uuid.uuid4()), "body": body, **more}
    return phone.call("post", f"/conversations/{room}/messages", content)


def edit(phone: Phone, room: int, seq: int, body: str, **more: Any) -> Any:
    """The answer to editing."""
    return phone.call("patch", f"/conversations/{room}/messages/{seq}", {"body": body, **more})


def forward(
    phone: Phone, room: int, way: str, seqs: list[int], to: list[int], key: uuid.UUID | None = None
) -> Any:
    """The answer to forwarding."""
    content = {"client_message_id": str(key or uuid.uuid4()), "seqs": seqs, "to": to}
    return phone.call("post", f"/conversations/{room}/forward-{way}", content)


def named_in(room: int, seq: int) -> list[int]:
    """Whom the rows of mentions name."""
    rows = Mention.objects.filter(conversation_id=room, seq=seq).order_by("person_id")
    return list(rows.values_list("person_id", flat=True))
