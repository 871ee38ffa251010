"""What pages read from an address: ids and short texts, checked."""

from django.http import QueryDict

from core import errors

MAX_ID = 2**63 - 1


def optional_id(values: QueryDict, name: str) -> int | None:
    """The id under the name, None where it is missing; NotFound where it is none."""
    text = values.get(name, "")
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) <= 19 and 0 < int(text) <= MAX_ID):
        raise errors.NotFound
    return int(text)


def text(values: QueryDict, name: str, *, longest: int) -> str:
    """The trimmed text under the name, cut to its longest; no NUL reaches the database."""
    return values.get(name, "").replace("\x00", "").strip()[:longest]
