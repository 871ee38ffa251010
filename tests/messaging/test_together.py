"""What many ask for at once is done together."""

import asyncio
from collections.abc import Sequence

from messaging.together import Together

LONG = 3600.0


class Work:
    """Keeps what was asked for together; a round ends with the word."""

    def __init__(self) -> None:
        self.rounds: list[list[int]] = []
        self.begun = asyncio.Event()
        self.word = asyncio.Event()
        self.fault: Exception | None = None

    async def do(self, numbers: Sequence[int]) -> dict[int, str]:
        """What there is for even numbers."""
        self.rounds.append(list(numbers))
        self.begun.set()
        await self.word.wait()
        if self.fault is not None:
            raise self.fault
        return {number: f"no. {number}" for number in numbers if number % 2 == 0}


async def begun(work: Work, together: Together[int, str], number: int) -> asyncio.Task[str | None]:
    """One comes, and the round that is hers has begun."""
    first = asyncio.create_task(together.take(number))
    await work.begun.wait()
    return first


async def test_whoever_comes_meanwhile_is_in_the_next_round() -> None:
    work = Work()
    together = Together(work.do)
    first = await begun(work, together, 1)
    others = [asyncio.create_task(together.take(number)) for number in (2, 3, 4)]
    await asyncio.sleep(0)  # they have come
    work.word.set()
    assert await asyncio.gather(first, *others) == [None, "no. 2", None, "no. 4"]
    assert work.rounds == [[1], [2, 3, 4]]


async def test_two_who_ask_for_the_same_are_both_answered() -> None:
    work = Work()
    work.word.set()
    together = Together(work.do)
    first, second = await asyncio.gather(together.take(2), together.take(2))
    assert (first, second) == ("no. 2", "no. 2")
    assert work.rounds == [[2, 2]]


async def test_nothing_is_done_for_whoever_has_gone_meanwhile() -> None:
    work = Work()
    together = Together(work.do)
    first = await begun(work, together, 1)
    gone, stays = (asyncio.create_task(together.take(number)) for number in (2, 3))
    await asyncio.sleep(0)  # they have come
    gone.cancel()
    work.word.set()
    await asyncio.gather(first, stays)
    assert work.rounds == [[1], [3]]


async def test_a_fault_is_heard_by_all_of_its_round_and_by_nobody_after() -> None:
    work = Work()
    work.word.set()
    work.fault = OSError("no database")
    together = Together(work.do)
    outcomes = await asyncio.gather(together.take(1), together.take(2), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [OSError, OSError]
    work.fault = None
    assert await together.take(4) == "no. 4"
    assert work.rounds == [[1, 2], [4]]


async def test_a_round_begins_early_only_where_it_is_hurried() -> None:
    work = Work()
    work.word.set()
    together = Together(work.do, every=LONG)
    assert await together.take(2) == "no. 2"
    waiting = [asyncio.create_task(together.take(number)) for number in (4, 6)]
    await asyncio.sleep(0)  # they have come
    assert work.rounds == [[2]]
    together.hurry()
    assert await asyncio.gather(*waiting) == ["no. 4", "no. 6"]
    assert work.rounds == [[2], [4, 6]]


async def test_hurrying_nobody_lets_nobody_be_early() -> None:
    work = Work()
    work.word.set()
    together = Together(work.do, every=LONG)
    await together.take(2)
    together.hurry()
    early = asyncio.create_task(together.take(4))
    for _ in range(10):  # turns of the loop, any of which could begin a round
        await asyncio.sleep(0)
    assert (work.rounds, early.done()) == ([[2]], False)
    early.cancel()


async def test_a_round_begins_when_its_time_has_come() -> None:
    work = Work()
    work.word.set()
    together = Together(work.do, every=0.01)
    assert [await together.take(number) for number in (2, 4)] == ["no. 2", "no. 4"]
    assert work.rounds == [[2], [4]]


async def test_finishing_does_what_waits_and_lets_nothing_wait_any_more() -> None:
    work = Work()
    work.word.set()
    together = Together(work.do, every=LONG)
    await together.take(2)
    waits = asyncio.create_task(together.take(4))
    await asyncio.sleep(0)  # it has come
    await together.finish()
    assert waits.done()
    assert await together.take(6) == "no. 6"
    assert work.rounds == [[2], [4], [6]]
