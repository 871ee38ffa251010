"""The two ways to the server: a socket, and requests where sockets do not get through."""

import asyncio
import json
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final, Protocol

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, WebSocketException
from websockets.typing import Origin, Subprotocol

from tongwen_client.credentials import Credentials, session_cookie
from tongwen_client.errors import Cut, NotPossible, Refused, SignedOut
from tongwen_client.http import call
from tongwen_client.timing import Timing

PROTOCOL: Final = Subprotocol("im.v1.json")
SIGNED_OUT: Final = frozenset({4001, 4003})
NOT_AT_ONCE: Final = frozenset({4002, 4009, 4013, 4029})
LARGEST_ANSWER: Final = 16 * 1024 * 1024
_CLIENT: Final = "tongwen-client/0.1"

Told = Callable[[str, Mapping[str, Any]], None]
"""Takes what the server says unasked."""


class Link(Protocol):
    """One way to the server, for as long as it holds."""

    async def ask(self, kind: str, data: Mapping[str, Any]) -> Any:
        """The answer's data; Refused, SignedOut, Cut, or NotPossible this way."""

    async def open(self) -> None:
        """The server answers; Cut or SignedOut otherwise."""

    async def run(self) -> None:
        """Hears what the server says, until the link is Cut or the person SignedOut."""

    async def close(self) -> None:
        """The link is let go."""


@contextmanager
def cut_by_refusal() -> Iterator[None]:
    """A server that is there and will not have the link, while it starts anew, is tried again."""
    try:
        yield
    except Refused as refused:
        raise Cut(refused.retry_after or None, slowly=not refused.passes) from refused


class SocketLink:
    """A socket."""

    def __init__(
        self,
        *,
        address: str,
        origin: str,
        http: httpx.AsyncClient,
        credentials: Credentials,
        told: Told,
        timing: Timing,
    ) -> None:
        self._address, self._origin, self._http = address, origin, http
        self._credentials, self._told, self._timing = credentials, told, timing
        self._asked: dict[str, asyncio.Future[Any]] = {}
        self._bye: float | None = None
        self._socket: ClientConnection | None = None
        self._reading: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """The socket is open and the server has greeted back."""
        try:
            ticket = await self._credentials.ticket()
        except httpx.TransportError as error:
            raise Cut from error
        cookie = self._http.cookies.get(session_cookie(self._http))
        headers = {"Cookie": f"{session_cookie(self._http)}={cookie}"} if cookie else {}
        try:
            self._socket = await connect(
                f"{self._address}?ticket={ticket}" if ticket else self._address,
                subprotocols=[PROTOCOL],
                origin=Origin(self._origin),
                additional_headers=headers,
                open_timeout=self._timing.answer,
                close_timeout=1,
                ping_interval=None,  # the heartbeat asks the application, not only its socket
                max_size=LARGEST_ANSWER,
                compression=None,
                proxy=None,
            )
        except (OSError, TimeoutError, InvalidHandshake, WebSocketException) as error:
            raise Cut from error
        self._reading = asyncio.create_task(self._read(self._socket))
        await self._greet()

    async def ask(self, kind: str, data: Mapping[str, Any]) -> Any:
        """Sends a frame and waits for its answer."""
        if self._socket is None or self._reading is None or self._reading.done():
            raise Cut
        frame_id = uuid.uuid4().hex
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._asked[frame_id] = answer
        try:
            async with asyncio.timeout(self._timing.answer):
                await self._socket.send(json.dumps({"type": kind, "id": frame_id, "data": data}))
                # The reader is watched, too: what it ends with says why no answer comes.
                await asyncio.wait((answer, self._reading), return_when="FIRST_COMPLETED")
            if not answer.done():
                self._raise_end(self._reading)
            return answer.result()
        except (TimeoutError, ConnectionClosed) as error:
            self._socket.transport.abort()
            raise Cut from error
        finally:
            del self._asked[frame_id]

    async def run(self) -> None:
        """Beats until the socket is gone."""
        reading = self._reading
        while reading is not None:
            done, _ = await asyncio.wait((reading,), timeout=self._timing.heartbeat)
            if done:
                self._raise_end(reading)
            await self._greet()

    async def _greet(self) -> None:
        """Says that the client is here, and hears how notices and DINGs stand."""
        welcome = await self.ask("hello", {"client": _CLIENT})
        if bells := welcome.get("bells"):
            self._told("bells", bells)

    async def close(self) -> None:
        """The socket is closed, without waiting for a server that may be gone."""
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.gather(self._reading, return_exceptions=True)
        if self._socket is not None:
            try:
                async with asyncio.timeout(1):
                    await self._socket.close()
            except TimeoutError:
                self._socket.transport.abort()

    @staticmethod
    def _raise_end(reading: "asyncio.Task[None]") -> None:
        """Says why the socket has ended."""
        fault = None if reading.cancelled() else reading.exception()
        raise fault or Cut()

    async def _read(self, socket: ClientConnection) -> None:
        try:
            async for text in socket:
                self._take(json.loads(text))
        except ConnectionClosed:
            pass
        code = socket.close_code
        if code in SIGNED_OUT:
            raise SignedOut("the session has ended")
        raise Cut(self._bye, slowly=code in NOT_AT_ONCE)

    def _take(self, frame: Mapping[str, Any]) -> None:
        kind, data = frame["type"], frame["data"]
        if "id" in frame:
            answer = self._asked.get(frame["id"])
            if answer is None or answer.done():
                return  # a second answer, or one that nobody waits for any more
            if kind == "error":
                answer.set_exception(Refused(data["code"], data["status"], data["message"], data))
            else:
                answer.set_result(data)
        elif kind == "bye":
            self._bye = data["retry_after_ms"] / 1000
        else:
            self._told(kind, data)


