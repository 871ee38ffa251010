"""What core's own news sets going, in a worker."""

from datetime import datetime

from core.audit import checks
from core.audit.events import CheckAsked


def on_check_asked(event: CheckAsked, now: datetime) -> None:
    """The check that was asked for is carried out; a second run finds nothing to do."""
    checks.carry_out(event.check_id, now=now)
