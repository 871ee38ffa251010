"""Types that the HTTP API and the sockets share, or the APIs of several apps."""

from collections.abc import Sequence
from typing import Annotated, Literal, Self

from pydantic import BaseModel, Field, StringConstraints, model_validator

from core.schemas import Id, Schema
from messaging.kinds import MENTIONED_AT_MOST, MessageKind, Receipt
from messaging.services.cards import SHARED_AT_MOST, Places, Put
from messaging.services.messages import Named, Particulars

Seq = Annotated[int, Field(ge=0, le=2**63 - 1)]
Body = Annotated[str, StringConstraints(max_length=16 * 1024, pattern=r"^[^\x00]*$")]
"""The service counts bytes; this bound only keeps larger bodies from being looked at."""
SentKind = Literal["text", "image", "file"]
SentReceipt = Literal["none", "list", "confirm"]
People = Annotated[Sequence[Id], Field(max_length=MENTIONED_AT_MOST)]
Units = Annotated[Sequence[Id], Field(max_length=10)]


class Besides(BaseModel):
    """What a message may be besides its words, in the API and on the sockets alike."""

    kind: SentKind = "text"
    file_id: Id | None = None
    reply_to: Id | None = None
    mentions: People = ()
    mention_units: Units = ()
    mention_all: bool = False
    receipt: SentReceipt = "list"

    def particulars(self) -> Particulars:
        """The same, for the service."""
        return Particulars(
            kind=MessageKind(self.kind),
            reply_to_seq=self.reply_to,
            named=Named(
                person_ids=tuple(self.mentions),
                unit_ids=tuple(self.mention_units),
                everybody=self.mention_all,
            ),
            receipt=Receipt(self.receipt),
            file_id=self.file_id,
        )


class SharingIn(Schema):
    """In which conversations, and to whom, something is shown: one place at least."""

    conversation_ids: Annotated[list[Id], Field(max_length=SHARED_AT_MOST)] = []
    person_ids: Annotated[list[Id], Field(max_length=SHARED_AT_MOST)] = []

    @model_validator(mode="after")
    def names_a_place(self) -> Self:
        """A ValueError where nothing is named."""
        if not self.conversation_ids and not self.person_ids:
            raise ValueError("no place")
        return self

    def places(self) -> Places:
        """The same, for a service."""
        return Places(self.conversation_ids, self.person_ids)


class CardPlaceOut(Schema):
    """One message that is the card."""

    conversation_id: int
    seq: int


class CardPutOut(Schema):
    """Where the card stands, and in how many places it is new or reads anew."""

    places: list[CardPlaceOut]
    changed: int

    @classmethod
    def of(cls, put: Put) -> Self:
        """The same, for an API."""
        places = [CardPlaceOut(conversation_id=room, seq=seq) for room, seq in put.places]
        return cls(places=places, changed=put.changed)
