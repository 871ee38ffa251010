"""A real daphne with its own database, and people who talk to it over real sockets."""

import asyncio
import json
import os
import secrets
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx
import psycopg
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Origin, Subprotocol

from core.localstack import valkey
from tests import databases, ports
from tests.messaging import frames

ROOT = databases.ROOT
APPLICATION = "config.asgi:application"
IMPATIENT = "tests.messaging.impatient:application"
PROTOCOL = Subprotocol("im.v1.json")
CSRF = "a" * 32
PATIENCE = 120.0
"""Seconds: the first answer of a fresh process alone may take half a minute on a busy machine."""


@dataclass
class Site:
    """One or two web processes over one database."""

    url: str
    database: str
    environment: dict[str, str] = field(repr=False)
    people: dict[str, int]
    sessions: dict[str, str] = field(repr=False)
    process: "subprocess.Popen[bytes]" = field(repr=False)
    store: valkey.Server = field(repr=False)
    """A Valkey of the site's own, so that a test may stop it."""

    @property
    def socket_url(self) -> str:
        """Where sockets are opened."""
        return self.url.replace("http", "ws", 1) + "/ws/v1"

    def http(self, name: str) -> httpx.Client:
        """The person's HTTP client."""
        cookies = {"tongwen_session": self.sessions[name], "tongwen_csrf": CSRF}
        return httpx.Client(
            base_url=f"{self.url}/api/v1/messaging",
            cookies=cookies,
            headers={"X-CSRFToken": CSRF, "Origin": self.url},
            timeout=PATIENCE,
        )

    def direct(self, name: str, other: str) -> int:
        """The direct conversation of two people."""
        with self.http(name) as client:
            content = {"person_id": self.people[other]}
            answer = client.post("/conversations/direct", json=content).raise_for_status()
            return int(answer.json()["conversation_id"])

    def group(self, name: str, *others: str, title: str = "值班群") -> int:
        """A new group."""
        with self.http(name) as client:
            content = {"title": title, "person_ids": [self.people[other] for other in others]}
            answer = client.post("/conversations/groups", json=content).raise_for_status()
            return int(answer.json()["conversation_id"])

    def key(self, *parts: object) -> str:
        """A key or channel of messaging, as messaging.bus names it in the site's processes."""
        database = self.database.rpartition("/")[2].partition("?")[0]
        return ":".join(map(str, ("tw", database, *parts)))

    def rows(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """What the database holds."""
        with psycopg.connect(self.database, autocommit=True) as connection:
            return connection.execute(statement.encode(), values).fetchall()

    def execute(self, statement: str, *values: object) -> None:
        """Changes what the database holds."""
        with psycopg.connect(self.database, autocommit=True) as connection:
            connection.execute(statement.encode(), values)


class Device:
    """One open socket of a person, with everything that came over it."""

    def __init__(self, site: Site, name: str) -> None:
        self.site, self.name = site, name
        self.received: list[dict[str, Any]] = []
        self.connection: ClientConnection

    async def __aenter__(self) -> "Device":
        self.connection = await open_socket(self.site, self.name)
        await self.ask("hello", {"client": "test"}, answer="welcome")
        return self

    async def __aexit__(self, *fault: object) -> None:
        await self.connection.close()

    async def ask(self, kind: str, data: dict[str, Any], *, answer: str) -> dict[str, Any]:
        """Sends a frame and waits for its own answer, which must be of that type."""
        frame_id = uuid.uuid4().hex
        await self.connection.send(json.dumps({"type": kind, "id": frame_id, "data": data}))
        frame = await self.until(lambda frame: frame.get("id") == frame_id)
        assert frame["type"] == answer, frame
        content: dict[str, Any] = frame["data"]
        return content

    async def hear(self, kind: str, **expected: object) -> dict[str, Any]:
        """The data of the first frame of the type with these values, come or to come."""

        def fits(frame: dict[str, Any]) -> bool:
            data = frame["data"]
            return frame["type"] == kind and all(data.get(k) == v for k, v in expected.items())

        content: dict[str, Any] = (await self.until(fits))["data"]
        return content

    async def until(self, fits: Any) -> dict[str, Any]:
        """The first received frame that fits."""
        for frame in self.received:
            if fits(frame):
                return frame
        async with asyncio.timeout(PATIENCE):
            while True:
                frame = frames.check(json.loads(await self.connection.recv()))
                self.received.append(frame)
                if fits(frame):
                    found: dict[str, Any] = frame
                    return found

    async def send(self, room: int, body: str, client_id: uuid.UUID | None = None) -> Any:
        """The acknowledgement of a text."""
        content = {
            "conversation_id": room,
            "client_message_id": str(client_id or uuid.uuid4()),
            "body": body,
        }
        return await self.ask("message.send", content, answer="message.ack")

    async def closed_with(self) -> int | None:
        """The code with which the server closes the socket."""
        try:
            async with asyncio.timeout(PATIENCE):
                while True:
                    frame = frames.check(json.loads(await self.connection.recv()))
                    self.received.append(frame)
        except ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd else None


async def open_socket(
    site: Site, name: str | None, *, origin: str | None = "own", query: str = ""
) -> ClientConnection:
    """A socket with the person's session cookie, or nobody's."""
    cookie = {"Cookie": f"tongwen_session={site.sessions[name]}"} if name else {}
    claimed = site.url if origin == "own" else origin
    return await connect(
        site.socket_url + query,
        subprotocols=[PROTOCOL],
        origin=Origin(claimed) if claimed is not None else None,
        additional_headers=cookie,
        open_timeout=PATIENCE,
        proxy=None,
    )


async def heard_live(sender: Device, hearer: Device, room: int) -> int:
    """The number of a message that comes at once: for a moment more nobody may be woken."""
    for _ in range(10):
        seq: int = (await sender.send(room, "又通了"))["seq"]
        with suppress(TimeoutError):
            async with asyncio.timeout(5):
                await hearer.hear("message.created", conversation_id=room, seq=seq)
                return seq
    raise AssertionError("nothing comes live")


async def eventually(is_so: Callable[[], bool]) -> None:
    """What is looked up is so; it is looked up a few times a second."""
    async with asyncio.timeout(PATIENCE):
        while not is_so():  # noqa: ASYNC110  # another process changes it: nobody can set an event
            await asyncio.sleep(0.2)


@contextmanager
def running(folder: Path) -> Iterator[Site]:
    """A migrated, filled and serving site; all of it is gone afterwards."""
    port = ports.free()
    name = f"sockets_{os.getpid()}_{secrets.token_hex(3)}"
    store = valkey.Server(data=folder, port=ports.free(), password=secrets.token_hex(8))
    database = databases.address(name)
    environment = {
        **os.environ,
        "DATABASE_URL": database,
        "REDIS_URL": store.url(0),
        "SITE_ORIGIN": f"http://127.0.0.1:{port}",
        "DEPLOYMENT": "local",
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "LOG_FORMAT": "text",
    }
    valkey.start(store)
    try:
        databases.create(name, environment)
        seeded = json.loads(_run(environment, "-m", "tests.messaging.seed_site"))
        with serving(environment, port, folder / "daphne.log") as process:
            origin = environment["SITE_ORIGIN"]
            yield Site(origin, database, environment, process=process, store=store, **seeded)
    finally:
        valkey.stop(folder)
        databases.drop(name)


@contextmanager
def second_process(site: Site, folder: Path, application: str = APPLICATION) -> Iterator[Site]:
    """Another daphne over the same database and Valkey."""
    port = ports.free()
    environment = {**site.environment, "SITE_ORIGIN": f"http://127.0.0.1:{port}"}
    log = folder / "second.log"
    with serving(environment, port, log, application=application) as process:
        origin = environment["SITE_ORIGIN"]
        yield replace(site, url=origin, environment=environment, process=process)


@contextmanager
def serving(
    environment: dict[str, str],
    port: int,
    log: Path,
    *,
    host: str = "127.0.0.1",
    application: str = APPLICATION,
    on: Callable[..., list[str]] = lambda *words: list(words),
) -> Iterator["subprocess.Popen[bytes]"]:
    """A daphne on the port, stopped afterwards; `on` puts its command on another node."""
    endpoint = f"tcp:port={port}:interface={host}:backlog=4096"
    command = on(sys.executable, "-m", "daphne", "-e", endpoint, application)
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=output, stderr=subprocess.STDOUT
        )
    try:
        _wait_for((host, port), process, log)
        yield process
    finally:
        process.terminate()
        process.wait(timeout=PATIENCE)


def _wait_for(place: tuple[str, int], process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(place) == 0:
                return
        time.sleep(0.1)
    raise RuntimeError(f"daphne did not start:\n{log.read_text(errors='replace')[-3000:]}")


def _run(environment: dict[str, str], *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=environment,
        check=False,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise RuntimeError(done.stderr[-3000:])
    return done.stdout
