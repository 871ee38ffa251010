"""A client that keeps the client rules of docs/flows/message.md, and writes down what it saw.

Written on its own, not on the product's client: a fault of that one must not hide one of the
server. Jittered reconnecting, entries in order, gaps pulled, one send in flight per
conversation, the same client id until there is an answer.
"""

import asyncio
import contextlib
import json
import random
import time
import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final
from uuid import UUID

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.typing import Origin, Subprotocol

from drills.deeds import Change, Read
from drills.records import Ack, Screen, Sight

ENTRIES: Final = frozenset({"message.created", "message.edited", "message.recalled"})
ANSWER_SECONDS: Final = 10.0
HEARTBEAT_SECONDS: Final = 5.0
GAP_SECONDS: Final = 0.2
FINAL: Final = 4003
UNKNOWN: Final = 4001


class Doubt(Exception):
    """Nobody knows whether it happened: ask again under the same id."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who is signed in."""

    id: int
    name: str
    session: str = field(repr=False)


class Device:
    """One device of a person: comes back to whichever process answers, until it is told to stop."""

    def __init__(self, person: Person, addresses: Sequence[str], *, first: int = 0) -> None:
        self.person = person
        self.screen: Screen = defaultdict(dict)
        self.acks: list[Ack] = []
        self.reads: list[Read] = []
        self.changes: list[Change] = []
        self.beats: list[float] = []
        """How long the server took to answer heartbeats: how slow the machine is at the moment."""
        self.came: list[float] = []
        """When it came online, each time."""
        self.refusals: list[str] = []
        self.closings: list[tuple[int | None, float]] = []
        self.online = asyncio.Event()
        self.closed = asyncio.Event()
        """Set once the server has closed a socket of its own accord."""
        self._addresses, self._next = list(addresses), first
        self._through: defaultdict[int, int] = defaultdict(int)
        self._early: defaultdict[int, dict[int, dict[str, Any]]] = defaultdict(dict)
        self._asked: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self._pulling: dict[int, asyncio.Task[None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._socket: ClientConnection | None = None
        self._life: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """The device comes online as soon as it can and stays."""
        self._life = asyncio.create_task(self._live())

    async def end(self) -> None:
        """The device is gone."""
        tasks = [*self._tasks, *self._pulling.values(), *([self._life] if self._life else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def plight(self) -> str:
        """Why the device is not online."""
        fault = "comes back"
        if self._life is not None and self._life.done():
            fault = "gave up" if self._life.cancelled() else f"gave up: {self._life.exception()!r}"
        return f"{self.person.name} {fault}, closed with {[code for code, _ in self.closings]}"

    async def send(self, room: int, body: str, client_id: UUID | None = None) -> Ack:
        """The acknowledgement, after as many tries as it takes."""
        client_id = client_id or uuid.uuid4()
        data = {"conversation_id": room, "client_message_id": str(client_id), "body": body}
        told = await self.insist("message.send", data, answer="message.ack")
        ack = Ack(room, self.person.id, client_id, int(told["seq"]), body, time.monotonic())
        self.acks.append(ack)
        return ack

    async def read(self, room: int) -> None:
        """Everything that stands on the screen is read, and that is acknowledged."""
        if seq := self._through[room]:
            data = {"conversation_id": room, "seq": seq}
            told = await self.insist("message.read", data, answer="message.read.ack")
            self.reads.append(Read(room, self.person.id, int(told["read_seq"])))

    async def change(self, room: int, seq: int, body: str) -> None:
        """One's own message reads so, unless it was said too long ago."""
        data = {"conversation_id": room, "seq": seq, "body": body}
        told = await self.insist(
            "message.edit", data, answer="message.edit.ack", settled=("MESSAGE_EDIT_TOO_LATE",)
        )
        if "code" not in told:
            self.changes.append(Change(room, seq, body))

    async def recall(self, room: int, seq: int) -> None:
        """One's own message is recalled, unless it was said too long ago."""
        told = await self.insist(
            "message.recall",
            {"conversation_id": room, "seq": seq},
            answer="message.recall.ack",
            settled=("MESSAGE_ALREADY_RECALLED", "RECALL_TOO_LATE"),
        )
        # Whoever asked in doubt finds it recalled already.
        if told.get("code") != "RECALL_TOO_LATE":
            self.changes.append(Change(room, seq, ""))

    async def insist(
        self, kind: str, data: dict[str, Any], *, answer: str, settled: Sequence[str] = ()
    ) -> dict[str, Any]:
        """What is answered, or of a refusal that settles it, after as many tries as it takes."""
        while True:
            await self.online.wait()
            try:
                got = await self._ask(kind, data)
            except Doubt:
                await asyncio.sleep(random.uniform(0.05, 0.3))
                continue
            content: dict[str, Any] = got["data"]
            if got["type"] == answer or content.get("code") in settled:
                return content
            await self._consider(content)

    async def _consider(self, refusal: dict[str, Any]) -> None:
        if refusal["status"] == 429 or refusal["status"] >= 500:
            await asyncio.sleep(refusal.get("retry_after_ms", 300) / 1000)
            return
        self.refusals.append(refusal["code"])
        raise PermissionError(refusal["code"])

    async def _live(self) -> None:
        while True:
            address = self._addresses[self._next % len(self._addresses)]
            try:
                async with await self._open(address) as socket:
                    self._socket = socket
                    greeting = asyncio.create_task(self._greet())
                    beating = asyncio.create_task(self._beat())
                    try:
                        await self._hear(socket)
                    finally:
                        greeting.cancel()
                        beating.cancel()
            except ConnectionClosed as closed:
                code = closed.rcvd.code if closed.rcvd else None
                self.closings.append((code, time.monotonic()))
                self.closed.set()
                if code in (FINAL, UNKNOWN):
                    return
            except (OSError, WebSocketException, TimeoutError):
                pass  # try the next process: this is what reconnecting is for
            finally:
                self._lost()
            self._next += 1
            await asyncio.sleep(random.uniform(0.1, 1.5))

    def _lost(self) -> None:
        self.online.clear()
        self._socket = None
        asked, self._asked = self._asked, {}
        for waiting in asked.values():
            if not waiting.done():
                waiting.set_exception(Doubt())
                waiting.exception()

    async def _open(self, address: str) -> ClientConnection:
        return await connect(
            address.replace("http", "ws", 1) + "/ws/v1",
            subprotocols=[Subprotocol("im.v1.json")],
            origin=Origin(address),
            additional_headers={"Cookie": f"tongwen_session={self.person.session}"},
            open_timeout=ANSWER_SECONDS,
            close_timeout=1,
            ping_interval=None,
            compression=None,
            proxy=None,
        )

    async def _greet(self) -> None:
        with contextlib.suppress(Doubt, ConnectionClosed):
            await self._ask("hello", {"client": "drill"})
            self.came.append(time.monotonic())
            self.online.set()
            await self._compare()

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(HEARTBEAT_SECONDS)
            with contextlib.suppress(Doubt, ConnectionClosed):
                await self.beat()

    async def beat(self) -> None:
        """The server has answered a heartbeat."""
        began = time.monotonic()
        await self._ask("hello", {"client": "drill"})
        self.beats.append(time.monotonic() - began)

    async def _hear(self, socket: ClientConnection) -> None:
        while True:
            frame = json.loads(await socket.recv())
            if (waiting := self._asked.pop(str(frame.get("id")), None)) is not None:
                if not waiting.done():
                    waiting.set_result(frame)
            elif frame["type"] in ENTRIES:
                self._take(frame["data"])
            elif frame["type"] == "sync.hint":
                self._hinted(frame["data"])

    def _hinted(self, data: dict[str, Any]) -> None:
        if "conversation_id" in data:
            self._pull_soon(int(data["conversation_id"]), 0.0)
        else:
            self._spawn(self._compare())

    def _spawn(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _ask(self, kind: str, data: dict[str, Any]) -> dict[str, Any]:
        socket = self._socket
        if socket is None:
            raise Doubt
        frame_id = uuid.uuid4().hex
        waiting = asyncio.get_running_loop().create_future()
        self._asked[frame_id] = waiting
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                await socket.send(json.dumps({"type": kind, "id": frame_id, "data": data}))
                answer: dict[str, Any] = await waiting
                return answer
        except (TimeoutError, ConnectionClosed) as silence:
            # A connection that answers nothing is none: the next one may reach another process.
            socket.transport.abort()
            raise Doubt from silence
        finally:
            self._asked.pop(frame_id, None)

    async def _compare(self) -> None:
        while self._socket is not None:
            try:
                answer = await self._ask("sync.heads", {})
            except Doubt:
                return
            if answer["type"] == "sync.heads":
                for head in answer["data"]["heads"]:
                    if head["last_seq"] > self._through[head["conversation_id"]]:
                        self._pull_soon(head["conversation_id"], 0.0)
                return
            await asyncio.sleep(0.5)

    def _take(self, entry: dict[str, Any]) -> None:
        room, seq = int(entry["conversation_id"]), int(entry["seq"])
        if seq <= self._through[room]:
            return
        self._early[room][seq] = entry
        self._settle(room)
        if self._early[room]:
            self._pull_soon(room, GAP_SECONDS)

    def _settle(self, room: int) -> None:
        early = self._early[room]
        while (entry := early.pop(self._through[room] + 1, None)) is not None:
            self._through[room] += 1
            self._show(room, entry)

    def _show(self, room: int, entry: dict[str, Any]) -> None:
        """The entry stands there, and what it changes reads as it says."""
        log = self.screen[room]
        log[entry["seq"]] = _sight(entry)
        event, changed = entry.get("event") or {}, entry.get("changed")
        target = event.get("seq")
        if target not in log:
            return
        if event["verb"] == "recalled":
            log[target] = replace(log[target], body="")
        elif event["verb"] == "edited" and changed is not None:
            log[target] = replace(log[target], body=changed["body"])

    def _pull_soon(self, room: int, after: float) -> None:
        running = self._pulling.get(room)
        if running is None or running.done():
            self._pulling[room] = asyncio.create_task(self._pull(room, after))
        elif after == 0.0:
            # A hint during a pull may tell of what came after its last page was read.
            running.add_done_callback(lambda _: self._pull_again(room))

    def _pull_again(self, room: int) -> None:
        if self._socket is not None:
            self._pulling[room] = asyncio.create_task(self._pull(room, 0.0))

    async def _pull(self, room: int, after: float) -> None:
        await asyncio.sleep(after)
        if after and not self._early[room]:
            return
        while self._socket is not None:
            data = {"conversation_id": room, "after": self._through[room], "limit": 200}
            try:
                answer = await self._ask("message.pull", data)
            except Doubt:
                return
            page = answer["data"]
            if answer["type"] == "message.page":
                self._turn(room, page)
                if page["complete"]:
                    return
            elif page["status"] == 429 or page["status"] >= 500:
                await asyncio.sleep(0.3)
            else:
                return

    def _turn(self, room: int, page: dict[str, Any]) -> None:
        for entry in page["entries"]:
            if entry["seq"] > self._through[room]:
                self._show(room, entry)
        self._through[room] = max(self._through[room], page["through"])
        early = self._early[room]
        for seq in [seq for seq in early if seq <= self._through[room]]:
            del early[seq]
        self._settle(room)


def _sight(entry: dict[str, Any]) -> Sight:
    client_id = entry.get("client_message_id")
    return Sight(UUID(client_id) if client_id else None, entry["body"], time.monotonic())
