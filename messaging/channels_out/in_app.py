"""The platform's own channel: a work notice, for officers on duty and leaders."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from core.actor import system
from messaging.channels_out import Content, Evidence, Recipient
from messaging.kinds import DING_SOURCE, StepOutcome
from messaging.services import notices

SOURCE_NAME: Final = "DING"


@dataclass(frozen=True, slots=True)
class InApp:
    """Delivers at that instant; the notice's own key makes it come once."""

    now: datetime

    def deliver(self, *, key: str, recipient: Recipient, content: Content) -> Evidence:
        """The person has a work notice."""
        sent = notices.send(
            actor=system("messaging.channels_out"),
            source=DING_SOURCE,
            source_name=SOURCE_NAME,
            key=key,
            person_ids=[recipient.person_id],
            title=content.title,
            body=content.text,
            link=content.link,
            now=self.now,
        )
        return Evidence(StepOutcome.DELIVERED, "已发工作通知", reference=str(sent.id))
