"""How many requests a process works on at once, whatever comes."""

import asyncio
import threading
from typing import Any

from asgiref.sync import ThreadSensitiveContext
from django.http import HttpRequest, HttpResponse

from config import handler
from config.handler import Handler


class Slow(Handler):
    """Requests that take until they are told to end."""

    def __init__(self) -> None:
        self.inside, self.most = 0, 0
        self.full, self.go = threading.Event(), threading.Event()
        self._lock = threading.Lock()

    def get_response(self, request: HttpRequest) -> Any:
        """Counts who is inside."""
        with self._lock:
            self.inside += 1
            self.most = max(self.most, self.inside)
            if self.inside == handler.at_once():
                self.full.set()
        self.go.wait(60)
        with self._lock:
            self.inside -= 1
        return HttpResponse()


async def test_whoever_comes_beyond_them_waits_and_is_answered(monkeypatch: Any) -> None:
    monkeypatch.setattr(handler, "at_once", lambda: 3)
    handler._room.cache_clear()
    slow = Slow()
    asked = [asyncio.create_task(_in_a_thread_of_its_own(slow)) for _ in range(10)]
    assert await asyncio.to_thread(slow.full.wait, 60)
    slow.go.set()
    answers = await asyncio.gather(*asked)
    handler._room.cache_clear()
    assert [answer.status_code for answer in answers] == [200] * 10
    assert slow.most == 3


def test_the_sockets_connections_are_nobody_elses(settings: Any) -> None:
    found = {}
    for size in (0, 8, 16, 40):
        settings.DATABASE_POOL_SIZE = size
        found[size] = handler.at_once()
    assert found == {0: 32, 8: 4, 16: 8, 40: 32}


async def _in_a_thread_of_its_own(slow: Slow) -> Any:
    async with ThreadSensitiveContext():
        return await slow.get_response_async(HttpRequest())
