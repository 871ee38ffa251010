"""Bodies beyond the limit are refused on the wire, by a real daphne."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from django.conf import settings

from config import bodies
from tests import ports
from tests.contracts import source

LIMIT = settings.MAX_BODY_BYTES


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    number = ports.free()
    log = tmp_path_factory.mktemp("daphne") / "log"
    endpoint = f"tcp:port={number}:interface=127.0.0.1"
    with log.open("wb") as output:
        server = subprocess.Popen(
            [sys.executable, "-m", "daphne", "-e", endpoint, "config.asgi:application"],
            cwd=source.ROOT, env=os.environ, stdout=output, stderr=subprocess.STDOUT,
        )  # fmt: skip
    try:
        _wait_for(server, log)
        # The first answer takes longest; later on nobody hangs up on it.
        assert _exchange(number, "GET /healthz HTTP/1.1\r\nConnection: close", b"")
        yield number
    finally:
        server.terminate()
        server.wait(timeout=120)


def test_a_few_large_bodies_are_taken_at_a_time_and_others_are_told_to_come_back(
    port: int,
) -> None:
    head = "POST /api/v1/org/imports HTTP/1.1\r\nConnection: close\r\nContent-Length: "
    begun = f"{head}{LIMIT + 1}\r\nHost: 127.0.0.1\r\n\r\n".encode()
    with ExitStack() as held:
        for _ in range(bodies.WIDE_AT_ONCE):
            wire = held.enter_context(socket.create_connection(("127.0.0.1", port), timeout=300))
            wire.sendall(begun)
        _until(port, f"{head}{LIMIT + 1}", b"HTTP/1.1 503 ")
        refused = _exchange(port, f"{head}{LIMIT + 1}", b"")
        assert json.loads(refused.partition(b"\r\n\r\n")[2])["code"] == "BUSY"
        small = _exchange(port, f"{head}1000", b"x" * 1000)
        assert small.startswith(b"HTTP/1.1 40")
    _until(port, f"{head}{LIMIT + 1}", b"HTTP/1.1 40", body=b"x" * (LIMIT + 1))


def _until(port: int, head: str, status: bytes, *, body: bytes = b"") -> None:
    """Asks until the answer begins so: the server hears of other connections a little later."""
    deadline = time.monotonic() + 120
    while not (answer := _exchange(port, head, body, patience=5)).startswith(status):
        assert time.monotonic() < deadline, answer[:200]


def _wait_for(server: subprocess.Popen[bytes], log: Path) -> None:
    while b"Listening on" not in log.read_bytes():
        assert server.poll() is None, log.read_text()
        try:
            server.wait(timeout=0.1)
        except subprocess.TimeoutExpired:
            continue


def _exchange(port: int, head: str, body: bytes, *, patience: float = 300) -> bytes:
    """Sends what fits down the wire and returns the whole answer; none is an empty one."""
    with socket.create_connection(("127.0.0.1", port), timeout=patience) as wire:
        wire.sendall(f"{head}\r\nHost: 127.0.0.1\r\n\r\n".encode())
        answer = b""
        try:
            wire.sendall(body)
            while piece := wire.recv(65536):
                answer += piece
        except (ConnectionResetError, BrokenPipeError, TimeoutError):
            pass
        return answer


def test_a_declared_body_beyond_the_limit_is_refused_before_it_is_sent(port: int) -> None:
    head = "POST /accounts/login/ HTTP/1.1\r\nContent-Length: 300000000"
    answer = _exchange(port, head, b"")
    status, _, rest = answer.partition(b"\r\n")
    assert status == b"HTTP/1.1 413 Content Too Large"
    assert json.loads(rest.partition(b"\r\n\r\n")[2])["code"] == "TOO_LARGE"


def test_a_chunked_body_is_cut_at_the_limit(port: int) -> None:
    head = "POST /accounts/login/ HTTP/1.1\r\nTransfer-Encoding: chunked"
    chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    answer = _exchange(port, head, chunk * (LIMIT // 0x10000 + 2))
    assert answer.startswith(b"HTTP/1.1 413 ")


def test_a_body_within_the_limit_reaches_the_product(port: int) -> None:
    head = "POST /healthz HTTP/1.1\r\nConnection: close\r\nContent-Length: 100000"
    # The product's own refusal: the form came without its token.
    assert _exchange(port, head, b"x" * 100_000).startswith(b"HTTP/1.1 403 ")


def test_an_upload_may_be_larger_than_other_bodies_but_not_without_end(port: int) -> None:
    head = "POST /api/v1/org/imports HTTP/1.1\r\nConnection: close\r\nContent-Length: "
    assert _exchange(port, f"{head}{LIMIT + 1}", b"x" * (LIMIT + 1)).startswith(b"HTTP/1.1 40")
    above = settings.UPLOAD_LIMITS["/api/v1/org/imports"] + 1
    answer = _exchange(port, f"{head}{above}", b"")
    assert answer.startswith(b"HTTP/1.1 413 ")
    other = head.replace("imports", "imports/1/confirm")
    assert _exchange(port, f"{other}{LIMIT + 1}", b"").startswith(b"HTTP/1.1 413 ")
    files = "POST /api/v1/messaging/conversations/1/files HTTP/1.1\r\nConnection: close"
    larger = b"x" * above
    answer = _exchange(port, f"{files}\r\nContent-Length: {above}", larger)
    assert answer.startswith(b"HTTP/1.1 40")
    answer = _exchange(port, f"{files}\r\nContent-Length: 300000000", b"")
    assert answer.startswith(b"HTTP/1.1 413 ")
