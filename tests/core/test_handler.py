"""How many requests a process works on at once, whatever comes."""

import asyncio
import json
import threading
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from asgiref.sync import ThreadSensitiveContext
from django.http import HttpRequest, HttpResponse

from config import handler
from config.handler import Handler


class Slow(Handler):
    """Requests that take until they are told to end."""

    def __init__(self) -> None:
        self.inside, self.most = 0, 0
        self.full, self.fourth, self.go = (threading.Event() for _ in range(3))
        self.made: list[HttpResponse] = []
        self._lock = threading.Lock()

    def get_response(self, request: HttpRequest) -> Any:
        """Counts who is inside."""
        with self._lock:
            self.inside += 1
            self.most = max(self.most, self.inside)
            if self.inside == handler.at_once():
                self.full.set()
            if self.inside > handler.at_once():
                self.fourth.set()
        self.go.wait(60)
        with self._lock:
            self.inside -= 1
            self.made.append(HttpResponse())
        return self.made[-1]


@pytest.fixture
def slow(monkeypatch: Any) -> Iterator[Slow]:
    """A process that works on three requests at once, with as many waiting as may."""
    monkeypatch.setattr(handler, "at_once", lambda: 3)
    monkeypatch.setattr(handler, "WAITING_AT_MOST", 7)
    handler._places_of.cache_clear()
    yield Slow()
    handler._places_of.cache_clear()


async def test_whoever_comes_beyond_them_waits_and_is_answered(slow: Slow) -> None:
    asked = [asyncio.create_task(_in_a_thread_of_its_own(slow)) for _ in range(10)]
    assert await asyncio.to_thread(slow.full.wait, 60)
    slow.go.set()
    answers = await asyncio.gather(*asked)
    assert [answer.status_code for answer in answers] == [200] * 10
    assert slow.most == 3


async def test_whoever_hangs_up_leaves_her_place_when_her_thread_ends(slow: Slow) -> None:
    gone = [asyncio.create_task(_in_a_thread_of_its_own(slow)) for _ in range(3)]
    assert await asyncio.to_thread(slow.full.wait, 60)
    others = [asyncio.create_task(_in_a_thread_of_its_own(slow)) for _ in range(5)]
    await asyncio.sleep(0)
    for task in [*gone, *others[:2]]:
        task.cancel()
    slow.go.set()
    assert [isinstance(one, asyncio.CancelledError) for one in await _all(gone)] == [True] * 3
    found = await _all(others)
    assert [isinstance(one, asyncio.CancelledError) for one in found] == [True] * 2 + [False] * 3
    assert slow.most == 3
    # What nobody was there to be sent is closed, and nobody's else.
    assert sum(made.closed for made in slow.made) == 3
    assert not any(answer.closed for answer in found[2:])


async def test_too_many_are_sent_back_but_whoever_asks_whether_it_is_up(slow: Slow) -> None:
    asked = [asyncio.create_task(_in_a_thread_of_its_own(slow)) for _ in range(10)]
    assert await asyncio.to_thread(slow.full.wait, 60)
    refused = await _in_a_thread_of_its_own(slow)
    assert (refused.status_code, refused["Retry-After"]) == (503, "2")
    assert json.loads(refused.content)["code"] == "UNAVAILABLE"
    up = asyncio.create_task(_in_a_thread_of_its_own(slow, "/healthz"))
    assert await asyncio.to_thread(slow.fourth.wait, 60)
    slow.go.set()
    assert (await up).status_code == 200
    assert [answer.status_code for answer in await asyncio.gather(*asked)] == [200] * 10


def test_the_sockets_connections_are_nobody_elses(settings: Any) -> None:
    found = {}
    for size in (0, 8, 16, 40):
        settings.DATABASE_POOL_SIZE = size
        found[size] = handler.at_once()
    assert found == {0: 32, 8: 4, 16: 8, 40: 32}


async def _in_a_thread_of_its_own(slow: Slow, path: str = "/") -> Any:
    request = HttpRequest()
    request.path = path
    async with ThreadSensitiveContext():
        return await slow.get_response_async(request)


async def _all(tasks: Sequence[asyncio.Task[Any]]) -> list[Any]:
    return await asyncio.gather(*tasks, return_exceptions=True)
