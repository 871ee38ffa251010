"""Cursors can be read back, and not forged."""

import pytest

from core import paging


def test_a_cursor_gives_back_its_values() -> None:
    assert paging.decode(paging.encode(3, "王", None)) == (3, "王", None)


def test_no_cursor_is_the_first_page() -> None:
    assert paging.decode(None) is None
    assert paging.decode("") is None


@pytest.mark.parametrize("forged", ["x", "WzFd:1x:2y", "' OR 1=1", "%%%%"])
def test_a_forged_cursor_is_refused(forged: str) -> None:
    with pytest.raises(paging.BadCursor):
        paging.decode(forged)
