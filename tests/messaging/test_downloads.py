"""Large files on their way out: bounded memory under slow clients, a few at a time."""

import hashlib
import json
import socket
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from core import storage
from messaging import handing_out
from messaging.models import File
from tests.messaging import site as sites
from tests.messaging.conftest import Phone
from tests.messaging.files import get, sent_file
from tests.messaging.site import PATIENCE, Site

LARGE = "2026-11-23 08:00 水位 7.31\n".encode() * 900_000
"""A text of some 27 MB."""


@pytest.fixture
def link(site: Site) -> str:
    """The address of a large file in a message from 王伟民 to 李建国."""
    room = site.direct("王伟民", "李建国")
    with site.http("王伟民") as client:
        taken = client.post(
            f"/conversations/{room}/files",
            files={"file": ("水情记录.txt", LARGE)},
            data={"upload_id": str(uuid.uuid4())},
        ).raise_for_status()
        content = {
            "client_message_id": str(uuid.uuid4()), "body": "", "kind": "file",
            "file_id": taken.json()["file_id"],
        }  # fmt: skip
        sent = client.post(f"/conversations/{room}/messages", json=content).raise_for_status()
        entries = client.get(f"/conversations/{room}/messages").json()["entries"]
    seq = sent.json()["seq"]
    return str(next(one for one in entries if one["seq"] == seq)["file"]["download"])


def test_slow_clients_cost_little_memory_and_get_the_whole_file(
    site: Site, link: str, tmp_path: Path
) -> None:
    with sites.second_process(site, tmp_path) as second, ExitStack() as held:
        _read_all(held.enter_context(_asking(second, "/healthz")))
        before = _peak(second)
        clients = [held.enter_context(_asking(second, link)) for _ in range(handing_out.AT_ONCE)]
        # All of them are being served before the first of them reads on.
        begun = [client.recv(1) for client in clients]
        for first, rest in zip(begun, _read_in_turn(clients), strict=True):
            head, _, body = (first + rest).partition(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200 ")
            assert hashlib.sha256(body).digest() == hashlib.sha256(LARGE).digest()
        assert _peak(second) - before < 2 * len(LARGE)
        # Whoever has everything makes room for the next.
        deadline = time.monotonic() + PATIENCE
        while _answer(second, link).startswith(b"HTTP/1.1 429 "):
            assert time.monotonic() < deadline
    assert "Exception inside application" not in (tmp_path / "second.log").read_text()


def test_one_person_takes_a_few_large_files_at_a_time(
    site: Site, link: str, tmp_path: Path
) -> None:
    with sites.second_process(site, tmp_path) as second:
        with ExitStack() as held:
            for _ in range(handing_out.AT_ONCE):
                held.enter_context(_asking(second, link)).recv(1)
            head, _, body = _answer(second, link).partition(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 429 ")
            assert b"Retry-After: 5" in head
            assert json.loads(body)["code"] == "FILE_DOWNLOADS_AT_ONCE"
            with second.http("李建国") as client:
                assert client.get("/conversations").status_code == 200
        # The server hears a little later that the others have gone.
        deadline = time.monotonic() + PATIENCE
        while _answer(second, link).startswith(b"HTTP/1.1 429 "):
            assert time.monotonic() < deadline


def test_a_large_file_comes_as_it_was_and_a_swapped_one_not_at_all(wang: Phone, li: Phone) -> None:
    content = LARGE[: handing_out.IN_ONE_PIECE + 1]
    file = sent_file(wang, wang.direct(li), name="水情.txt", content=content)
    answer = get(li, file["download"])
    assert b"".join(answer.streaming_content) == content
    assert answer["Content-Length"] == str(len(content))
    assert answer["Content-Disposition"].startswith("attachment;")
    assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"
    storage.put(key=File.objects.get().key, content=content[::-1], content_type="text/plain")
    refused = get(li, file["download"])
    assert (refused.status_code, refused.json()["code"]) == (409, "OBJECT_ALTERED")


def _asking(site: Site, path: str) -> socket.socket:
    """A client of 李建国's that has asked and has room for next to nothing of the answer."""
    address = urlsplit(site.url)
    wire = socket.socket()
    wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16_384)
    wire.settimeout(PATIENCE)
    wire.connect((str(address.hostname), int(address.port or 0)))
    cookie = f"tongwen_session={site.sessions['李建国']}"
    wire.sendall(
        f"GET {path} HTTP/1.1\r\nHost: {address.netloc}\r\nCookie: {cookie}\r\n"
        "Connection: close\r\n\r\n".encode()
    )
    return wire


def _answer(site: Site, path: str) -> bytes:
    with _asking(site, path) as wire:
        return _read_all(wire)


def _read_all(wire: socket.socket) -> bytes:
    return b"".join(_pieces(wire))


def _read_in_turn(wires: list[socket.socket]) -> list[bytes]:
    """Everything that comes over each of them; none is left waiting for the others."""
    held = {wire: bytearray() for wire in wires}
    open_ones = list(wires)
    while open_ones:
        for wire in list(open_ones):
            if piece := wire.recv(65_536):
                held[wire] += piece
            else:
                open_ones.remove(wire)
    return [bytes(held[wire]) for wire in wires]


def _pieces(wire: socket.socket) -> Iterator[bytes]:
    while piece := wire.recv(65_536):
        yield piece


def _peak(site: Site) -> int:
    """The most memory that the process ever had, in bytes."""
    status = Path(f"/proc/{site.process.pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024
