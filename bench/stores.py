"""Servers that keep what is said and deliver it then: ours, ejabberd and Prosody."""

import base64
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from string import Template
from typing import Protocol

import psycopg

from bench import hosts, machine
from bench.ears import BODY, UNIQUE, Door, Words, masked
from bench.hosts import Ours
from core.localstack import ports, processes, product
from drills.site import Site

NOBODY = 65_534
SQL = Path("/usr/share/ejabberd/sql/pg.sql")
ERLANG = Path("/usr/lib/x86_64-linux-gnu")


class Store(Protocol):
    """One server with one room."""

    name: str
    words: Words

    def listeners(self, count: int) -> list[Door]: ...
    def speakers(self, count: int) -> list[Door]: ...
    def cpu(self) -> float:
        """Seconds that the server and its database have used."""

    def kept(self) -> int:
        """How many messages its database holds."""

    def stop(self) -> None: ...


class OurStore:
    """Signed in, judged, stored by PostgreSQL's commit, woken over Valkey, delivered by daphne."""

    name = "Tongwen"

    def __init__(self, site: Site, members: int) -> None:
        self._ours = Ours(site, members)
        self._site = site
        frame = {
            "type": "message.send",
            "id": "1",
            "data": {
                "conversation_id": self._ours.room,
                "client_message_id": UNIQUE.decode(),
                "body": BODY.decode(),
            },
        }
        self.words = Words(masked(json.dumps(frame).encode()))
        self._pids = [
            self._ours.pid,
            *(_required(site, name) for name in ("postgres", "valkey")),
        ]
        for pid in self._pids:
            pin_all(pid)

    def listeners(self, count: int) -> list[Door]:
        return self._ours.doors(count)

    def speakers(self, count: int) -> list[Door]:
        return self._ours.doors(len(self._site.crowd()))[-count:]

    def cpu(self) -> float:
        return sum(machine.cpu(pid) for pid in self._pids)

    def kept(self) -> int:
        return _count(self._site, "tongwen", "messaging_message WHERE kind = 'text'")

    def stop(self) -> None:
        self._ours.stop()


