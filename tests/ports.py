"""Ports for the servers that tests start: none is given out twice in a run."""

import os
import secrets
import socket
from itertools import count

_FIRST = 12_000
_EACH = 400
_WORKERS = 20
"""12,000 to 20,000: below those of the local stack, which tests start as well, and far below those
that the kernel gives to outgoing connections."""
_given = count(secrets.randbelow(_EACH))


def free() -> int:
    """A port that nobody listens on, of those that only this process of the tests gives out."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % _WORKERS
    for _ in range(_EACH):
        port = _FIRST + worker * _EACH + next(_given) % _EACH
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return port
    raise RuntimeError("no free port")
