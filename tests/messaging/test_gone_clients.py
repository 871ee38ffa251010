"""Clients that go away in the middle of a request leave nothing behind in the process."""

import socket
import time
from pathlib import Path
from urllib.parse import urlsplit

from tests.messaging import site as sites
from tests.messaging.site import PATIENCE, Site

GONE = 60
REQUEST = "GET /accounts/login/ HTTP/1.1\r\nHost: {host}\r\n\r\n"


def test_no_thread_waits_for_clients_that_are_gone_and_the_process_ends(
    site: Site, tmp_path: Path
) -> None:
    with sites.second_process(site, tmp_path) as second:
        address = urlsplit(second.url)
        for number in range(GONE):
            with socket.create_connection((str(address.hostname), int(address.port or 0))) as gone:
                gone.sendall(REQUEST.format(host=address.netloc).encode())
                time.sleep(0.004 * (number % 12))  # at another point of the request each time
        deadline = time.monotonic() + PATIENCE
        while _threads(second.process.pid) > GONE // 2 and time.monotonic() < deadline:
            time.sleep(0.1)
        assert _threads(second.process.pid) <= GONE // 2
        second.process.terminate()
        assert second.process.wait(timeout=PATIENCE) == 0


def _threads(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/task").iterdir()))
