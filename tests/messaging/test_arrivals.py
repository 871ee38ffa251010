"""Sockets that come at once are entered together."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from core.actor import Actor, system
from messaging.arrivals import Arrivals
from messaging.sockets import Socket


@dataclass(eq=False)
class Ear:
    """A socket that hears nothing."""

    person_id: int
    actor: Actor = field(default_factory=lambda: system("ear"))

    def push(self, wire: bytes, conversation_id: int, seq: int) -> bool:
        """Nothing."""
        return True


class Door:
    """Keeps who entered together; each group waits for the word."""

    def __init__(self) -> None:
        self.groups: list[list[int]] = []
        self.open = asyncio.Event()
        self.fault: Exception | None = None

    async def enter(self, newcomers: Sequence[Socket]) -> None:
        """Keeps them."""
        self.groups.append([socket.person_id for socket in newcomers])
        await self.open.wait()
        if self.fault is not None:
            raise self.fault


async def test_whoever_comes_meanwhile_is_entered_with_the_next() -> None:
    door = Door()
    arrivals = Arrivals(door.enter)
    first = asyncio.create_task(arrivals.take(Ear(1)))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    others = [asyncio.create_task(arrivals.take(Ear(number))) for number in (2, 3, 4)]
    await asyncio.sleep(0)
    door.open.set()
    await asyncio.gather(first, *others)
    assert door.groups == [[1], [2, 3, 4]]


async def test_whoever_has_gone_meanwhile_is_not_entered() -> None:
    door = Door()
    arrivals = Arrivals(door.enter)
    first = asyncio.create_task(arrivals.take(Ear(1)))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    gone, stays = (asyncio.create_task(arrivals.take(Ear(number))) for number in (2, 3))
    await asyncio.sleep(0)
    gone.cancel()
    door.open.set()
    await asyncio.gather(first, stays)
    assert door.groups == [[1], [3]]


async def test_a_fault_is_heard_by_all_who_waited_and_by_nobody_after() -> None:
    door = Door()
    arrivals = Arrivals(door.enter)
    door.open.set()
    door.fault = OSError("no database")
    outcomes = await asyncio.gather(
        *(arrivals.take(Ear(number)) for number in (1, 2)), return_exceptions=True
    )
    assert [type(outcome) for outcome in outcomes] == [OSError, OSError]
    door.fault = None
    await arrivals.take(Ear(3))
    assert door.groups == [[1, 2], [3]]
