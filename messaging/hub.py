"""The process's register of sockets: who is here, and what each of them must hear.

One per process. A parcel from the bus goes to the sockets it concerns; what the bus may
have lost is found by comparing heads with the database.
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Iterable
from typing import Final, Protocol

import structlog

from core.actor import Actor
from messaging import bus, fanout, frames, threads
from messaging.queries import conversations, receipts
from messaging.queries.conversations import LocalHead
from messaging.subscription import Subscription

CHUNK: Final = 200
"""Under daphne a send never yields to the loop: after so many the fan-out does."""
AUDIT_SECONDS: Final = 30.0
BLIND_SECONDS: Final = 1.0
"""How often heads are compared while the bus is down."""
RECEIPT_SECONDS: Final = 2.0
_BATCH: Final = 500

log = structlog.get_logger(__name__)


class Socket(Protocol):
    """What the hub needs of a connection."""

    actor: Actor
    person_id: int

    async def push(self, text: str) -> None:
        """Sends a finished frame."""


class Hub:
    """Sockets by person, by large conversation and by what they watch."""

    def __init__(self) -> None:
        self.people: defaultdict[int, set[Socket]] = defaultdict(set)
        self._large: defaultdict[int, set[Socket]] = defaultdict(set)
        self._watching: defaultdict[int, dict[Socket, frozenset[int]]] = defaultdict(dict)
        self._stale: set[tuple[Socket, int]] = set()
        self._recount = asyncio.Event()
        self._heads: dict[int, int] = {}
        self._bus = Subscription(self._deliver, self._hint_everybody)
        self._tasks = [
            asyncio.create_task(_kept_running(work))
            for work in (self._bus.read_for_ever, self._audit_for_ever, self._recount_for_ever)
        ]

    async def register(self, socket: Socket) -> None:
        """The socket hears everything from now on; its person may have several."""
        channel = bus.person_channel(socket.person_id)
        self.people[socket.person_id].add(socket)
        await self._bus.add(channel)
        await self._bus.heard(channel)
        for head in await threads.run(conversations.local_heads, [socket.person_id]):
            self._heads.setdefault(head.conversation_id, head.last_seq)
            if head.member_count > fanout.LARGE:
                await self._join_large(head.conversation_id, [socket])

    async def unregister(self, socket: Socket) -> None:
        """The socket hears nothing any more."""
        self.people[socket.person_id].discard(socket)
        if not self.people[socket.person_id]:
            del self.people[socket.person_id]
        await self._bus.drop(bus.person_channel(socket.person_id))
        for conversation_id in [key for key, held in self._large.items() if socket in held]:
            await self._leave_large(conversation_id, [socket])
        for conversation_id in [key for key, held in self._watching.items() if socket in held]:
            await self.watch(socket, conversation_id, frozenset())

    async def watch(self, socket: Socket, conversation_id: int, seqs: frozenset[int]) -> None:
        """The socket hears new counts of these messages; none ends the watch."""
        already = socket in self._watching.get(conversation_id, ())
        if seqs:
            self._watching[conversation_id][socket] = seqs
            if not already:
                await self._bus.add(bus.receipts_channel(conversation_id))
        elif already:
            del self._watching[conversation_id][socket]
            if not self._watching[conversation_id]:
                del self._watching[conversation_id]
            await self._bus.drop(bus.receipts_channel(conversation_id))

    async def _deliver(self, channel: str, parcel: bus.Parcel) -> None:
        conversation_id = parcel.conversation_id
        if parcel.signal is bus.Signal.CURSOR:
            self._stale |= {(socket, conversation_id) for socket in self._watchers(parcel)}
            self._recount.set()
            return
        hearers = self._hearers(channel, conversation_id)
        if parcel.seq:
            self._heads[conversation_id] = max(self._heads.get(conversation_id, 0), parcel.seq)
        await _send(parcel.frame.decode(), hearers)
        if parcel.signal is bus.Signal.ENTRY_JOINED:
            await self._join_large(conversation_id, hearers)
        elif parcel.signal is bus.Signal.ENTRY_LEFT:
            await self._leave_large(conversation_id, hearers)
            for socket in hearers:
                await self.watch(socket, conversation_id, frozenset())

    def _hearers(self, channel: str, conversation_id: int) -> list[Socket]:
        if channel == bus.conversation_channel(conversation_id):
            return list(self._large.get(conversation_id, ()))
        return list(self.people.get(int(channel.rsplit(":", 1)[1]), ()))

    def _watchers(self, parcel: bus.Parcel) -> list[Socket]:
        return list(self._watching.get(parcel.conversation_id, ()))

    async def _join_large(self, conversation_id: int, sockets: Iterable[Socket]) -> None:
        for socket in sockets:
            if socket not in self._large[conversation_id]:
                self._large[conversation_id].add(socket)
                await self._bus.add(bus.conversation_channel(conversation_id))

    async def _leave_large(self, conversation_id: int, sockets: Iterable[Socket]) -> None:
        for socket in sockets:
            if socket in self._large.get(conversation_id, ()):
                self._large[conversation_id].discard(socket)
                await self._bus.drop(bus.conversation_channel(conversation_id))
        if not self._large.get(conversation_id):
            self._large.pop(conversation_id, None)

    async def _hint_everybody(self) -> None:
        """After the bus was lost: every client compares its heads."""
        text = frames.frame("sync.hint", {}).decode()
        await _send(text, [socket for sockets in self.people.values() for socket in sockets])

    async def _audit_for_ever(self) -> None:
        while True:
            if self._bus.lost.is_set():
                await asyncio.sleep(BLIND_SECONDS)
            else:
                await _within(AUDIT_SECONDS, self._bus.lost)
            await self._audit()

    async def _audit(self) -> None:
        """Whoever is behind the database gets a hint; large conversations are put right."""
        person_ids = sorted(self.people)
        newest: dict[int, int] = {}
        for start in range(0, len(person_ids), _BATCH):
            batch = person_ids[start : start + _BATCH]
            standing = await threads.run(conversations.local_heads, batch)
            for head in standing:
                newest[head.conversation_id] = head.last_seq
                if head.last_seq > self._heads.get(head.conversation_id, 0):
                    await self._hint(head)
            await self._put_large_right(batch, standing)
        for conversation_id, last_seq in newest.items():
            self._heads[conversation_id] = max(self._heads.get(conversation_id, 0), last_seq)

    async def _hint(self, head: LocalHead) -> None:
        content = {"conversation_id": head.conversation_id, "last_seq": head.last_seq}
        text = frames.frame("sync.hint", content).decode()
        await _send(text, self.people.get(head.person_id, ()))

    async def _put_large_right(
        self, person_ids: Collection[int], standing: Iterable[LocalHead]
    ) -> None:
        wanted = {
            (head.person_id, head.conversation_id)
            for head in standing
            if head.member_count > fanout.LARGE
        }
        for person_id, conversation_id in wanted:
            await self._join_large(conversation_id, list(self.people.get(person_id, ())))
        for person_id in person_ids:
            for socket in list(self.people.get(person_id, ())):
                for conversation_id in [key for key, held in self._large.items() if socket in held]:
                    if (person_id, conversation_id) not in wanted:
                        await self._leave_large(conversation_id, [socket])

    async def _recount_for_ever(self) -> None:
        while True:
            await self._recount.wait()
            self._recount.clear()
            stale, self._stale = self._stale, set()
            for socket, conversation_id in stale:
                await self._send_counts(socket, conversation_id)
            await asyncio.sleep(RECEIPT_SECONDS)

    async def _send_counts(self, socket: Socket, conversation_id: int) -> None:
        seqs = self._watching.get(conversation_id, {}).get(socket)
        if not seqs:
            return
        counts = await threads.run(
            receipts.counts_for_sender,
            person_id=socket.person_id,
            conversation_id=conversation_id,
            seqs=sorted(seqs),
        )
        rows = [{"seq": seq, "read": c.read, "unread": c.unread} for seq, c in counts.items()]
        content = {"conversation_id": conversation_id, "counts": rows}
        await socket.push(frames.frame("receipt.update", content).decode())


async def _send(text: str, sockets: Iterable[Socket]) -> None:
    for number, socket in enumerate(sockets, start=1):
        await socket.push(text)
        if number % CHUNK == 0:
            await asyncio.sleep(0)


async def _within(seconds: float, event: asyncio.Event) -> None:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return


async def _kept_running(work: Callable[[], Awaitable[None]]) -> None:
    """A fault in one round, such as a restarting database, does not end the rounds."""
    while True:
        try:
            await work()
        except Exception:  # supervisor: logged, then tried again
            log.exception("a task of the hub failed")
            await asyncio.sleep(1)
