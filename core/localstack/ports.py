"""Free loopback ports.

They stay below 32768, where Linux begins to hand out ports for outgoing connections, so a
remembered port is rarely stolen between two starts.
"""

import random
import socket
from collections.abc import Collection

from core.localstack.errors import StackError

LOWEST = 20_000
HIGHEST = 32_000
LOOPBACK = "127.0.0.1"


def is_free(port: int) -> bool:
    """Tell whether a server could listen on the port now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def choose(*, wanted: int | None, taken: Collection[int]) -> int:
    """Return the wanted port when it is free, else another free one outside `taken`."""
    if wanted is not None and wanted not in taken and is_free(wanted):
        return wanted
    candidates = range(LOWEST, HIGHEST)
    for port in random.sample(candidates, k=400):
        if port not in taken and is_free(port):
            return port
    raise StackError(
        f"No free port was found between {LOWEST} and {HIGHEST}.",
        f"在 {LOWEST} 与 {HIGHEST} 之间没有找到空闲端口。",
    )


def accepts(host: str, port: int, *, seconds: float) -> bool:
    """Tell whether something answers on the address within the given seconds."""
    try:
        with socket.create_connection((host, port), timeout=seconds):
            return True
    except OSError:
        return False
