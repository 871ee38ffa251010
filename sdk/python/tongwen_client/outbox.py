"""What is on its way: one message of a conversation at a time, again until it is acknowledged."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tongwen_client.entries import Acknowledged
from tongwen_client.errors import ENDS, Refused
from tongwen_client.store import Store
from tongwen_client.timing import Timing

Ask = Callable[[str, Mapping[str, Any]], Awaitable[Any]]
Refuse = Callable[[str, Mapping[str, Any]], None]
Begin = Callable[[Coroutine[Any, Any, None]], "asyncio.Task[None]"]
"""Begins work whose faults somebody hears of, and who ends it at last."""


@dataclass(slots=True)
class Outgoing:
    """A message that is not acknowledged yet."""

    content: Mapping[str, Any]
    """As the frame `message.send` has it."""
    answer: "asyncio.Future[Acknowledged]" = field(repr=False)

    @property
    def id(self) -> str:
        """The client's own id, under which it is stored once."""
        return str(self.content["client_message_id"])

    @property
    def conversation_id(self) -> int:
        """Where it goes."""
        return int(self.content["conversation_id"])

    @property
    def is_over(self) -> bool:
        """Whether the server has it, or will not have it; not so where the client has ended."""
        if not self.answer.done():
            return False
        fault = self.answer.exception()
        return fault is None or isinstance(fault, Refused)


class Outbox:
    """The queues of all conversations."""

    def __init__(
        self, *, ask: Ask, store: Store, timing: Timing, refuse: Refuse, begin: Begin
    ) -> None:
        self._ask, self._store, self._timing = ask, store, timing
        self._refuse, self._begin = refuse, begin
        self._queues: dict[int, deque[Outgoing]] = {}
        self._workers: dict[int, asyncio.Task[None]] = {}

    def resume(self) -> None:
        """What an earlier run of the program left is sent, in its order."""
        for item in self._store.waiting():
            self._enqueue(item["content"])

    def waiting(self) -> Iterable[Outgoing]:
        """Everything that is not acknowledged."""
        queued = [item for queue in self._queues.values() for item in queue]
        return [item for item in queued if not item.answer.done()]

    def add(self, content: Mapping[str, Any]) -> Outgoing:
        """The message waits its turn; the same id again is the same message."""
        for item in self._queues.get(content["conversation_id"], ()):
            if item.content == content:
                return item
        self._store.put({"id": content["client_message_id"], "content": dict(content)})
        return self._enqueue(content)

    def settle(self, entry: Mapping[str, Any]) -> None:
        """An own message that came before its acknowledgement is acknowledged by that."""
        for item in self._queues.get(entry["conversation_id"], ()):
            if item.id == entry.get("client_message_id"):
                _resolve(item, entry)

    def fail(self, fault: Exception) -> None:
        """Whoever waits for an acknowledgement is told why none will come; the store keeps all."""
        for item in self.waiting():
            item.answer.set_exception(fault)
            item.answer.exception()  # nobody may be waiting for it

    def _enqueue(self, content: Mapping[str, Any]) -> Outgoing:
        item = Outgoing(content, asyncio.get_running_loop().create_future())
        room = item.conversation_id
        self._queues.setdefault(room, deque()).append(item)
        if room not in self._workers or self._workers[room].done():
            self._workers[room] = self._begin(self._work(self._queues[room]))
        return item

    async def _work(self, queue: deque[Outgoing]) -> None:
        while queue:
            item = queue[0]
            try:
                await self._send(item)
            except ENDS:
                return  # what waits was told, and stays in the store
            if not item.is_over:
                return
            self._store.drop(item.id)
            queue.popleft()

    async def _send(self, item: Outgoing) -> None:
        while not item.answer.done():
            try:
                _resolve(item, await self._ask("message.send", item.content))
            except Refused as refused:
                if refused.passes:
                    pause = self._timing.spread(self._timing.pause)
                    await asyncio.sleep(refused.retry_after or pause)
                else:
                    self._give_up(item, refused)

    def _give_up(self, item: Outgoing, refused: Refused) -> None:
        if not item.answer.done():
            item.answer.set_exception(refused)
            item.answer.exception()  # nobody may be waiting for it
            self._refuse("outbox.refused", {**item.content, "code": refused.code})


def _resolve(item: Outgoing, said: Mapping[str, Any]) -> None:
    if not item.answer.done():
        at = datetime.fromisoformat(said["created_at"])
        item.answer.set_result(Acknowledged(item.conversation_id, item.id, said["seq"], at))
