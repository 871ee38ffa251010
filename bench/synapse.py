"""matrix-synapse on PostgreSQL, from an environment of its own (.bench-peers/synapse)."""

import asyncio
import hashlib
import hmac
import os
import re
import shutil
import subprocess
import tempfile
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Any

import httpx

from bench import hosts, machine, stores
from bench.ears import MARK, STAMP, stamp
from core.localstack import ports, processes, product
from drills.site import Site

PYTHON = hosts.PEERS / "synapse" / "bin" / "python"
SPEAKERS = 4
_STAMPED = re.compile(rb"(\d{%d})%s" % (STAMP, MARK))
_ALL = '{"room":{"timeline":{"limit":1000}}}'
_QUIET = "version: 1\ndisable_existing_loggers: true\nroot: {level: WARNING}\n"


@dataclass(frozen=True)
class Member:
    """A signed-in client."""

    token: str
    client: httpx.AsyncClient

    async def call(self, method: str, path: str, content: dict[str, Any]) -> dict[str, Any]:
        answer = await self.client.request(
            method,
            f"/_matrix/client/v3{path}",
            json=content,
            headers={"Authorization": f"Bearer {self.token}"},
        )
        found: dict[str, Any] = answer.raise_for_status().json()
        return found


class Synapse:
    """One homeserver with one room."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._port = ports.choose(wanted=None, taken=[])
        self._folder = Path(tempfile.mkdtemp(prefix="tongwen-bench-"))
        source = product.ROOT / "bench" / "peers" / "matrix" / "homeserver.yaml"
        configuration = self._folder / "homeserver.yaml"
        values = stores.database(site, "synapse")
        configuration.write_text(
            Template(source.read_text()).substitute(values, port=self._port, folder=self._folder)
        )
        (self._folder / "log.yaml").write_text(_QUIET)
        command = [str(PYTHON), "-m", "synapse.app.homeserver", "-c", str(configuration)]
        environment = {"PATH": os.environ["PATH"], "HOME": str(self._folder)}
        with (self._folder / "output.log").open("wb") as log:
            subprocess.run(
                [*command, "--generate-keys"], env=environment, check=True, stdout=log, stderr=log
            )
            self._process = subprocess.Popen(
                command, env=environment, cwd=self._folder, stdout=log, stderr=log
            )
        hosts.connected(self._port).close()
        stores.pin_all(self._process.pid)

    @classmethod
    def there(cls, site: Site) -> "Synapse | None":
        """The server, or None where its environment was not made."""
        return cls(site) if PYTHON.exists() else None

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)

    def saturate(
        self, members: int, messages: int
    ) -> tuple[float, float, float, list[float], float]:
        """Messages and deliveries a second, CPU µs a delivery, delays, the client's CPU."""
        return asyncio.run(self._saturate(members, messages))

    async def _saturate(
        self, members: int, messages: int
    ) -> tuple[float, float, float, list[float], float]:
        limits = httpx.Limits(max_connections=None)
        address = f"http://127.0.0.1:{self._port}"
        async with httpx.AsyncClient(
            base_url=address, timeout=120, limits=limits, trust_env=False
        ) as client:
            people = [await self._register(client, number) for number in range(members)]
            made = await people[0].call("POST", "/createRoom", {"preset": "public_chat"})
            room = made["room_id"]
            for person in people[1:]:
                await person.call("POST", f"/join/{room}", {})
            sinces = [await _since(person) for person in people]
            before, began, own = self._cpu(), time.monotonic(), time.process_time()
            heard = [
                asyncio.create_task(_hear(person, since, messages))
                for person, since in zip(people, sinces, strict=True)
            ]
            each = messages // SPEAKERS
            await asyncio.gather(*(_say(person, room, each) for person in people[:SPEAKERS]))
            delays = sorted(delay for found in await asyncio.gather(*heard) for delay in found)
            took, used = time.monotonic() - began, self._cpu() - before
        count = members * messages
        client_cpu = (time.process_time() - own) / count * 1e6
        return messages / took, count / took, used / count * 1e6, delays, client_cpu

    def _cpu(self) -> float:
        database = processes.running(processes.slot(self._site.folder, "postgres"))
        return machine.cpu(self._process.pid) + (machine.cpu(database) if database else 0.0)

    async def _register(self, client: httpx.AsyncClient, number: int) -> Member:
        path = "/_synapse/admin/v1/register"
        nonce = (await client.get(path)).raise_for_status().json()["nonce"]
        name, secret = f"u{number}", "x" * 12
        mac = hmac.new(b"bench", digestmod=hashlib.sha1)
        mac.update(b"\0".join((nonce.encode(), name.encode(), secret.encode(), b"notadmin")))
        content = {
            "nonce": nonce, "username": name, "password": secret, "admin": False,
            "mac": mac.hexdigest(),
        }  # fmt: skip
        answer = (await client.post(path, json=content)).raise_for_status().json()
        return Member(answer["access_token"], client)


async def _since(person: Member) -> str:
    return str((await person.call("GET", "/sync?timeout=0", {}))["next_batch"])


async def _say(person: Member, room: str, count: int) -> None:
    for _ in range(count):
        content = {"msgtype": "m.text", "body": stamp()}
        path = f"/rooms/{room}/send/m.room.message/{uuid.uuid4()}"
        await person.call("PUT", path, content)


async def _hear(person: Member, since: str, count: int) -> list[float]:
    delays: list[float] = []
    while len(delays) < count:
        answer = await person.client.get(
            "/_matrix/client/v3/sync",
            params={"timeout": 30000, "since": since, "filter": _ALL},
            headers={"Authorization": f"Bearer {person.token}"},
        )
        now = time.monotonic_ns()
        delays += [(now - int(sent)) / 1e9 for sent in _STAMPED.findall(answer.content)]
        since = answer.raise_for_status().json()["next_batch"]
    return delays
