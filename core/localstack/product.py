"""The product's own processes on this machine: the site, the worker and the sample mini-app."""

import hashlib
import http.client
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from core.localstack import folders, ports, processes
from core.localstack.errors import StackError

ROOT = Path(__file__).resolve().parents[2]
SOURCES = (
    "config", "core", "org", "messaging", "approvals", "documents", "miniapps", "workbench",
    "samples",
)  # fmt: skip


NAMES = ("sample", "worker", "web")
BARE = {"PATH": os.defpath, "PYTHONUNBUFFERED": "1"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """The site of one data folder: its ports and the environment its processes get."""

    data: Path
    port: int
    sample_port: int
    environment: Mapping[str, str]

    @property
    def origin(self) -> str:
        """Return the address that a browser opens."""
        return f"http://{ports.LOOPBACK}:{self.port}"

    @property
    def accounts(self) -> Path:
        """Return the file with the demo's accounts and passwords."""
        return self.data / "accounts.json"

    @property
    def sample_credentials(self) -> Path:
        """Return the file by which the sample mini-app proves who it is."""
        return self.accounts.with_name("sample-credentials.json")


def manage(environment: Mapping[str, str], *arguments: str) -> None:
    """Run one management command, its output shown as it comes."""
    answer = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        close_fds=False,
        check=False,
    )
    if answer.returncode != 0:
        raise _failed(arguments[0])


def lines_of(environment: Mapping[str, str], *arguments: str) -> Iterator[str]:
    """Run one management command and give its lines as they come; its errors are shown."""
    with subprocess.Popen(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env={**environment, "PYTHONUNBUFFERED": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    ) as process:
        yield from process.stdout or ()
    if process.returncode != 0:
        raise _failed(arguments[0])


def start(site: Site) -> None:
    """Run every process of the site; those that run older code or settings begin anew."""
    if not is_current(site):
        stop(site.data)
    for name, command in _commands(site).items():
        processes.spawn(processes.slot(site.data, name), command)
    folders.write_private(site.data / "run" / "fingerprint", fingerprint(site))
    web = processes.slot(site.data, "web")
    processes.wait_until(web, lambda: _is_up(site), seconds=90)


def is_current(site: Site) -> bool:
    """Tell whether the site runs already, with this code and this environment."""
    noted = site.data / "run" / "fingerprint"
    return (
        processes.running(processes.slot(site.data, "web")) is not None
        and noted.exists()
        and noted.read_text(encoding="utf-8") == fingerprint(site)
    )


def _is_up(site: Site) -> bool:
    """Tell whether the site works; a worker or sample that died by now is an error."""
    for name in _commands(site):
        place = processes.slot(site.data, name)
        if processes.running(place) is None:
            raise processes.died(place)
    return readiness(site.port).is_ready


def stop(data: Path) -> list[str]:
    """End every process of the site and return the names of those that ran."""
    return [
        name
        for name in NAMES
        if processes.stop(processes.slot(data, name), by=signal.SIGTERM, seconds=15)
    ]


def end_strays(data: Path) -> None:
    """End processes of a site whose data folder was deleted while they ran."""
    for name in NAMES:
        if processes.recover(processes.slot(data, name)) is not None:
            processes.stop(processes.slot(data, name), by=signal.SIGTERM, seconds=15)


@dataclass(frozen=True, slots=True)
class Readiness:
    """What /readyz answered."""

    is_ready: bool
    text: str


def readiness(port: int) -> Readiness:
    """Ask the site whether it can work; a site that does not answer is not ready."""
    connection = http.client.HTTPConnection(ports.LOOPBACK, port, timeout=5)
    try:
        connection.request("GET", "/readyz")
        response = connection.getresponse()
        text = response.read(4096).decode("utf-8", errors="replace")
        return Readiness(response.status == http.HTTPStatus.OK, text)
    except (OSError, http.client.HTTPException) as error:
        return Readiness(is_ready=False, text=str(error))
    finally:
        connection.close()


def _failed(command: str) -> StackError:
    return StackError(
        f"`manage.py {command}` failed; what it said stands above.",
        f"命令 manage.py {command} 失败，原因见上方输出。",
    )


def fingerprint(site: Site) -> str:
    """Return a digest that changes when the code or the environment of the site changes."""
    digest = hashlib.sha256(json.dumps(sorted(site.environment.items())).encode())
    for folder in SOURCES:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                facts = path.stat()
                digest.update(f"{path}:{facts.st_mtime_ns}:{facts.st_size}".encode())
    return digest.hexdigest()


def _commands(site: Site) -> dict[str, processes.Command]:
    listen = f"tcp:port={site.port}:interface={ports.LOOPBACK}:backlog=4096"
    argv = {
        "web": ["-m", "daphne", "-v", "0", "-e", listen, "config.asgi:application"],
        "worker": ["manage.py", "procrastinate", "worker"],
    }
    if site.sample_credentials.exists():
        # It gets what any vendor's program gets: its port, the address and its own credentials.
        argv["sample"] = [
            "-m",
            "samples.duty_roster",
            f"--port={site.sample_port}",
            f"--platform={site.origin}",
            f"--credentials={site.sample_credentials}",
        ]
    return {
        name: processes.Command(
            argv=[sys.executable, *arguments],
            environment=BARE if name == "sample" else site.environment,
            folder=ROOT,
        )
        for name, arguments in argv.items()
    }
