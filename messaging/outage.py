"""Leaving Valkey alone while it does not answer.

A call to a Valkey that is cut off, not stopped, takes the 2 s after which it is given up. Were each
message to try, the few threads of a process would do nothing else, and messages that need no Valkey
to be stored would wait for it.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import redis
import structlog

REST_SECONDS: Final = 1.0
TRIAL_SECONDS: Final = 5.0
"""Longer than a connection and a call may take together."""

log = structlog.get_logger(__name__)


class Outage:
    """After a failure nobody calls for a while; then one caller tries for all."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._is_out = False
        self._next = 0.0

    def spared(self) -> bool:
        """Whether the caller is to do without; who is not says how it went: `over` or `failed`."""
        if not self._is_out:
            return False
        with self._lock:
            now = time.monotonic()
            if now < self._next:
                return True
            # This caller tries, while all others still do without.
            self._next = now + TRIAL_SECONDS
            return False

    def over(self) -> None:
        """Valkey has answered."""
        self._is_out = False

    def failed(self) -> None:
        """Valkey has not answered."""
        with self._lock:
            self._is_out = True
            self._next = time.monotonic() + REST_SECONDS


_here: Final = Outage()


def over() -> None:
    """Valkey is known to answer again: the next caller tries at once."""
    _here.over()


@contextmanager
def forgiven(what: str) -> Iterator[bool]:
    """Whether to call Valkey at all; that it fails is written down, and no more."""
    if _here.spared():
        yield False
        return
    try:
        yield True
    except redis.RedisError as error:
        _here.failed()
        log.warning("valkey does not answer", without=what, error=str(error))
    else:
        _here.over()
