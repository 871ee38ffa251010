"""A running site for the Python client, and the client as one of its people."""

import asyncio
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.messaging import site as sites
from tests.messaging.site import Site

SDK = Path(__file__).resolve().parent.parent.parent / "sdk" / "python"
if str(SDK) not in sys.path:
    sys.path.insert(0, str(SDK))  # it is a distribution of its own

from tongwen_client import Client, MemoryStore, Session, Store, Timing  # noqa: E402  # see above

QUICK = Timing(
    first_retry=0.05,
    longest_retry=0.3,
    answer=1.5,
    heartbeat=0.5,
    read_every=0.05,
    poll=2,
    socket_again=2,
    pause=0.2,
)
"""A network that fails every second wants less patience than an office's."""

PATIENT = replace(QUICK, answer=sites.PATIENCE)
"""Where nothing fails, nothing is given up either: an answer may be late, and is no second one."""

MakeClient = Callable[..., Client]


@pytest.fixture(scope="package")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The running site of these tests."""
    with sites.running(tmp_path_factory.mktemp("sdk")) as running:
        yield running


@pytest.fixture
def client_of(site: Site) -> MakeClient:
    """`client_of("王伟民")` is that person's client; `url` where it believes the site to be."""

    def make(
        name: str, *, url: str = "", store: Store | None = None, timing: Timing = PATIENT
    ) -> Client:
        return Client(
            url or site.url,
            Session(site.sessions[name]),
            origin=site.url,
            store=store or MemoryStore(),
            timing=timing,
        )

    return make


async def until(is_so: Callable[[], bool]) -> None:
    """Returns when it is so."""
    for _ in range(int(sites.PATIENCE * 100)):
        if is_so():
            return
        await asyncio.sleep(0.01)
    raise TimeoutError
