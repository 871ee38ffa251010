"""A channel that writes down what it was asked to deliver: for tests and rehearsals."""

from typing import ClassVar

import structlog

from messaging.channels_out import Content, Evidence, Recipient
from messaging.kinds import StepOutcome

log = structlog.get_logger(__name__)


class Recording:
    """Delivers nothing; what it was asked for stands in `delivered`, and its key in the log."""

    delivered: ClassVar[dict[str, tuple[Recipient, Content]]] = {}

    def deliver(self, *, key: str, recipient: Recipient, content: Content) -> Evidence:
        """As a gateway would, the same key is taken once."""
        if key not in self.delivered:
            self.delivered[key] = (recipient, content)
            log.info("recorded instead of delivered", key=key)
        return Evidence(StepOutcome.DELIVERED, "已记录（演练通道，未真正发出）", reference=key)
