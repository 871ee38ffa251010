"""The servers that are measured, each started, spoken through and stopped in the same way."""

import os
import shutil
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol

import psycopg

from bench.ears import Door, masked, stamp, upgrade
from core.localstack import ports, processes, product
from drills import site as sites
from drills.client import Person
from drills.site import Site

SERVER_CORE = 0
CLIENT_CORE = 1 if (os.cpu_count() or 1) > 1 else None
PEERS = product.ROOT / ".bench-peers"
CHANNELS = PEERS / "channels" / "bin" / "python"
ROOM = b"\r\n\r\n"
# No spaces: the line that carries it is split at them.
PADDING = "汛情" * 40


class Host(Protocol):
    """One server with one room."""

    name: str

    @property
    def pid(self) -> int: ...
    def doors(self, count: int) -> list[Door]: ...
    def say(self) -> None:
        """One message to the room, stamped with this moment."""

    def say_at_once(self, count: int) -> None: ...
    def stop(self) -> None: ...


class Ours:
    """The product under daphne: members signed in, each message stored, then woken over Valkey."""

    name = "Tongwen"

    def __init__(self, site: Site, members: int) -> None:
        self.site = site
        self._side = subprocess.Popen(
            [sys.executable, "-m", "bench.own"],
            cwd=product.ROOT,
            env=site.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.room = int(self._do(f"room {members}"))
        pin(self.pid)

    @property
    def pid(self) -> int:
        found = processes.running(processes.slot(self.site.folder, sites.WEB[0]))
        if found is None:
            raise RuntimeError("the web process is gone")
        return found

    def doors(self, count: int) -> list[Door]:
        # A process holds 5,000 sockets; whoever comes after those goes to the other.
        return [
            _own_door(self.site.ports[number // 5000], person)
            for number, person in enumerate(self.site.crowd()[:count])
        ]

    def say(self) -> None:
        self._do(f"send {self.room} {stamp()}{PADDING}")

    def say_at_once(self, count: int) -> None:
        self._do(f"burst {self.room} {count}")

    def stop(self) -> None:
        self._side.kill()
        self._side.wait()

    def _do(self, line: str) -> str:
        if self._side.stdin is None or self._side.stdout is None:
            raise RuntimeError("no pipe")
        self._side.stdin.write(line + "\n")
        self._side.stdin.flush()
        answer = self._side.stdout.readline().strip()
        if not answer:
            raise RuntimeError(f"no answer to {line[:40]}")
        return answer


def _own_door(port: int, person: Person) -> Door:
    cookie = f"tongwen_session={person.session}"
    hello = masked(b'{"type":"hello","id":"1","data":{}}')
    come = upgrade(port, "/ws/v1", cookie=cookie, protocol="im.v1.json")
    return Door(port, [(come, ROOM), (hello, b'"welcome"')])


class Wired:
    """A server that broadcasts what comes to its control port: C, or bun."""

    def __init__(self, name: str, command: Sequence[str], size: int) -> None:
        self.name, self._size = name, size
        taken = [ports.choose(wanted=None, taken=[])]
        taken.append(ports.choose(wanted=None, taken=taken))
        self._port = taken[0]
        self._process = subprocess.Popen([*command, *(str(port) for port in taken)])
        pin(self._process.pid)
        self._control = connected(taken[1])

    @property
    def pid(self) -> int:
        return self._process.pid

    def doors(self, count: int) -> list[Door]:
        return [Door(self._port, [(upgrade(self._port, "/"), ROOM)])] * count

    def say(self) -> None:
        self.say_at_once(1)

    def say_at_once(self, count: int) -> None:
        parts = []
        for _ in range(count):
            text = stamp().encode().ljust(self._size, b".")
            parts.append(struct.pack(">I", len(text)) + text)
        self._control.sendall(b"".join(parts))

    def stop(self) -> None:
        self._control.close()
        self._process.kill()
        self._process.wait()


class Tutorial:
    """The consumer of the Channels tutorial with its Redis layer, under daphne."""

    name = "Channels tutorial"

    def __init__(self, site: Site, count: int, size: int) -> None:
        self._size = size
        self._port = ports.choose(wanted=None, taken=[])
        server = site.services.postgres
        name = "tutorial"
        admin = server.url("tongwen")
        with psycopg.connect(admin, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {name}".encode())
            connection.execute(f"CREATE DATABASE {name}".encode())
        self._environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(product.ROOT),
            "TUTORIAL_DATABASE_URL": server.url(name),
            "TUTORIAL_REDIS_URL": site.services.valkey.url(3),
            "PYTHONUNBUFFERED": "1",
        }
        self._sessions = self._python("bench.peers.tutorial.seed", str(count)).split()
        listen = f"tcp:port={self._port}:interface=127.0.0.1:backlog=4096"
        self._log = (site.folder / "logs" / "tutorial.log").open("wb")
        self._process = self._open(
            "daphne", "-v", "0", "-e", listen, "bench.peers.tutorial.asgi:application"
        )
        pin(self._process.pid)
        connected(self._port).close()
        self._side = self._open("bench.peers.tutorial.say", stdin=subprocess.PIPE)

    def _python(self, *arguments: str) -> str:
        done = subprocess.run(
            [str(CHANNELS), "-m", *arguments],
            cwd=product.ROOT,
            env=self._environment,
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        )
        return done.stdout

    def _open(self, *arguments: str, stdin: int = subprocess.DEVNULL) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [str(CHANNELS), "-m", *arguments],
            cwd=product.ROOT,
            env=self._environment,
            stdin=stdin,
            stdout=self._log,
            stderr=subprocess.STDOUT,
            text=True,
        )

    @property
    def pid(self) -> int:
        return self._process.pid

    def doors(self, count: int) -> list[Door]:
        return [
            Door(
                self._port,
                [(upgrade(self._port, "/ws/chat/room/", cookie=f"sessionid={key}"), ROOM)],
            )
            for key in self._sessions[:count]
        ]

    def say(self) -> None:
        self.say_at_once(1)

    def say_at_once(self, count: int) -> None:
        if self._side.stdin is None:
            raise RuntimeError("no pipe")
        for _ in range(count):
            self._side.stdin.write(stamp().ljust(self._size - 16, ".") + "\n")
        self._side.stdin.flush()

    def stop(self) -> None:
        for process in (self._side, self._process):
            process.kill()
            process.wait()
        self._log.close()


@contextmanager
def site(crowd: int, *, webs: int = 1) -> Iterator[Site]:
    """A site of its own with one or two web processes; it is gone afterwards."""
    sites.tidy_up_when_told_to_stop()
    with sites.running(product.ROOT / ".local-bench", crowd=crowd) as running:
        if webs == 1:
            running.stop_web(1)
        yield running


def limit(size: int) -> Wired | None:
    """The C server, or None where there is no compiler."""
    compiler = shutil.which("cc")
    if compiler is None:
        return None
    PEERS.mkdir(exist_ok=True)
    binary = PEERS / "limit"
    source = product.ROOT / "bench" / "peers" / "limit.c"
    subprocess.run([compiler, "-O2", "-o", str(binary), str(source)], check=True)
    return Wired("C limit", [str(binary)], size)


def bun(size: int) -> Wired | None:
    """The bun server, or None where bun is not installed."""
    binary = os.environ.get("BUN") or shutil.which("bun")
    if binary is None:
        return None
    return Wired("bun", [binary, "run", str(product.ROOT / "bench" / "peers" / "bun.js")], size)


def tutorial(running: Site, count: int, size: int) -> Tutorial | None:
    """The tutorial's server, or None where its environment was not made."""
    return Tutorial(running, count, size) if CHANNELS.exists() else None


def pin(pid: int) -> None:
    """The process stays on the core of the servers."""
    for task in Path(f"/proc/{pid}/task").iterdir():
        with suppress(ProcessLookupError):
            os.sched_setaffinity(int(task.name), {SERVER_CORE})


def connected(port: int, seconds: float = 60.0) -> socket.socket:
    deadline = time.monotonic() + seconds
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port), timeout=5)
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
