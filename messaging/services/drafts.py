"""What people began to write follows them to their other devices."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from core.actor import Actor
from core.db import service
from messaging import fanout, policies
from messaging.models import UnsentText
from messaging.queries import drafts
from messaging.queries.drafts import Begun, DraftChanged


@dataclass(frozen=True, slots=True)
class Written:
    """What stands in the composer."""

    text: str
    reply_to_seq: int | None = None
    mentions: Sequence[int] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nothing is begun."""
        return not self.text.strip() and self.reply_to_seq is None


@service
def save(
    *, actor: Actor, conversation_id: int, written: Written, device: str, now: datetime
) -> Begun | None:
    """The actor has begun this, whatever another device of hers had begun; nothing removes it.

    Her sockets hear of it with the device that wrote it.
    """
    person_id = policies.require_member(actor, conversation_id)
    draft: Begun | None = None
    if written.is_empty:
        gone, _ = UnsentText.objects.filter(
            person_id=person_id, conversation_id=conversation_id
        ).delete()
        if not gone:
            return None
    else:
        content = {
            "text": written.text,
            "reply_to_seq": written.reply_to_seq,
            "mentions": list(written.mentions),
            "saved_at": now,
        }
        row, _ = UnsentText.objects.update_or_create(
            person_id=person_id, conversation_id=conversation_id, defaults=content
        )
        draft = drafts.begun(row)
    told = DraftChanged(conversation_id=conversation_id, draft=draft, device=device)
    fanout.to_people(person_ids=[person_id], kind="draft.changed", content=told)
    return draft
