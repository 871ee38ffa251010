"""Every frame that a server sends: its type, the shape of its data, and when it comes.

This table is the only place where such a type is declared. docs/api/asyncapi.json is written from
it, the tests hold every frame they receive against it, and a type that is sent anywhere without
standing here fails tests/contracts/test_asyncapi.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal, NotRequired

from pydantic import TypeAdapter
from typing_extensions import TypedDict

from messaging.queries.bells import Bells
from messaging.queries.comparing import Part
from messaging.queries.ding_counts import StateNews
from messaging.queries.dings import Called
from messaging.queries.drafts import DraftChanged
from messaging.queries.messages import Entry, Pull
from messaging.queries.notice_sources import NoticeSourceSetting
from messaging.queries.notices import Notice
from messaging.queries.presence import State
from messaging.queries.settings import ConversationSetting, Quiet
from messaging.services.dings import Confirmed
from messaging.services.edits import Edited
from messaging.services.messages import Recalled, Sent
from messaging.services.presence import Typing
from messaging.services.receipts import ReadTo


@dataclass(frozen=True, slots=True)
class Frame:
    """One type: what its data looks like, and what it tells."""

    shape: Any
    says: str
    answers: tuple[str, ...] = ()
    """The types of frames that it answers, with their `id`; none: the server sends it unasked."""

    def schema(self, *, ref_template: str = "#/$defs/{model}") -> dict[str, Any]:
        """The data's JSON Schema."""
        return TypeAdapter(self.shape).json_schema(mode="serialization", ref_template=ref_template)


class Welcome(TypedDict):
    """Who is signed in, the server's time, and how notices and DINGs stand; null: not known now."""

    person_id: int | None
    name: str
    server_time: datetime
    bells: Bells | None


class Watching(TypedDict):
    """The counts of the messages named come from now on."""

    conversation_id: int


class Count(TypedDict):
    """How many have read one message, and how many have not."""

    seq: int
    read: int
    unread: int


class Counts(TypedDict):
    """New counts of watched messages."""

    conversation_id: int
    counts: list[Count]


class NoticesRead(TypedDict):
    """These notices are read; an empty list: all of them, or all of the source that is named."""

    notice_ids: list[int]
    source: NotRequired[str]


class NoticeRecalled(TypedDict):
    """The notice that says nothing any more."""

    notice_id: int


class QuietSet(TypedDict):
    """The quiet hours that hold from now on."""

    quiet: Quiet


class TypingTold(TypedDict):
    """Where the others hear of it."""

    conversation_id: int


class MemberChanged(TypedDict):
    """The reader joined or left a virtual conversation; the others are not told."""

    conversation_id: int
    change: Literal["joined", "left"]


class Hint(TypedDict):
    """What to compare: one conversation, or without any name all of them."""

    conversation_id: NotRequired[int]
    last_seq: NotRequired[int]


class Bye(TypedDict):
    """When to come back."""

    retry_after_ms: int


class Error(TypedDict):
    """A refusal, as in a problem document; details of the code stand beside."""

    __pydantic_config__ = {"extra": "allow"}  # type: ignore[misc]  # pydantic's own agreement

    code: str
    status: int
    message: str
    of: str
    retry_after_ms: NotRequired[int]


FRAMES: Final[Mapping[str, Frame]] = {
    "welcome": Frame(
        Welcome, "who is signed in and what calls her; also answers the heartbeat", ("hello",)
    ),
    "sync.heads": Frame(Part, "where the conversations stand, part by part", ("sync.heads",)),
    "message.page": Frame(Pull, "entries in order; they are known to `through`", ("message.pull",)),
    "message.ack": Frame(Sent, "the message is committed under this seq", ("message.send",)),
    "message.edit.ack": Frame(Edited, "the message reads anew since then", ("message.edit",)),
    "message.recall.ack": Frame(Recalled, "the entry that tells of it", ("message.recall",)),
    "message.read.ack": Frame(ReadTo, "how far the cursor stands", ("message.read",)),
    "receipt.watching": Frame(Watching, "counts follow as receipt.update", ("receipt.watch",)),
    "ding.confirm.ack": Frame(Confirmed, "the DING is confirmed since then", ("ding.confirm",)),
    "presence.state": Frame(
        State, "who of the people asked about is online", ("presence.subscribe",)
    ),
    "typing.ack": Frame(TypingTold, "whoever has it open may have been told", ("typing",)),
    "error": Frame(Error, "the frame with this id was refused", ("*",)),
    "message.created": Frame(Entry, "an entry was committed"),
    "message.edited": Frame(Entry, "the entry that tells of an editing was committed"),
    "message.recalled": Frame(Entry, "the entry that tells of a recalling was committed"),
    "message.read": Frame(ReadTo, "the reader has read on, on another device"),
    "receipt.update": Frame(Counts, "somebody read a watched message"),
    "notice.created": Frame(Notice, "a work notice came"),
    "notice.read": Frame(NoticesRead, "notices were opened, here or elsewhere, or are settled"),
    "notice.recalled": Frame(NoticeRecalled, "whoever sent a notice took it back"),
    "typing": Frame(Typing, "somebody is writing in a conversation that the reader has open"),
    "member.changed": Frame(MemberChanged, "of a virtual conversation: somebody joined or left"),
    "settings.changed": Frame(
        ConversationSetting | QuietSet | NoticeSourceSetting,
        "the reader pinned or silenced a conversation, silenced a source of notices, or set quiet"
        " hours, on any device",
    ),
    "draft.changed": Frame(DraftChanged, "the reader wrote on in a draft, on another device"),
    "ding.opened": Frame(Called, "a DING calls the reader to confirm a message"),
    "ding.state": Frame(StateNews, "a DING ended for the reader; with counts: how his own stands"),
    "sync.hint": Frame(Hint, "something may have been missed: compare"),
    "bye": Frame(Bye, "the process stops; come back after `retry_after_ms`"),
}
