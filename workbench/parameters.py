"""What pages read from an address: ids and short texts, checked."""

from collections.abc import Sequence

from django.http import QueryDict

from core import errors

MAX_ID = 2**63 - 1


def optional_id(values: QueryDict, name: str) -> int | None:
    """The id under the name, None where it is missing; NotFound where it is none."""
    text = values.get(name, "")
    if not text:
        return None
    found = id_of(text)
    if found is None:
        raise errors.NotFound
    return found


def id_of(text: str) -> int | None:
    """The id that the text spells, None where it spells none."""
    if not (text.isascii() and text.isdecimal() and len(text) <= 19):
        return None
    return int(text) if 0 < int(text) <= MAX_ID else None


def ids(texts: Sequence[str], *, at_most: int) -> list[int]:
    """The ids among the texts, each once, cut to so many; what spells no id is left out."""
    found = dict.fromkeys(id_of(text) for text in texts)
    return [one for one in found if one is not None][:at_most]


def text(values: QueryDict, name: str, *, longest: int) -> str:
    """The trimmed text under the name, cut to its longest; no NUL reaches the database."""
    return values.get(name, "").replace("\x00", "").strip()[:longest]
