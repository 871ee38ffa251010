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
"""Below the database pool's size, so that sockets never starve the HTTP requests."""

_pool: Final = ThreadPoolExecutor(max_workers=SIZE, thread_name_prefix="sockets")


async def run(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """What the function returns or raises, without holding up the event loop."""
    work = partial(function, *args, **kwargs)
    return await asyncio.get_running_loop().run_in_executor(_pool, _tidily, work)


def _tidily(work: Callable[[], R]) -> R:
    # As Django does around each request: nothing stale is used, nothing is kept.
    close_old_connections()
    try:
        return work()
    finally:
        close_old_connections()
