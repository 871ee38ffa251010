"""One socket's life: greeted by its session, fed by the hub, closed with a clear code."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from enum import IntEnum
from typing import Any, Final, TypeVar

import structlog
from django.utils import timezone
from pydantic import ValidationError

from core import audit, errors
from core.audit import denials
from messaging import errors as own_errors
from messaging import frames, threads
from messaging.gateway import answers, incoming, sessions, sign_in, transport
from messaging.gateway.buckets import Bucket
from messaging.gateway.sign_in import Visitor

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

WAITING_LIMIT: Final = 64
"""Frames of one socket that may wait for their turn."""
MARKING_LIMIT: Final = 16
"""Reading marks of one socket that may wait to be written while it is served on."""
BYE_SPREAD_MS: Final = 5000
ANSWER_SECONDS: Final = 5.0
"""How long a process that stops goes on answering what it has taken."""

D = TypeVar("D", bound=incoming.Data)

log = structlog.get_logger(__name__)


class Close(IntEnum):
    """Why the server closes a socket."""

    NOT_SIGNED_IN = 4001
    BAD_FRAME = 4002
    REVOKED = 4003
    POST_CHANGED = 4004
    """The client comes back at once, as who its person is now."""
    TOO_SLOW = 4008
    """For half a minute the client has not read what it was sent."""
    TOO_MANY_SESSIONS = 4009
    DRAINING = 4010
    FAILED = 4011
    """What 1011 says elsewhere; autobahn lets no application close with that."""
    TOO_LARGE = 4013
    FLOOD = 4029


async def serve(scope: Scope, receive: Receive, send: Send) -> None:
    """The ASGI application of one socket."""
    await receive()
    offered = frames.PROTOCOL in scope.get("subprotocols", ())
    await send({"type": "websocket.accept", "subprotocol": frames.PROTOCOL if offered else None})
    if not offered:
        await send({"type": "websocket.close", "code": int(Close.BAD_FRAME)})
        return
    try:
        visitor = await sign_in.visitor(scope)
    except errors.Unavailable:
        await send({"type": "websocket.close", "code": int(Close.FAILED)})
        return
    if visitor is None:
        await send({"type": "websocket.close", "code": int(Close.NOT_SIGNED_IN)})
        return
    await Connection(visitor, receive, send).live()


class Connection:
    """A signed-in socket: one task reads frames, another works them off in their order."""

    def __init__(self, visitor: Visitor, receive: Receive, send: Send) -> None:
        self.visitor = visitor
        self.actor = visitor.actor
        self.person_id = visitor.person_id
        self._receive = receive
        self._send = send
        self._outlet = transport.outlet(send, self._give_up)
        self.push = self._outlet.offer
        self._giving_up: asyncio.Task[None] | None = None
        self._waiting: asyncio.Queue[incoming.Incoming] = asyncio.Queue(WAITING_LIMIT)
        self._marking: set[asyncio.Task[bool]] = set()
        self._bucket = Bucket()
        self._is_open = True
        self._was_used = False
        self._is_leaving = False

    async def live(self) -> None:
        """Serves the socket until either side closes it."""
        here = sessions.of_this_process()
        worker: asyncio.Task[None] | None = None
        try:
            if not here.has_room(self):
                await self.close(Close.TOO_MANY_SESSIONS)
                return
            await here.enter(self)
            worker = asyncio.create_task(self._work())
            await self._read()
        finally:
            if self._is_open:
                self._take_last_marks()
            self._is_open = False
            self._outlet.shut()
            if worker is not None:
                worker.cancel()
            await here.leave(self)
            await self._hurry_marks()

    async def close(self, code: Close) -> None:
        """Closes the socket behind what was written to it; a second call does nothing."""
        if self._is_open:
            self._is_open = False
            await self._outlet.settle()
            self._outlet.shut()
            await self._send({"type": "websocket.close", "code": int(code)})

    async def revoke(self) -> None:
        """Closes the socket because its session or account has ended."""
        await self.close(Close.REVOKED)

    async def renew(self) -> None:
        """Closes the socket because its person acts from another post now."""
        await self.close(Close.POST_CHANGED)

    def was_used(self) -> bool:
        """Whether its person sent something since this was asked last."""
        used, self._was_used = self._was_used, False
        return used

    async def say_bye(self) -> None:
        """The process stops: what was taken is answered, then clients come back, spread in time."""
        self._is_leaving = True
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                await self._waiting.join()
        except TimeoutError:
            log.warning("socket left without its answers", person_id=self.person_id)
        wait = random.randrange(200, BYE_SPREAD_MS)  # noqa: S311  # spreads load, hides nothing
        self._say(frames.frame("bye", {"retry_after_ms": wait}))
        await self.close(Close.DRAINING)

    async def _read(self) -> None:
        while self._is_open:
            message = await self._receive()
            if message["type"] == "websocket.disconnect":
                return
            # What comes now is sent again, to another process.
            fault = None if self._is_leaving else self._take(message)
            if fault is not None:
                await self.close(fault)

    def _take(self, message: dict[str, Any]) -> Close | None:
        text = message.get("text")
        if text is None:
            return Close.BAD_FRAME
        if len(text) > incoming.FRAME_LIMIT or len(text.encode()) > incoming.FRAME_LIMIT:
            return Close.TOO_LARGE
        if not self._bucket.take() or self._waiting.full():
            return Close.FLOOD
        try:
            frame = incoming.parse(text)
        except incoming.NotAFrame:
            return Close.BAD_FRAME
        if frame.type not in answers.OWN and frame.type not in answers.KINDS:
            return Close.BAD_FRAME
        # Reading marks and questions are sent by open pages that nobody looks at, too.
        self._was_used = self._was_used or frame.type == "message.send"
        self._waiting.put_nowait(frame)
        return None

    async def _work(self) -> None:
        while True:
            frame = await self._waiting.get()
            # Whoever does not read the answers gets no more of them.
            await self._outlet.room()
            if not self._is_open:
                # Closed by us: what it asked for before it knew is not done for it any more.
                self._waiting.task_done()
            elif frame.type == "message.read" and len(self._marking) < MARKING_LIMIT:
                self._mark(frame)
            elif not await self._work_off(frame):
                return

    async def _work_off(self, frame: incoming.Incoming) -> bool:
        """Whether the socket can be served on."""
        try:
            await self._serve(frame)
        except Exception:  # not even a refusal was possible: a new socket is better than none
            log.exception("socket given up", type=frame.type, person_id=self.person_id)
            await self.close(Close.FAILED)
            return False
        finally:
            self._waiting.task_done()
        return True

    def _mark(self, frame: incoming.Incoming) -> None:
        """Answers once it is written with what others read; what comes behind it does not wait."""
        task = asyncio.create_task(self._work_off(frame))
        self._marking.add(task)
        task.add_done_callback(self._marking.discard)

    async def _hurry_marks(self) -> None:
        if self._marking:
            await asyncio.sleep(0)  # the youngest of them has begun by then
            sessions.of_this_process().hurry_marks()

    def _take_last_marks(self) -> None:
        """Whoever goes of her own accord has read what she said last, though nobody answers."""
        while not self._waiting.empty():
            frame = self._waiting.get_nowait()
            if frame.type == "message.read":
                self._mark(frame)
            else:
                self._waiting.task_done()

    async def _serve(self, frame: incoming.Incoming) -> None:
        try:
            await self._answer(frame)
        except errors.DomainError as refusal:
            await self._refuse(frame, refusal)
        except Exception:  # one broken frame must not end the socket
            log.exception("frame failed", type=frame.type, person_id=self.person_id)
            await self._refuse(frame, errors.Unavailable())

    async def _answer(self, frame: incoming.Incoming) -> None:
        here = sessions.of_this_process()
        if frame.type == "hello":
            _checked(incoming.Hello, frame)
            await here.note_present(self)
            answer = answers.welcome(self.actor, await here.bells(self), timezone.now())
        elif frame.type == "receipt.watch":
            data = _checked(incoming.Watch, frame)
            await here.watch(self, data)
            answer = answers.Answer("receipt.watching", {"conversation_id": data.conversation_id})
        elif frame.type == "message.read":
            seen = _checked(incoming.Read, frame)
            answer = answers.Answer("message.read.ack", await here.mark_read(self, seen))
        elif frame.type == "message.send":
            with self._outlet.storing():
                answer = await self._done(frame)
        else:
            if frame.type == "sync.heads":
                # What she said that she has read is in them.
                await self._hurry_marks()
                await asyncio.gather(*self._marking)
            answer = await self._done(frame)
        self._say(frames.frame(answer.type, answer.data, reply_to=frame.id))

    async def _done(self, frame: incoming.Incoming) -> answers.Answer:
        kind = answers.KINDS[frame.type]
        checked = _checked(kind.shape, frame)
        return await threads.run(kind.act, self.actor, checked, timezone.now())

    async def _refuse(self, frame: incoming.Incoming, refusal: errors.DomainError) -> None:
        refused = 0
        if isinstance(refusal, errors.Forbidden | errors.NotFound):
            refused = await threads.run(
                audit.record_denial,
                actor=self.actor,
                refusal=refusal,
                path=f"/ws/v1 {frame.type}",
                now=timezone.now(),
            )
        content = {
            **refusal.details,
            "code": refusal.code,
            "status": refusal.status,
            "message": refusal.text,
            "of": frame.type,
        }
        self._say(frames.frame("error", content, reply_to=frame.id))
        if refused > denials.PATIENCE:
            await self.close(Close.FLOOD)

    def _say(self, text: bytes) -> None:
        if self._is_open:
            self._outlet.answer(frames.wire(text))

    def _give_up(self) -> None:
        self._giving_up = asyncio.ensure_future(self.close(Close.TOO_SLOW))


def _checked(shape: type[D], frame: incoming.Incoming) -> D:
    try:
        return shape.model_validate(frame.data)
    except ValidationError as error:
        fields = [".".join(str(part) for part in fault["loc"]) for fault in error.errors()]
        raise own_errors.BadFrame(fields=fields[:10]) from error
