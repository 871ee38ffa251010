"""Database work of the sockets: a bounded pool of threads.

asgiref's sync_to_async would run all of a process's socket work on one thread.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final, ParamSpec, TypeVar

from django.db import close_old_connections

P = ParamSpec("P")
R = TypeVar("R")

SIZE: Final = 6
LOOKING: Final = 2
"""Both together leave as many of the database pool's connections to the HTTP requests."""
_SIGNALLING: Final = 1

_pool: Final = ThreadPoolExecutor(max_workers=SIZE, thread_name_prefix="sockets")
_lookouts: Final = ThreadPoolExecutor(max_workers=LOOKING, thread_name_prefix="lookouts")
_signallers: Final = ThreadPoolExecutor(max_workers=_SIGNALLING, thread_name_prefix="signallers")


async def run(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """What the function returns or raises, without holding up the event loop: what clients ask."""
    work = partial(function, *args, **kwargs)
    return await asyncio.get_running_loop().run_in_executor(_pool, _tidily, work)


async def look(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """The same for what the process itself has to know: who may still be here, who hears, who lags.

    Never behind what clients ask: while all of them wait for one locked conversation, sessions
    still end in time and others still hear what is said.
    """
    work = partial(function, *args, **kwargs)
    return await asyncio.get_running_loop().run_in_executor(_lookouts, _tidily, work)


async def signal(function: Callable[P, None], *args: P.args, **kwargs: P.kwargs) -> None:
    """The same for what Valkey alone is told: should it hang, nobody else waits for it."""
    work = partial(function, *args, **kwargs)
    await asyncio.get_running_loop().run_in_executor(_signallers, work)


def _tidily(work: Callable[[], R]) -> R:
    # As Django does around each request: nothing stale is used, nothing is kept.
    close_old_connections()
    try:
        return work()
    finally:
        close_old_connections()