class Xmpp:
    """What ejabberd and Prosody share: the protocol, the folder, the database beside ours."""

    def __init__(self, name: str, site: Site) -> None:
        self.name, self._site = name, site
        self.port = ports.choose(wanted=None, taken=[])
        self.folder = Path(tempfile.mkdtemp(prefix="tongwen-bench-"))
        self.database = database(site, name.lower())
        self.words = Words(
            b"<message to='room@conference.localhost' type='groupchat' id='" + UNIQUE + b"'>"
            b"<body>" + BODY + b"</body></message>"
        )
        self._process: subprocess.Popen[bytes] | None = None

    def fill(self, source: str) -> Path:
        """The configuration with its places filled, in the server's own folder."""
        text = (product.ROOT / "bench" / "peers" / "xmpp" / source).read_text()
        target = self.folder / source
        target.write_text(
            Template(text).substitute(self.database, port=self.port, folder=self.folder)
        )
        return target

    def start(self, command: Sequence[str], environment: dict[str, str]) -> None:
        user = NOBODY if os.geteuid() == 0 else None
        if user is not None:
            for path in (self.folder, *self.folder.rglob("*")):
                os.chown(path, user, user)
        with (self.folder / "output.log").open("wb") as log:
            self._process = subprocess.Popen(
                list(command),
                env={"PATH": os.environ["PATH"], "HOME": str(self.folder), **environment},
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                user=user,
                group=user,
                extra_groups=None if user is None else [],
            )
        hosts.connected(self.port).close()
        pin_all(self._process.pid)

    def listeners(self, count: int) -> list[Door]:
        return [self._door(f"u{number:05d}") for number in range(count)]

    def speakers(self, count: int) -> list[Door]:
        return [self._door(f"s{number:05d}") for number in range(count)]

    def _door(self, user: str) -> Door:
        begin = (
            b"<?xml version='1.0'?><stream:stream to='localhost' xmlns='jabber:client'"
            b" xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>"
        )
        secret = base64.b64encode(f"\0{user}\0x".encode())
        sasl = b"urn:ietf:params:xml:ns:xmpp-sasl"
        auth = b"<auth xmlns='" + sasl + b"' mechanism='PLAIN'>" + secret + b"</auth>"
        bind = b"urn:ietf:params:xml:ns:xmpp-bind"
        ask = b"<iq type='set' id='b'><bind xmlns='" + bind + b"'/></iq>"
        join = (
            f"<presence to='room@conference.localhost/{user}'>"
            "<x xmlns='http://jabber.org/protocol/muc'><history maxstanzas='0'/></x></presence>"
        )
        features = b"</stream:features>"
        steps = [
            (begin, features), (auth, b"<success"), (begin, features), (ask, b"</jid>"),
            (join.encode(), b"<subject"),
        ]  # fmt: skip
        return Door(self.port, steps)

    def cpu(self) -> float:
        if self._process is None:
            raise RuntimeError("not started")
        return machine.cpu(self._process.pid) + machine.cpu(_required(self._site, "postgres"))

    def kept(self) -> int:
        table = {"ejabberd": "archive", "Prosody": "prosodyarchive"}[self.name]
        return _count(self._site, self.name.lower(), table)

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def ejabberd(site: Site, people: int) -> Xmpp | None:
    """ejabberd with mod_mam on PostgreSQL; None where Debian's package is not installed."""
    if not SQL.exists() or shutil.which("erl") is None:
        return None
    held = Xmpp("ejabberd", site)
    with psycopg.connect(site.services.postgres.url("ejabberd"), autocommit=True) as connection:
        connection.execute(SQL.read_bytes())
    configuration = held.fill("ejabberd.yml")
    command = [
        "erl", "+S", "1", "-noinput", "-mnesia", "dir", f'"{held.folder}/mnesia"', "-s", "ejabberd",
    ]  # fmt: skip
    environment = {
        "EJABBERD_CONFIG_PATH": str(configuration),
        "EJABBERD_LOG_PATH": str(held.folder / "ejabberd.log"),
        "SPOOL_DIR": str(held.folder),
        "ERL_LIBS": str(ERLANG),
    }
    held.start(command, environment)
    return held


def prosody(site: Site, people: int) -> Xmpp | None:
    """Prosody with muc_mam on PostgreSQL; None where Debian's packages are not installed."""
    binary = shutil.which("prosody")
    if binary is None:
        return None
    held = Xmpp("Prosody", site)
    accounts = held.folder / "localhost" / "accounts"
    accounts.mkdir(parents=True)
    for letter in "us":
        for number in range(people):
            (accounts / f"{letter}{number:05d}.dat").write_text('return { ["password"] = "x"; };')
    held.start([binary, "-F", "--config", str(held.fill("prosody.cfg.lua"))], {})
    return held


def database(site: Site, name: str) -> dict[str, str]:
    """An empty database on the site's PostgreSQL, in the words of the peers' configurations."""
    server = site.services.postgres
    with psycopg.connect(server.url("tongwen"), autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)".encode())
        connection.execute(f"CREATE DATABASE {name}".encode())
    return {
        "sql_database": name,
        "sql_port": str(server.port),
        "sql_username": "tongwen",
        "sql_password": server.role_password,
    }


def pin_all(pid: int) -> None:
    """The process and what it has started stay on the core of the servers."""
    for one in (pid, *machine.descendants(pid)):
        hosts.pin(one)


def _count(site: Site, name: str, what: str) -> int:
    with psycopg.connect(site.services.postgres.url(name)) as connection:
        try:
            row = connection.execute(f"SELECT count(*) FROM {what}".encode()).fetchone()
        except psycopg.errors.UndefinedTable:
            return 0  # Prosody makes its table with the first room
    return int(row[0]) if row else 0


def _required(site: Site, name: str) -> int:
    found = processes.running(processes.slot(site.folder, name))
    if found is None:
        raise RuntimeError(f"{name} does not run")
    return found