class PollLink:
    """Requests: each operation by its twin of the HTTP API, and one that waits for news."""

    def __init__(self, *, http: httpx.AsyncClient, told: Told, timing: Timing) -> None:
        self._http, self._told, self._timing = http, told, timing
        self._state = ""

    async def open(self) -> None:
        """The server has said where everything stands."""
        await self._compare(wait=0)

    async def ask(self, kind: str, data: Mapping[str, Any]) -> Any:
        """The twin of the frame."""
        room = f"/conversations/{data.get('conversation_id')}"
        rest = {name: value for name, value in data.items() if name != "conversation_id"}
        if kind == "sync.heads":
            return await self._call("GET", "/heads", query=rest)
        if kind == "message.pull":
            return await self._call("GET", f"{room}/entries", query=rest)
        if kind == "message.send":
            return await self._call("POST", f"{room}/messages", content=rest)
        if kind == "message.read":
            return await self._call("PUT", f"{room}/cursor", content=rest)
        message = f"{room}/messages/{rest.pop('seq', 0)}"
        if kind == "message.edit":
            return await self._call("PATCH", message, content=rest)
        if kind == "message.recall":
            return await self._call("POST", f"{message}/recall")
        raise NotPossible(f"{kind} takes a socket, and none gets through")

    async def run(self) -> None:
        """Waits for news again and again, until it is time to try a socket once more."""
        until = asyncio.get_running_loop().time() + self._timing.spread(self._timing.socket_again)
        while asyncio.get_running_loop().time() < until:
            try:
                await self._compare(wait=self._timing.poll)
            except Refused as refused:
                if not refused.passes:
                    raise Cut(slowly=True) from refused
                await asyncio.sleep(refused.retry_after or self._timing.spread(self._timing.pause))
        raise Cut(0)

    async def close(self) -> None:
        """Nothing is held."""

    async def _compare(self, *, wait: int) -> None:
        query = {"state": self._state, "wait": wait}
        said = await self._call("GET", "/sync", query=query, patience=wait + self._timing.answer)
        self._state = said["state"]
        for frame in said["frames"]:
            if frame["type"] == "bye":
                await asyncio.sleep(frame["data"]["retry_after_ms"] / 1000)
            else:
                self._told(frame["type"], frame["data"])
        for head in said["heads"]:
            self._told("sync.hint", head)
        if said.get("next") is not None:
            self._told("sync.hint", {})  # more than one answer carries: compared part by part
        if bells := said.get("bells"):
            self._told("bells", bells)

    async def _call(
        self,
        method: str,
        path: str,
        *,
        content: Mapping[str, Any] | None = None,
        query: Mapping[str, Any] | None = None,
        patience: float = 0,
    ) -> Any:
        return await call(
            self._http,
            method,
            path,
            content=content,
            query=query,
            patience=patience or self._timing.answer,
        )
