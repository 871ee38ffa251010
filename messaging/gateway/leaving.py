"""Whose last socket here has closed: others are told soon, but not of every reload."""

import asyncio
from collections.abc import Callable
from typing import Final

from django.utils import timezone

from messaging import presence, threads

GRACE_SECONDS: Final = 5.0
"""A client that lost its connection, or reloads, is back by then; so nothing is written for it."""


class Leaving:
    """People who hold no socket of this process any more, and since when."""

    def __init__(self, is_here: Callable[[int], bool]) -> None:
        self._is_here = is_here
        self._since: dict[int, float] = {}

    def note(self, person_id: int) -> None:
        """One of the person's sockets has closed; that may have been the last."""
        if not self._is_here(person_id):
            self._since[person_id] = asyncio.get_running_loop().time()

    async def settle(self) -> None:
        """Whoever has not come back in time is shown as gone, all of them by one call."""
        over = asyncio.get_running_loop().time() - GRACE_SECONDS
        due = [person_id for person_id, since in self._since.items() if since <= over]
        for person_id in due:
            del self._since[person_id]
        gone = [person_id for person_id in due if not self._is_here(person_id)]
        if not gone:
            return
        await threads.signal(presence.leave, gone)
        # Who came just now may have given her sign of life before it was taken away.
        back = [person_id for person_id in gone if self._is_here(person_id)]
        if back:
            await threads.signal(presence.beat, back, now=timezone.now())
