"""Sockets that a hub of this process knows, and what is said where they listen."""

import asyncio
import json
import uuid
from typing import Any, Final

from django.utils import timezone

from core import actor as actors
from core import redis as store
from messaging import bus, frames
from messaging.kinds import UnitScope
from messaging.services import conversations, messages, unit_conversations
from messaging.services.messages import Particulars, Sent
from tests.factories import Province

PATIENCE: Final = 30.0
MARK: Final = "test.mark"


class Ear:
    """A socket that keeps what it was sent."""

    def __init__(self, province: Province, name: str) -> None:
        self.actor = actors.system(name)
        self.person_id = province.person(name)
        self.heard: list[dict[str, Any]] = []
        self.is_deaf = False
        self._news = asyncio.Event()

    def push(self, wire: bytes, conversation_id: int = 0, seq: int = 0) -> bool:
        """Keeps the frame, unless it is deaf at the moment."""
        if self.is_deaf:
            return False
        self.heard.extend(json.loads(text) for text in frames.texts(wire))
        self._news.set()
        return True

    async def until(self, kind: str, **expected: object) -> dict[str, Any]:
        """The first frame of the type with these values."""
        async with asyncio.timeout(PATIENCE):
            while True:
                for frame in self.heard:
                    data = frame["data"]
                    if frame["type"] == kind and expected.items() <= data.items():
                        return frame
                self._news.clear()
                await self._news.wait()

    async def has_heard_the_rest(self) -> None:
        """All that was published until now has come: a mark behind it has."""
        mark = uuid.uuid4().hex
        publish(bus.person_channel(self.person_id), bus.Signal.FRAME, 0, 0, MARK, {"mark": mark})
        await self.until(MARK, mark=mark)

    def bodies(self) -> list[str]:
        """The texts it was sent."""
        return [frame["data"]["body"] for frame in self.heard if frame["type"] == "message.created"]


def publish(
    channel: str, signal: bus.Signal, room: int, seq: int, kind: str, content: object
) -> None:
    """Whoever listens to the channel gets the frame."""
    parcel = bus.Parcel(signal, room, seq, frames.frame(kind, content))
    store.connection().publish(channel, parcel.pack())


def direct(province: Province, name: str, other: str) -> int:
    """The direct conversation of two people."""
    opened = conversations.open_direct(
        actor=province.actor(name), person_id=province.person(other), now=timezone.now()
    )
    return opened.conversation_id


def send(
    province: Province, room: int, name: str, body: str, reply_to_seq: int | None = None
) -> Sent:
    """Says something in the conversation."""
    return messages.send(
        actor=province.actor(name),
        conversation_id=room,
        client_message_id=uuid.uuid4(),
        body=body,
        now=timezone.now(),
        particulars=Particulars(reply_to_seq=reply_to_seq),
    )


def unit_room(province: Province) -> int:
    """A new conversation of all who serve at or below 西湖区."""
    return unit_conversations.found(
        actor=province.actor("何管理"),
        unit_id=province.unit("西湖区"),
        scope=UnitScope.SUBTREE,
        title="",
        now=timezone.now(),
    ).conversation_id
