"""How many frames one socket may send, of whatever type."""

import asyncio
from typing import Final

PER_SECOND: Final = 50.0
BURST: Final = 100.0


class Bucket:
    """Tokens that refill with time; each frame takes one."""

    def __init__(self) -> None:
        self._tokens = BURST
        self._at = asyncio.get_running_loop().time()

    def take(self) -> bool:
        """Whether there was a token left."""
        now = asyncio.get_running_loop().time()
        self._tokens = min(BURST, self._tokens + (now - self._at) * PER_SECOND)
        self._at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True
