"""How much of a search is shown: the first few, and more of them when asked for."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Generic, Self, TypeVar
from urllib.parse import urlencode

from django.http import HttpRequest

T = TypeVar("T")

LONGEST_SEARCH: Final = 40
_AT_FIRST: Final = 20
_AT_MOST: Final = 100


@dataclass(frozen=True, slots=True)
class First(Generic[T]):
    """The first of what was found, and whether there is more than is shown."""

    items: list[T]
    is_cut: bool

    @classmethod
    def none(cls) -> Self:
        """Nothing."""
        return cls([], is_cut=False)

    @classmethod
    def of(cls, found: Sequence[T], shown: int) -> Self:
        """The first so many of one more than that."""
        return cls(list(found[:shown]), is_cut=len(found) > shown)


def shown(request: HttpRequest) -> int:
    """How many of each kind are shown: 20, with `more` in the address 100."""
    return _AT_MOST if request.GET.get("more") else _AT_FIRST


def may_show_more(shown_now: int) -> bool:
    """More can be asked for; beyond that the text itself has to say more."""
    return shown_now < _AT_MOST


def more_of(text: str, **asked: int | str | None) -> str:
    """What an address ends with that shows more of the same search."""
    values = {"q": text, **{name: value for name, value in asked.items() if value}, "more": 1}
    return f"?{urlencode(values)}"
