"""The process's register of sockets: who is here, and what each of them must hear.

One per process. A parcel from the bus goes to the sockets it concerns; what the bus may
have lost is found by comparing heads with the database. While the bus itself is lost, the
conversations of the last minute are compared every second.

A frame for single people needs nothing of its own here (`fanout.to_people`). What only those
hear who asked for it is done as receipts are: a channel of its own (`bus`), a method like `watch`
that keeps who asked and adds or drops the channel, a branch in `_deliver`, a line in `unregister`.
"""

import asyncio
import random
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import timedelta
from typing import Final

import structlog

from messaging import bus, frames, sockets, threads
from messaging.crowds import Crowds, Hearers
from messaging.queries import heads, receipts
from messaging.queries.heads import LocalHead
from messaging.sockets import Socket
from messaging.subscription import Subscription
from messaging.together import Together

AUDIT_SECONDS: Final = 30.0
BLIND_SECONDS: Final = 1.0
"""How often what was said lately is looked up while the bus is down."""
LATELY: Final = timedelta(minutes=1)
"""Moments are those of the processes that wrote: their clocks may differ by so much."""
HINTED_AT_ONCE: Final = 100
HINT_SECONDS: Final = 0.1
"""After the bus was lost, 5,000 clients are told to compare within five seconds."""
RECEIPT_SECONDS: Final = 2.0
WAITING_LIMIT: Final = 1000
"""Parcels of one conversation that may wait for the database; of the others the audit tells."""
_BATCH: Final = 500
_TURN: Final = 64
"""After so many parcels of one conversation others have their turn."""

log = structlog.get_logger(__name__)


