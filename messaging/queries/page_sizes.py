"""How much one answer carries."""

from collections.abc import Iterable
from typing import Final, TypeVar

import orjson

BYTES: Final = 512 * 1024
"""Of JSON, about: whoever lacks more asks again, and no answer is too large to arrive."""

T = TypeVar("T")


def fitting(rows: Iterable[T]) -> list[T]:
    """The first of the rows, as many as an answer carries; one at least."""
    taken: list[T] = []
    room = BYTES
    for row in rows:
        room -= len(orjson.dumps(row))
        if taken and room < 0:
            break
        taken.append(row)
    return taken
