"""Who is in a large conversation, while people join, leave and close their sockets at once."""

import asyncio

import pytest

from core.actor import system
from messaging import bus, threads
from messaging.crowds import Crowds
from messaging.queries.conversations import Hearing

ROOM = 7


class Ear:
    """A socket that is sent nothing here."""

    def __init__(self, person_id: int) -> None:
        self.actor = system("ear")
        self.person_id = person_id

    def push(self, wire: bytes, conversation_id: int = 0, seq: int = 0) -> bool:
        """Nothing comes."""
        raise AssertionError


class Channels:
    """The bus, which takes its time when a channel is asked for."""

    def __init__(self) -> None:
        self.wanted = 0
        self.asked, self.go = asyncio.Event(), asyncio.Event()

    async def add(self, *channels: str) -> None:
        """So many more want it."""
        self.wanted += len(channels)
        self.asked.set()
        await self.go.wait()

    async def drop(self, *channels: str) -> None:
        """So many do not any more."""
        self.wanted -= len(channels)


async def test_whoever_closes_while_others_join_with_her_leaves_nothing_behind() -> None:
    channels = Channels()
    inside = Crowds(channels)  # type: ignore[arg-type]  # all that is asked of the bus here
    stays, goes = Ear(1), Ear(2)
    joining = asyncio.create_task(inside.join(ROOM, [stays, goes]))
    await channels.asked.wait()
    await inside.leave_all(goes)
    channels.go.set()
    await joining
    assert (inside.of(stays), inside.of(goes), channels.wanted) == ([ROOM], [], 1)
    await inside.leave_all(stays)
    assert (inside.of(stays), channels.wanted) == ([], 0)


@pytest.mark.parametrize("returns", [True, False])
async def test_whoever_comes_back_while_the_database_is_asked_stays(
    monkeypatch: pytest.MonkeyPatch, returns: bool
) -> None:
    channels = Channels()
    channels.go.set()
    inside, ear = Crowds(channels), Ear(1)  # type: ignore[arg-type]  # as above
    asked, go = asyncio.Event(), asyncio.Event()

    async def look(*_: object, **__: object) -> Hearing:
        asked.set()
        await go.wait()
        nobody: frozenset[int] = frozenset()
        return Hearing(
            seeing=nobody, pulling=nobody, present=nobody, all_see_from=1, is_virtual=False
        )

    monkeypatch.setattr(threads, "look", look)
    await inside.join(ROOM, [ear])
    asking = asyncio.create_task(inside.asked(bus.Parcel(bus.Signal.ENTRY, ROOM, 5, b"")))
    await asked.wait()
    await inside.leave(ROOM, [ear])
    if returns:
        await inside.join(ROOM, [ear])
    go.set()
    await asking
    assert inside.of(ear) == ([ROOM] if returns else [])
    # What comes next is asked about again: the answer was of a time without her.
    assert inside.certain(bus.Parcel(bus.Signal.ENTRY, ROOM, 6, b"")) is None
