"""What a client may send: the envelope, its limits, and the data of each frame type."""

from dataclasses import dataclass
from typing import Annotated, Any, Final
from uuid import UUID

import orjson
from pydantic import BaseModel, ConfigDict, Field

from core.schemas import Id
from messaging.schemas import Besides, Body, People, Seq, Units

FRAME_LIMIT: Final = 64 * 1024
DEPTH_LIMIT: Final = 8
_ENVELOPE: Final = frozenset({"type", "id", "data"})


class NotAFrame(Exception):
    """The client does not speak the protocol: its socket is closed."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """One frame, its data not yet checked against its type."""

    type: str
    id: str | None
    data: dict[str, Any]


class Data(BaseModel):
    """The data of a frame. Fields nobody declared, such as a sender, are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Hello(Data):
    """The client greets."""

    client: Annotated[str, Field(max_length=60)] = ""


class Heads(Data):
    """The client wants to compare itself with the server; the rest comes after what was named."""

    after: Seq = 0


class Pull(Data):
    """The client lacks what comes after this entry."""

    conversation_id: Id
    after: Seq
    limit: Annotated[int, Field(ge=1, le=200)] = 200


class Send(Besides, Data):
    """A message to store."""

    conversation_id: Id
    client_message_id: UUID
    body: Body


class Edit(Data):
    """How one's own text reads from now on; with neither list, whom it named stays named."""

    conversation_id: Id
    seq: Id
    body: Body
    mentions: People | None = None
    mention_units: Units | None = None


class Recall(Data):
    """One's own message that nobody shall read any more."""

    conversation_id: Id
    seq: Id


class Read(Data):
    """The person has seen everything up to the entry."""

    conversation_id: Id
    seq: Id


class DingConfirm(Data):
    """The person confirms a DING that calls her."""

    ding_id: Id


class Presence(Data):
    """These people are on the screen, and this conversation is open; asked again every 20 s."""

    person_ids: Annotated[list[Id], Field(max_length=100)] = []
    conversation_id: Id | None = None


class Typing(Data):
    """The person is writing in the conversation; told at most every few seconds."""

    conversation_id: Id


class Watch(Data):
    """The person looks at these of her messages; an empty list ends it."""

    conversation_id: Id
    seqs: Annotated[list[Id], Field(max_length=50)]


def parse(text: str) -> Incoming:
    """The frame in the text; NotAFrame for anything else, NaN and deep nesting included."""
    try:
        content = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise NotAFrame from error
    if not isinstance(content, dict) or not content.keys() <= _ENVELOPE:
        raise NotAFrame
    kind, reply_to, data = content.get("type"), content.get("id"), content.get("data", {})
    if not isinstance(kind, str) or not isinstance(data, dict) or _depth(data) > DEPTH_LIMIT:
        raise NotAFrame
    if reply_to is not None and not (isinstance(reply_to, str) and len(reply_to) <= 64):
        raise NotAFrame
    return Incoming(type=kind, id=reply_to, data=data)


def _depth(value: object) -> int:
    depth, level = 0, [value]
    while level:
        depth += 1
        level = [
            child
            for parent in level
            if isinstance(parent, dict | list)
            for child in (parent.values() if isinstance(parent, dict) else parent)
        ]
    return depth
