"""The client: keeps a link to the server, and promises over all of them what no link can."""

import asyncio
import logging
import random
import uuid
from collections.abc import AsyncIterator, Coroutine, Iterable, Mapping, Sequence
from types import TracebackType
from typing import Any, Final, Self

import httpx

from tongwen_client.comparing import Comparing
from tongwen_client.credentials import Credentials
from tongwen_client.entries import Acknowledged, Entry, Event
from tongwen_client.errors import (
    ENDS,
    Closed,
    Cut,
    Failed,
    NotPossible,
    Refused,
    SignedOut,
    TooLong,
)
from tongwen_client.http import call
from tongwen_client.links import Link, PollLink, SocketLink, cut_by_refusal
from tongwen_client.listeners import Listener
from tongwen_client.logs import Log
from tongwen_client.outbox import Outbox, Outgoing
from tongwen_client.reading import Reading
from tongwen_client.store import MemoryStore, Store
from tongwen_client.timing import Timing

BODY_LIMIT: Final = 16 * 1024
_ENTRIES: Final = frozenset({"message.created", "message.edited", "message.recalled"})
_IN_VAIN: Final = 2
"""So many fresh sessions in a row that open nothing: the account lacks something."""

log = logging.getLogger(__name__)


class Client:
    """One person's messages.

    `url` is where the site is reached; `origin` its own address where that differs (a tunnel).
    Everything waits out cut connections; only refusals, SignedOut, Closed and Failed are raised.
    """

    def __init__(
        self,
        url: str,
        credentials: Credentials,
        *,
        store: Store | None = None,
        origin: str = "",
        timing: Timing | None = None,
        http: httpx.AsyncClient | None = None,
    ) -> None:
        self._url = url.rstrip("/")
        self._origin = origin.rstrip("/") or self._url
        self._credentials = credentials
        self._timing = timing or Timing()
        self._store: Store = store or MemoryStore()
        self._http = http or httpx.AsyncClient(
            base_url=self._url, headers={"Origin": self._origin, "Referer": f"{self._origin}/"}
        )
        self._logs: set[Log] = set()
        self._listeners: set[Listener] = set()
        self._link: Link | None = None
        self._is_up = asyncio.Event()
        self._fault: Exception | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._supervisor: asyncio.Task[None] | None = None
        self._comparing = Comparing(
            heads=self.heads, reaches=self._reaches, timing=self._timing, begin=self._spawn
        )
        self._reading = Reading(ask=self._ask, store=self._store, timing=self._timing)
        self._outbox = Outbox(
            ask=self._ask,
            store=self._store,
            timing=self._timing,
            refuse=self._tell,
            begin=self._spawn,
        )

    async def __aenter__(self) -> Self:
        """Begins to connect, and to send what an earlier run left in the store."""
        self._supervisor = self._spawn(self._supervise())
        self._spawn(self._reading.tell_for_ever())
        self._outbox.resume()
        self._reading.resume()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Closes; what is unsent stays in the store."""
        await self.close()

    @property
    def is_polling(self) -> bool:
        """Whether messages come by long polling because sockets do not get through."""
        return isinstance(self._link, PollLink)

    async def connected(self) -> None:
        """Returns as soon as the server answers; SignedOut where it never will."""
        await self._is_up.wait()
        if self._fault is not None:
            raise self._fault

    async def send(
        self,
        conversation_id: int,
        text: str,
        *,
        reply_to: int | None = None,
        mentions: Sequence[int] = (),
        mention_all: bool = False,
        client_message_id: str | uuid.UUID | None = None,
    ) -> Acknowledged:
        """The message is stored: once, whatever happens on the way.

        Give an id of your own (a UUID made from the number of your case) to say a thing once over
        restarts, too. Refused where the server will not have it.
        """
        content: dict[str, Any] = {
            "conversation_id": conversation_id,
            "client_message_id": str(client_message_id or uuid.uuid4()),
            "body": text,
        }
        if len(text.encode()) > BODY_LIMIT:
            raise TooLong(f"{len(text.encode())} bytes, at most {BODY_LIMIT}")
        if reply_to is not None:
            content["reply_to"] = reply_to
        if mentions:
            content["mentions"] = list(mentions)
        if mention_all:
            content["mention_all"] = True
        if self._fault is not None:
            raise self._fault
        return await asyncio.shield(self._outbox.add(content).answer)

    def waiting(self) -> Iterable[Outgoing]:
        """What is said and not yet acknowledged, of earlier runs as well."""
        return self._outbox.waiting()

    async def entries(
        self, conversation_id: int, *, after: int | None = None
    ) -> AsyncIterator[Entry]:
        """The conversation's entries, each once and in order, for ever.

        Begins behind the last entry that the store says the program was done with; the first time
        behind `after`, or with what is said from now on. An entry is done with when the next one
        is asked for: after a crash the last one comes again.
        """
        begin = self._store.cursor(conversation_id)
        if begin is None:
            begin = after if after is not None else await self._comparing.end_of(conversation_id)
            self._store.advance(conversation_id, begin)
        log = Log(conversation_id, begin, self._ask, self._timing)
        self._logs.add(log)
        if self._fault is not None:
            log.fail(self._fault)
        try:
            async for entry in log:
                yield entry
                self._store.advance(conversation_id, entry.seq)
        finally:
            self._logs.discard(log)

    def read(self, conversation_id: int, seq: int) -> None:
        """The person has read up to the entry; told until the server has acknowledged it."""
        self._reading.note(conversation_id, seq)

    async def edit(
        self, conversation_id: int, seq: int, text: str, *, mentions: Sequence[int] | None = None
    ) -> None:
        """The own message reads so from now on, and names these; None: whom it named before."""
        content: dict[str, Any] = {"conversation_id": conversation_id, "seq": seq, "body": text}
        if mentions is not None:
            content["mentions"] = list(mentions)
        await self._ask("message.edit", content)

    async def recall(self, conversation_id: int, seq: int) -> None:
        """Nobody reads the own message any more."""
        try:
            await self._ask("message.recall", {"conversation_id": conversation_id, "seq": seq})
        except Refused as refused:
            # Asked again because an answer was lost: what was wanted is so.
            if refused.code != "MESSAGE_ALREADY_RECALLED":
                raise

    async def heads(self) -> list[Mapping[str, Any]]:
        """Where each conversation stands: last_seq, read_seq, unread, mentions …"""
        found: list[Mapping[str, Any]] = []
        after: int | None = 0
        while after is not None:
            answer = await self._ask("sync.heads", {"after": after})
            found += answer["heads"]
            after = answer["next"]
        return found

    async def events(self) -> AsyncIterator[Event]:
        """What is told once and not kept: receipts, notices, typing, other devices' reading …

        `bells` comes with each heartbeat and says how notices and DINGs stand: what is told of them
        may be lost, so load what you hold otherwise. `outbox.refused` tells of a message of an
        earlier run that the server will not have.
        Whoever listens too slowly loses the oldest; entries never come this way only.
        """
        listener = Listener()
        self._listeners.add(listener)
        if self._fault is not None:
            listener.fail(self._fault)
        try:
            async for event in listener:
                yield event
        finally:
            self._listeners.discard(listener)

    async def call(
        self, method: str, path: str, content: Mapping[str, Any] | None = None, **query: Any
    ) -> Any:
        """Any other operation below /api/v1/messaging, once: `call("GET", "/notices")`."""
        if not self._credentials.has_session:
            raise NotPossible("a ticket opens sockets only")
        await self.connected()
        try:
            return await call(
                self._http,
                method,
                path,
                content=content,
                query=query or None,
                patience=self._timing.answer,
            )
        except Cut as cut:
            raise httpx.ConnectError("no answer") from cut

    async def close(self) -> None:
        """Nothing comes and nothing is sent any more."""
        self._fail(Closed("the client is closed"))
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._http.aclose()
        self._store.close()

    # ── the link ───────────────────────────────────────────────────────────────────────────

    async def _supervise(self) -> None:
        failures = unopened = in_vain = 0
        is_signed_in = False
        while True:
            is_poll = unopened >= self._timing.unopened and self._credentials.has_session
            link = self._poll() if is_poll else self._socket()
            is_open = False
            try:
                if not is_signed_in:
                    await self._sign_in()
                    is_signed_in = True
                with cut_by_refusal():
                    await link.open()
                is_open, failures, in_vain = True, 0, 0
                unopened = unopened if is_poll else 0
                self._up(link)
                with cut_by_refusal():
                    await link.run()
            except SignedOut as fault:
                in_vain += not is_open
                if not is_signed_in or in_vain > _IN_VAIN:
                    self._fail(fault)
                    return
                is_signed_in = False
                continue
            except Cut as cut:
                if is_poll:  # a socket is tried in between
                    unopened = self._timing.unopened - 1
                elif not is_open:
                    unopened += 1
                wait = self._wait(cut, failures)
                failures += 1
            finally:
                self._down()
                await link.close()
            await asyncio.sleep(wait)

    def _wait(self, cut: Cut, failures: int) -> float:
        if cut.wait is not None:
            return cut.wait
        if cut.slowly:
            return self._timing.spread(self._timing.longest_retry)
        return self._timing.retry(failures)

    async def _sign_in(self) -> None:
        try:
            await self._credentials.sign_in(self._http)
        except httpx.TransportError as error:
            raise Cut from error

    def _socket(self) -> SocketLink:
        return SocketLink(
            address=self._url.replace("http", "ws", 1) + "/ws/v1",
            origin=self._origin,
            http=self._http,
            credentials=self._credentials,
            told=self._told,
            timing=self._timing,
        )

    def _poll(self) -> PollLink:
        return PollLink(http=self._http, told=self._told, timing=self._timing)

    def _up(self, link: Link) -> None:
        self._link = link
        self._is_up.set()
        self._comparing.within(0)

    def _down(self) -> None:
        self._link = None
        if self._fault is None:
            self._is_up.clear()

    def _fail(self, fault: Exception) -> None:
        """Nothing works any more, and everything that waits is told why."""
        if self._fault is None:
            self._fault = fault
            self._is_up.set()
            for log in self._logs:
                log.fail(fault)
            for listener in self._listeners:
                listener.fail(fault)
            self._outbox.fail(fault)

    async def _ask(self, kind: str, data: Mapping[str, Any]) -> Any:
        """The answer, over as many links as it takes."""
        while True:
            await self.connected()
            link = self._link
            if link is None:
                await asyncio.sleep(0)
                continue
            try:
                return await link.ask(kind, data)
            except (Cut, SignedOut):
                # The supervisor finds out by itself; until then this link is not asked again.
                if self._link is link:
                    await asyncio.sleep(self._timing.gap)

    # ── what the server tells ──────────────────────────────────────────────────────────────

    def _told(self, kind: str, data: Mapping[str, Any]) -> None:
        if kind in _ENTRIES:
            self._outbox.settle(data)
            for log in self._logs:
                if log.conversation_id == data["conversation_id"]:
                    log.take(data)
        elif kind == "sync.hint" and "conversation_id" in data:
            self._reaches(data)
        elif kind == "sync.hint":
            self._comparing.within(random.random())  # noqa: S311  # spreads load only
        else:
            self._tell(kind, data)

    def _tell(self, kind: str, data: Mapping[str, Any]) -> None:
        for listener in self._listeners:
            listener.take(Event(kind, data))

    def _reaches(self, head: Mapping[str, Any]) -> None:
        for log in self._logs:
            if log.conversation_id == head["conversation_id"]:
                log.reaches(head["last_seq"])

    def _spawn(self, work: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: "asyncio.Task[None]") -> None:
        """Whatever a task did not expect ends the client: half of it would wait for ever."""
        self._tasks.discard(task)
        fault = None if task.cancelled() else task.exception()
        if fault is None or isinstance(fault, ENDS):
            return  # the latter was said to everybody already
        log.error("the client has failed", exc_info=fault)
        failed = Failed(f"{type(fault).__name__}: {fault}")
        failed.__cause__ = fault
        self._fail(failed)
        if self._supervisor is not None:
            self._supervisor.cancel()
