"""Hosts of their own for processes: network namespaces, each with a cable to this one.

A node reaches the services of this host over two addresses, so that its way to Valkey can be cut
while its way to PostgreSQL stands.
"""

import os
import secrets
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from typing import Final

PIECE: Final = 65_536


def why_not() -> str:
    """Why this machine cannot have nodes; empty where it can."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    if shutil.which("ip") is None:
        return "network namespaces need the command `ip`"
    name = f"twn{secrets.token_hex(3)}"
    if _ip("netns", "add", name).returncode:
        return "this machine allows no network namespaces"
    _ip("netns", "delete", name)
    return ""


@dataclass(frozen=True, slots=True)
class Node:
    """One host: its own address, and this host's as it sees them."""

    name: str
    address: str
    database_host: str
    store_host: str
    cable: str
    """The end of its cable at this host."""

    def command(self, *words: str) -> list[str]:
        """The command as it is run on the node."""
        return ["ip", "netns", "exec", self.name, *words]

    def cut_store(self) -> None:
        """What goes between the node and Valkey is lost, both ways; nobody is told."""
        _must("address", "delete", f"{self.store_host}/24", "dev", self.cable)

    def join_store(self) -> None:
        """The way to Valkey stands again."""
        _must("address", "add", f"{self.store_host}/24", "dev", self.cable)


@contextmanager
def node(number: int) -> Iterator[Node]:
    """A node; nothing of it stays."""
    name, here = f"twn{secrets.token_hex(3)}", f"twh{secrets.token_hex(3)}"
    net = f"10.{200 + number}.{secrets.randbelow(250)}"
    made = Node(name, f"{net}.2", f"{net}.1", f"{net}.5", here)
    try:
        _must("netns", "add", name)
        _must("link", "add", here, "type", "veth", "peer", "name", "up0", "netns", name)
        _must("address", "add", f"{net}.1/24", "dev", here)
        _must("address", "add", f"{net}.5/24", "dev", here)
        _must("link", "set", here, "up")
        _must("-n", name, "address", "add", f"{net}.2/24", "dev", "up0")
        _must("-n", name, "link", "set", "up0", "up")
        _must("-n", name, "link", "set", "lo", "up")
        yield made
    finally:
        _ip("link", "delete", here)
        _ip("netns", "delete", name)


@contextmanager
def relayed(host: str, target: int) -> Iterator[int]:
    """The port of the host's address over which a local port is reached."""
    with ExitStack() as held:
        listening = held.enter_context(closing(socket.create_server((host, 0))))
        threading.Thread(target=_accept, args=(listening, target), daemon=True).start()
        try:
            yield listening.getsockname()[1]
        finally:
            with suppress(OSError):
                listening.shutdown(socket.SHUT_RDWR)


def _accept(listening: socket.socket, target: int) -> None:
    while True:
        try:
            near, _ = listening.accept()
        except OSError:
            return
        far = socket.create_connection(("127.0.0.1", target))
        for source, sink in ((near, far), (far, near)):
            threading.Thread(target=_pass, args=(source, sink), daemon=True).start()


def _pass(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while content := source.recv(PIECE):
            sink.sendall(content)
    for end in (source, sink):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
        end.close()


def _ip(*words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(["ip", *words], check=False, capture_output=True, text=True)


def _must(*words: str) -> None:
    done = _ip(*words)
    if done.returncode:
        raise RuntimeError(f"ip {' '.join(words)}: {done.stderr.strip()}")