class Hub:
    """Sockets by person, by large conversation and by what they watch."""

    def __init__(self, *, audit_seconds: float = AUDIT_SECONDS) -> None:
        self.people: defaultdict[int, set[Socket]] = defaultdict(set)
        self._watching: defaultdict[int, dict[Socket, frozenset[int]]] = defaultdict(dict)
        self._stale: set[tuple[Socket, int]] = set()
        self._recount = asyncio.Event()
        self._heads: dict[int, dict[int, int]] = {}
        """Person → conversation → the newest entry that was really sent to her."""
        self._audit_seconds = audit_seconds
        self._restored = asyncio.Event()
        self._bus = Subscription(self._deliver, self._restored.set)
        self._crowds = Crowds(self._bus)
        self._in_turn: dict[int, deque[bus.Parcel]] = {}
        """Conversation → what waits until the database has said who may hear it."""
        self._asking: set[asyncio.Task[None]] = set()
        self._lost = asyncio.Event()
        self._arrivals: Together[Socket, None] = Together(self._enter)
        self._entered: set[Socket] = set()
        self._tasks = [
            asyncio.create_task(_kept_running(work))
            for work in (
                self._bus.read_for_ever,
                self._audit_for_ever,
                self._recount_for_ever,
                self._hint_for_ever,
                self._make_up_for_ever,
            )
        ]

    async def close(self) -> None:
        """The hub delivers nothing any more."""
        tasks = [*self._tasks, *self._asking]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def register(self, socket: Socket) -> None:
        """The socket hears everything from now on; its person may have several."""
        self.people[socket.person_id].add(socket)
        self._heads.setdefault(socket.person_id, {})
        await self._arrivals.take(socket)

    async def _enter(self, newcomers: Sequence[Socket]) -> None:
        """One subscription and one query for all of them."""
        present = [
            socket for socket in newcomers if socket in self.people.get(socket.person_id, ())
        ]
        channels = [bus.person_channel(socket.person_id) for socket in present]
        self._entered.update(present)
        await self._bus.add(*channels)
        await self._bus.heard(*channels)
        person_ids = sorted({socket.person_id for socket in present})
        for head in await threads.look(heads.of_people, person_ids):
            known = self._heads.get(head.person_id)
            if known is not None:
                known.setdefault(head.conversation_id, head.last_seq)
            if head.is_crowd:
                hers = self.people.get(head.person_id, ())
                await self._crowds.join(head.conversation_id, self._entered.intersection(hers))

    async def unregister(self, socket: Socket) -> None:
        """The socket hears nothing any more; with a person's last one all of hers is forgotten."""
        self.people[socket.person_id].discard(socket)
        if not self.people[socket.person_id]:
            del self.people[socket.person_id]
            self._heads.pop(socket.person_id, None)
        if socket in self._entered:
            self._entered.discard(socket)
            await self._bus.drop(bus.person_channel(socket.person_id))
        await self._crowds.leave_all(socket)
        for conversation_id in [key for key, held in self._watching.items() if socket in held]:
            await self.watch(socket, conversation_id, frozenset())

    async def watch(self, socket: Socket, conversation_id: int, seqs: frozenset[int]) -> None:
        """The socket hears the counts of these messages, now and when they change; none ends it."""
        already = socket in self._watching.get(conversation_id, ())
        if seqs:
            self._watching[conversation_id][socket] = seqs
            if not already:
                await self._bus.add(bus.receipts_channel(conversation_id))
                # What was read before, perhaps while the socket was cut off, was told to nobody.
                self._stale.add((socket, conversation_id))
                self._recount.set()
        elif already:
            del self._watching[conversation_id][socket]
            if not self._watching[conversation_id]:
                del self._watching[conversation_id]
            await self._bus.drop(bus.receipts_channel(conversation_id))

    async def _deliver(self, channel: str, parcel: bus.Parcel) -> None:
        if parcel.signal is bus.Signal.CURSOR:
            watchers = self._watching.get(parcel.conversation_id, ())
            self._stale |= {(socket, parcel.conversation_id) for socket in watchers}
            self._recount.set()
        elif parcel.signal is bus.Signal.LOST:
            self._lost.set()
        elif (person_id := bus.person_of(channel)) is not None:
            await self._deliver_to_person(person_id, parcel)
        else:
            self._deliver_to_crowd(parcel)

    def _deliver_to_crowd(self, parcel: bus.Parcel) -> None:
        """At once where it is certain who hears it; nothing else waits for the database's word."""
        conversation_id = parcel.conversation_id
        waiting = self._in_turn.get(conversation_id)
        if waiting is not None:
            if len(waiting) < WAITING_LIMIT:
                waiting.append(parcel)
        elif hearers := self._certain(parcel):
            self._send(parcel, hearers.seeing)
        else:
            self._in_turn[conversation_id] = deque([parcel])
            task = asyncio.create_task(self._deliver_in_turn(conversation_id))
            self._asking.add(task)
            task.add_done_callback(self._asking.discard)

    def _certain(self, parcel: bus.Parcel) -> Hearers | None:
        if parcel.signal is bus.Signal.ENTRY_LEFT:
            self._crowds.doubt(parcel.conversation_id)
        return self._crowds.certain(parcel)

    async def _deliver_in_turn(self, conversation_id: int) -> None:
        waiting = self._in_turn[conversation_id]
        try:
            while waiting:
                if len(waiting) % _TURN == 0:
                    await asyncio.sleep(0)
                parcel = waiting.popleft()
                try:
                    hearers = self._certain(parcel) or await self._crowds.asked(parcel)
                except Exception:  # one parcel must not keep back the others; the audit tells of it
                    log.exception("a parcel was not delivered", conversation_id=conversation_id)
                    continue
                self._send(parcel, hearers.seeing)
                self._have_pull(parcel, hearers.pulling)
        finally:
            del self._in_turn[conversation_id]

    def _have_pull(self, parcel: bus.Parcel, hearers: Sequence[Socket]) -> None:
        """They get the entry as they may see it, from the database."""
        if hearers:
            place = {"conversation_id": parcel.conversation_id, "seq": parcel.seq}
            sockets.send(_hint(parcel.conversation_id, parcel.seq), hearers, **place)

    async def _deliver_to_person(self, person_id: int, parcel: bus.Parcel) -> None:
        hearers = list(self.people.get(person_id, ()))
        self._send(parcel, hearers)
        if parcel.signal is bus.Signal.ENTRY_JOINED:
            await self._crowds.join(parcel.conversation_id, hearers)
        elif parcel.signal is bus.Signal.ENTRY_LEFT:
            self._heads.get(person_id, {}).pop(parcel.conversation_id, None)
            await self._crowds.leave(parcel.conversation_id, hearers)
            for socket in hearers:
                await self.watch(socket, parcel.conversation_id, frozenset())

    def _send(self, parcel: bus.Parcel, hearers: Sequence[Socket]) -> None:
        """Whoever has the entry is noted; whoever does not read is left to the comparing."""
        conversation_id, seq = parcel.conversation_id, parcel.seq
        lacking = sockets.send(parcel.frame, hearers, conversation_id=conversation_id, seq=seq)
        if seq:
            # A set of nothing costs a look for each of a thousand hearers.
            without = {socket.person_id for socket in lacking} if lacking else ()
            heads = self._heads
            for socket in hearers:
                if without and socket.person_id in without:
                    continue
                known = heads.get(socket.person_id)
                if known is not None and known.get(conversation_id, 0) < seq:
                    known[conversation_id] = seq

    def _note(self, person_id: int, conversation_id: int, seq: int) -> None:
        known = self._heads.get(person_id)
        if known is not None and known.get(conversation_id, 0) < seq:
            known[conversation_id] = seq

    async def _hint_for_ever(self) -> None:
        """After the bus was lost: every client compares its heads, in turns and no fixed order."""
        while True:
            await self._restored.wait()
            self._restored.clear()
            hint = frames.frame("sync.hint", {})
            everybody = [socket for held in self.people.values() for socket in held]
            random.shuffle(everybody)
            for start in range(0, len(everybody), HINTED_AT_ONCE):
                sockets.send(hint, everybody[start : start + HINTED_AT_ONCE])
                await asyncio.sleep(HINT_SECONDS)

    async def _audit_for_ever(self) -> None:
        while True:
            await _within(self._audit_seconds, self._bus.lost)
            if self._bus.lost.is_set():
                await self._look_up_while_blind()
            await self._audit()

    async def _make_up_for_ever(self) -> None:
        """Some process could not publish for a while: who is behind is told now, not by and by."""
        while True:
            await self._lost.wait()
            self._lost.clear()
            await self._audit()
            await asyncio.sleep(BLIND_SECONDS)

    async def _look_up_while_blind(self) -> None:
        await self._audit()
        while self._bus.lost.is_set():
            await asyncio.sleep(min(BLIND_SECONDS, self._audit_seconds))
            await self._look_up_lately()

    async def _look_up_lately(self) -> None:
        """Instead of the bus: what was said in the last minute, and to whom of those here."""
        moved = await threads.look(heads.moved_within, LATELY)
        person_ids = sorted(self.people) if moved else []
        for start in range(0, len(person_ids), _BATCH):
            batch = person_ids[start : start + _BATCH]
            for head in await threads.look(heads.among, batch, moved):
                self._compare(head)

    async def _audit(self) -> None:
        """Whoever is behind the database gets a hint; large conversations are put right."""
        person_ids = sorted(self.people)
        for start in range(0, len(person_ids), _BATCH):
            batch = person_ids[start : start + _BATCH]
            before = {
                (socket, conversation_id)
                for person_id in batch
                for socket in self.people.get(person_id, ())
                for conversation_id in self._crowds.of(socket)
            }
            standing = await threads.look(heads.of_people, batch)
            for head in standing:
                self._compare(head)
            await self._put_crowds_right(before, standing)

    def _compare(self, head: LocalHead) -> None:
        if head.last_seq <= self._heads.get(head.person_id, {}).get(head.conversation_id, 0):
            return
        hint = _hint(head.conversation_id, head.last_seq)
        hearers = list(self.people.get(head.person_id, ()))
        place = {"conversation_id": head.conversation_id, "seq": head.last_seq}
        if not sockets.send(hint, hearers, **place):
            self._note(head.person_id, head.conversation_id, head.last_seq)

    async def _put_crowds_right(
        self, before: Iterable[tuple[Socket, int]], standing: Sequence[LocalHead]
    ) -> None:
        """Whoever joined while the database answered is left where she is."""
        wanted = {(head.person_id, head.conversation_id) for head in standing if head.is_crowd}
        for person_id, conversation_id in wanted:
            await self._crowds.join(conversation_id, list(self.people.get(person_id, ())))
        for socket, conversation_id in before:
            if (socket.person_id, conversation_id) not in wanted:
                await self._crowds.leave(conversation_id, [socket])

    async def _recount_for_ever(self) -> None:
        while True:
            await self._recount.wait()
            self._recount.clear()
            waiting = list(self._stale)
            self._stale.clear()
            # Whatever fails again and again does not always stand before the same others.
            random.shuffle(waiting)
            try:
                while waiting:
                    await self._send_counts(*waiting[-1])
                    waiting.pop()
            finally:
                if waiting:
                    self._stale.update(waiting)
                    self._recount.set()
            await asyncio.sleep(RECEIPT_SECONDS)

    async def _send_counts(self, socket: Socket, conversation_id: int) -> None:
        seqs = self._watching.get(conversation_id, {}).get(socket)
        if not seqs:
            return
        counts = await threads.look(
            receipts.counts_for_sender,
            person_id=socket.person_id,
            conversation_id=conversation_id,
            seqs=sorted(seqs),
        )
        rows = [{"seq": seq, "read": c.read, "unread": c.unread} for seq, c in counts.items()]
        content = {"conversation_id": conversation_id, "counts": rows}
        sockets.send(frames.frame("receipt.update", content), [socket])


def _hint(conversation_id: int, last_seq: int) -> bytes:
    return frames.frame("sync.hint", {"conversation_id": conversation_id, "last_seq": last_seq})


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
