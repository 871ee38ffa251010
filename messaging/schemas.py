"""Types of input that the HTTP API and the sockets share."""

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import BaseModel, Field, StringConstraints

from core.schemas import Id
from messaging.kinds import MENTIONED_AT_MOST, MessageKind, Receipt
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
