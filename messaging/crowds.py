"""Large conversations in this process: which sockets hear their common channel.

The entry of a small conversation names its hearers; that of a large one does not, so the
process has to know who is in. Numbers make that sure: whoever got every entry up to `seq` has
heard of everybody who left until then. After a gap, a joining or a leaving, and only then, the
database is asked before anything is delivered.
"""

from collections import defaultdict
from collections.abc import Iterable

from messaging import bus, threads
from messaging.queries import conversations
from messaging.sockets import Socket
from messaging.subscription import Subscription


class Crowds:
    """Sockets by large conversation; its channel is subscribed once for each of them."""

    def __init__(self, channels: Subscription) -> None:
        self._channels = channels
        self._inside: defaultdict[int, set[Socket]] = defaultdict(set)
        self._known: dict[int, int] = {}
        """Up to which entry it is certain who is in; absent where it is not."""

    async def join(self, conversation_id: int, sockets: Iterable[Socket]) -> None:
        """The sockets hear the conversation's channel."""
        for socket in sockets:
            if socket not in self._inside[conversation_id]:
                self._inside[conversation_id].add(socket)
                # What the caller knows of her may have been overtaken already.
                self.doubt(conversation_id)
                await self._channels.add(bus.conversation_channel(conversation_id))

    async def leave(self, conversation_id: int, sockets: Iterable[Socket]) -> None:
        """The sockets hear nothing more of the conversation's channel."""
        for socket in sockets:
            if socket in self._inside.get(conversation_id, ()):
                self._inside[conversation_id].discard(socket)
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
        return [key for key, held in self._inside.items() if socket in held]

    def doubt(self, conversation_id: int) -> None:
        """Before the next delivery the database is asked who is in."""
        self._known.pop(conversation_id, None)

    async def hearers(self, conversation_id: int, seq: int) -> list[Socket]:
        """Who may see the entry; whoever turns out to have left hears nothing more."""
        sockets = list(self._inside.get(conversation_id, ()))
        known = self._known.get(conversation_id)
        # Noted first: a joining that comes during the query makes it doubtful again.
        self._known[conversation_id] = max(known or 0, seq)
        if known is not None and seq == known + 1:
            return sockets
        try:
            hearing = await threads.run(
                conversations.hearing,
                conversation_id=conversation_id,
                seq=seq,
                person_ids=sorted({socket.person_id for socket in sockets}),
            )
        except Exception:
            self.doubt(conversation_id)
            raise
        gone = [socket for socket in sockets if socket.person_id not in hearing.present]
        await self.leave(conversation_id, gone)
        return [socket for socket in sockets if socket.person_id in hearing.seeing]
