"""Cursors can be read back, neither forged nor taken to another list."""

from datetime import UTC, datetime

import pytest

from core import paging

MOMENT = datetime(2026, 11, 23, 9, tzinfo=UTC)
BY_TIME = paging.Cursors("tests.by_time", tuple[datetime, int])
BY_NAME = paging.Cursors("tests.by_name", tuple[str, int])


def test_a_lists_cursor_gives_back_its_position() -> None:
    assert BY_TIME.decode(BY_TIME.encode((MOMENT, 7))) == (MOMENT, 7)
    assert BY_TIME.decode(None) is None
    assert BY_TIME.decode("") is None


@pytest.mark.parametrize(
    "other",
    [BY_NAME.encode(("王", 7)), "x", "WzFd:1x:2y", "%%%%"],
    ids=["of another list", "short", "forged", "wild"],
)
def test_a_cursor_of_another_list_is_refused(other: str) -> None:
    with pytest.raises(paging.BadCursor):
        BY_TIME.decode(other)
