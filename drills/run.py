"""One drill under way: what it may do to the site, and what it writes down."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import ParamSpec

from drills.load import Load
from drills.site import Site

P = ParamSpec("P")


@dataclass
class Run:
    """One drill under way."""

    site: Site
    load: Load
    seconds: float
    quick: bool
    notes: list[str] = field(default_factory=list)
    late: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    """What the drill itself found missing that was acknowledged, besides messages."""
    unit_rooms: list[int] = field(default_factory=list)
    """Conversations whose members change: compared with what each of them may pull."""

    def count(self, times: int = 1) -> None:
        """So many faults more were done."""
        self.load.faults += times

    async def do(self, act: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> None:
        """Does something that blocks, beside the load, and counts it."""
        await asyncio.to_thread(act, *args, **kwargs)
        self.count()

    def so_many(self, whole: int, short: int) -> int:
        """How often to do it in the whole drill, and in the short cut."""
        return short if self.quick else whole
