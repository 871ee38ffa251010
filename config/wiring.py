"""Who hears what: every subscription and every schedule of the installation."""

from collections.abc import Sequence
from typing import Final

from core.events import Schedule, Subscriptions

SUBSCRIPTIONS: Final[Subscriptions] = {}

SCHEDULES: Final[Sequence[Schedule]] = ()
