"""One conversation's entries, strictly in order: the missing are pulled, the double dropped."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any, Final

from tongwen_client.entries import Entry
from tongwen_client.errors import Refused
from tongwen_client.timing import Timing

EARLY_LIMIT: Final = 1000
"""So many entries may wait for those before them; others are pulled when their turn comes."""

Ask = Callable[[str, Mapping[str, Any]], Awaitable[Any]]


class Log:
    """Where one reader of a conversation stands."""

    def __init__(self, conversation_id: int, known: int, ask: Ask, timing: Timing) -> None:
        self.conversation_id = conversation_id
        self.known = known
        """Everything up to here was given out."""
        self._newest = known
        self._early: dict[int, Mapping[str, Any]] = {}
        self._news = asyncio.Event()
        self._news.set()  # the first look is a pull
        self._ask, self._timing = ask, timing
        self._looked = False
        """Whether the server has said how far the log goes since somebody began to read it."""
        self._through = known
        self._fault: Exception | None = None

    def take(self, entry: Mapping[str, Any]) -> None:
        """An entry came by itself, perhaps early, perhaps twice."""
        seq = entry["seq"]
        if seq > self.known and len(self._early) < EARLY_LIMIT:
            self._early[seq] = entry
        self.reaches(seq)

    def reaches(self, seq: int) -> None:
        """The log goes at least so far."""
        if seq > self._newest:
            self._newest = seq
        self._news.set()

    def fail(self, fault: Exception) -> None:
        """Nothing more will come."""
        self._fault = fault
        self._news.set()

    async def __aiter__(self) -> AsyncIterator[Entry]:
        """Each entry once, in order, for ever."""
        while True:
            for entry in self._ready():
                yield entry
            if self._fault is not None:
                raise self._fault
            if self._looked and self.known >= self._newest:
                self._news.clear()
                await self._news.wait()
            elif self._looked and self._early and await self._gap_closes():
                continue
            else:
                for entry in await self._pull():
                    self.known = entry.seq
                    yield entry
                self.known = max(self.known, self._through)

    def _ready(self) -> list[Entry]:
        found = []
        for seq in [seq for seq in self._early if seq <= self.known]:
            del self._early[seq]
        while self.known + 1 in self._early:
            self.known += 1
            found.append(Entry.of(self._early.pop(self.known)))
        return found

    async def _gap_closes(self) -> bool:
        """Whether what is missing comes by itself in the time that a gap is given."""
        await asyncio.sleep(self._timing.gap)
        return self.known + 1 in self._early

    async def _pull(self) -> list[Entry]:
        content = {"conversation_id": self.conversation_id, "after": self.known}
        self._newest = max([self.known, *self._early])
        while True:
            try:
                page = await self._ask("message.pull", content)
                break
            except Refused as refused:
                if not refused.passes:
                    raise
                await asyncio.sleep(refused.retry_after or self._timing.spread(self._timing.pause))
        self._looked = bool(page["complete"])
        self._through = page["through"]
        self._newest = max(self._newest, self._through if self._looked else page["last_seq"])
        return [Entry.of(entry) for entry in page["entries"] if entry["seq"] > self.known]
