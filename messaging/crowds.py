"""Large conversations in this process: which sockets hear their common channel.

The entry of a small conversation names its hearers; that of a large one does not, so the
process has to know who is in. Numbers make that sure: whoever got every entry up to `seq` has
heard of everybody who left until then. After a gap, a joining or a leaving, and only then, the
database is asked before anything is delivered. Members of a virtual conversation leave without
an entry: of it nothing is sure for longer than a second.
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from messaging import bus, threads
from messaging.bus import Parcel
from messaging.queries import conversations
from messaging.sockets import Socket
from messaging.subscription import Subscription

VIRTUAL_SECONDS: Final = 1.0
"""So long whoever lost her post may go on hearing what is said in a virtual conversation."""


@dataclass(frozen=True, slots=True)
class Hearers:
    """Who is to have an entry, and who only to pull it: it shows what is kept from them."""

    seeing: list[Socket]
    pulling: list[Socket]


@dataclass(slots=True)
class _Known:
    """What is certain without asking."""

    seq: int
    """Up to which entry it is certain who is in."""
    all_see_from: float
    """From which entry on all who are here may read."""
    until: float
    """The moment of the loop's clock at which it is certain no more."""

    def covers(self, parcel: Parcel, at: float) -> bool:
        in_turn = parcel.seq == self.seq + 1 and at < self.until
        return in_turn and (not parcel.shows or parcel.shows >= self.all_see_from)


class Crowds:
    """Sockets by large conversation; its channel is subscribed once for each of them."""

    def __init__(self, channels: Subscription) -> None:
        self._channels = channels
        self._inside: defaultdict[int, set[Socket]] = defaultdict(set)
        self._of: defaultdict[Socket, set[int]] = defaultdict(set)
        self._known: dict[int, _Known] = {}
        self._joined_meanwhile: dict[int, set[Socket]] = {}
        """Conversation that is asked about → who has joined since the question was put."""

    async def join(self, conversation_id: int, sockets: Iterable[Socket]) -> None:
        """The sockets hear the conversation's channel."""
        joining = set(sockets)
        self._joined_meanwhile.get(conversation_id, set()).update(joining)
        if not joining:
            return
        # What the caller knows of them may have been overtaken already.
        self.doubt(conversation_id)
        new = joining - self._inside[conversation_id]
        # All of them at once: whoever goes while the channel is asked for is taken out again.
        self._inside[conversation_id] |= new
        for socket in new:
            self._of[socket].add(conversation_id)
        await self._channels.add(*[bus.conversation_channel(conversation_id)] * len(new))

    async def leave(self, conversation_id: int, sockets: Iterable[Socket]) -> None:
        """The sockets hear nothing more of the conversation's channel."""
        for socket in sockets:
            if socket in self._inside.get(conversation_id, ()):
                self._inside[conversation_id].discard(socket)
                self._forget(socket, conversation_id)
                await self._channels.drop(bus.conversation_channel(conversation_id))
        if not self._inside.get(conversation_id):
            self._inside.pop(conversation_id, None)
            self.doubt(conversation_id)

    async def leave_all(self, socket: Socket) -> None:
        """The socket is in no crowd."""
        for conversation_id in self.of(socket):
            await self.leave(conversation_id, [socket])

    def of(self, socket: Socket) -> list[int]:
        """The large conversations whose channel the socket hears."""
        return list(self._of.get(socket, ()))

    def doubt(self, conversation_id: int) -> None:
        """Before the next delivery the database is asked who is in."""
        self._known.pop(conversation_id, None)

    def certain(self, parcel: Parcel) -> Hearers | None:
        """Who is to have the entry, where nobody has to be asked."""
        known = self._known.get(parcel.conversation_id)
        if known is None or not known.covers(parcel, asyncio.get_running_loop().time()):
            return None
        known.seq = parcel.seq
        return Hearers(list(self._inside.get(parcel.conversation_id, ())), [])

    async def asked(self, parcel: Parcel) -> Hearers:
        """Who may see the entry; whoever turns out to have left hears nothing more."""
        conversation_id = parcel.conversation_id
        sockets = list(self._inside.get(conversation_id, ()))
        before = self._known.get(conversation_id)
        # Noted first: a joining that comes during the query makes it doubtful again.
        known = _Known(max(before.seq if before else 0, parcel.seq), float("inf"), 0.0)
        self._known[conversation_id] = known
        asked_at = asyncio.get_running_loop().time()
        joined = self._joined_meanwhile[conversation_id] = set()
        try:
            hearing = await threads.look(
                conversations.hearing,
                conversation_id=conversation_id,
                seq=parcel.seq,
                shows=parcel.shows,
                person_ids=sorted({socket.person_id for socket in sockets}),
            )
        except Exception:
            self.doubt(conversation_id)
            raise
        finally:
            del self._joined_meanwhile[conversation_id]
        known.all_see_from = hearing.all_see_from
        known.until = asked_at + VIRTUAL_SECONDS if hearing.is_virtual else float("inf")
        away = [socket for socket in sockets if socket.person_id not in hearing.present]
        # Whoever came back while the question was on its way is in it as somebody who had left.
        gone = [socket for socket in away if socket not in joined]
        await self.leave(conversation_id, gone)
        return Hearers(
            [socket for socket in sockets if socket.person_id in hearing.seeing],
            [socket for socket in sockets if socket.person_id in hearing.pulling],
        )

    def _forget(self, socket: Socket, conversation_id: int) -> None:
        self._of[socket].discard(conversation_id)
        if not self._of[socket]:
            del self._of[socket]
