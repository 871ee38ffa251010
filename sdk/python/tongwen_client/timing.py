"""How long things take; the defaults are those of the rules, tests are less patient."""

import random
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds."""

    first_retry: float = 0.4
    longest_retry: float = 15.0
    gap: float = 0.2
    """How long a hole may close by itself before it is pulled."""
    answer: float = 10.0
    """A connection on which an answer takes longer is dead."""
    heartbeat: float = 25.0
    read_every: float = 0.5
    poll: int = 25
    socket_again: float = 120.0
    """How long messages are polled before a socket is tried again."""
    unopened: int = 3
    """So many sockets in a row that do not open: messages are polled."""
    pause: float = 2.0
    """Before asking again what a server could not answer, where it names no time."""

    def retry(self, failures: int) -> float:
        """How long to wait after so many failures: twice as long each time, and spread."""
        return self.spread(min(self.longest_retry, self.first_retry * 2 ** min(failures, 16)))

    def spread(self, seconds: float) -> float:
        """Between half of it and all of it."""
        return seconds * (0.5 + random.random() / 2)  # noqa: S311  # spreads load, hides nothing
