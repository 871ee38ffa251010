"""What people began to write."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from core.actor import Actor
from messaging import errors, policies
from messaging.models import UnsentText
from messaging.queries import messages
from messaging.queries.messages import Quote


@dataclass(frozen=True, slots=True)
class Begun:
    """What somebody began to say in a conversation."""

    text: str
    reply_to: int | None
    mentions: tuple[int, ...]
    saved_at: datetime


@dataclass(frozen=True, slots=True)
class DraftChanged:
    """What one person began to say in one conversation; without a draft: nothing."""

    conversation_id: int
    draft: Begun | None
    device: str
    """Which of her devices wrote it: that one has it already."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A draft with what it answers, as far as its writer may still see that."""

    draft: Begun | None
    quote: Quote | None


def own(*, actor: Actor, conversation_id: int, at: datetime) -> Opened:
    """What the actor began to say in the conversation."""
    person_id = policies.require_member(actor, conversation_id)
    draft = of_person(person_id, [conversation_id]).get(conversation_id)
    if draft is None:
        return Opened(None, None)
    try:
        quote = messages.quote(conversation_id, draft.reply_to, reader_id=person_id, at=at)
    except errors.MessageNotFound:
        # She cannot answer any more what she was about to answer; her words stay.
        quote = None
    return Opened(draft, quote)


def of_person(person_id: int, conversation_ids: Collection[int] | None = None) -> dict[int, Begun]:
    """The person's drafts by conversation: of these, or of all."""
    rows = UnsentText.objects.filter(person_id=person_id)
    if conversation_ids is not None:
        rows = rows.filter(conversation_id__in=conversation_ids)
    return {row.conversation_id: begun(row) for row in rows}


def begun(row: UnsentText) -> Begun:
    """The draft as it is told."""
    return Begun(row.text, row.reply_to_seq, tuple(row.mentions), row.saved_at)
