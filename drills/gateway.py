"""A gateway for push, SMS and voice in a drill: a file of what it was asked for.

Runs in the worker. It takes its time, so that the worker often dies between the delivery and its
evidence.
"""

import os
import time
from pathlib import Path
from typing import Final

from messaging.channels_out import Content, Evidence, Recipient
from messaging.kinds import StepOutcome

BOOK: Final = "DRILL_GATEWAY"
"""The variable that names the file."""
CHANNELS: Final = ",".join(f"{rung}=drills.gateway.Gateway" for rung in ("push", "sms", "voice"))
SECONDS: Final = 0.02


class Gateway:
    """Writes down the key of each delivery before it says so."""

    def deliver(self, *, key: str, recipient: Recipient, content: Content) -> Evidence:
        """The key is on disk."""
        book = os.open(os.environ[BOOK], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        try:
            os.write(book, f"{key}\n".encode())
            os.fsync(book)
        finally:
            os.close(book)
        time.sleep(SECONDS)
        return Evidence(StepOutcome.DELIVERED, "已记录（演练通道）", reference=key)


def asked(book: Path) -> list[str]:
    """Every key that the gateway was asked for, as often as it was."""
    return book.read_text().split() if book.exists() else []
