"""One line of a text around what was looked for, with the places where it stands."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from messaging import signatures

LENGTH: Final = 80
_BEFORE: Final = 16


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A part of a text in one line. `hits` are (from, to) in characters, not in UTF-16 units."""

    text: str
    hits: list[tuple[int, int]]


def around(words: str, terms: Sequence[str]) -> Excerpt:
    """The text from shortly before the first term on; from its beginning where there is none."""
    line = "".join(" " if one.isspace() else one for one in words)
    folded = signatures.fold(line)
    places = [at for at in (folded.find(term) for term in terms) if at >= 0]
    start = max(0, min(places, default=0) - _BEFORE)
    head = "…" if start else ""
    tail = "…" if start + LENGTH < len(line) else ""
    part = folded[start : start + LENGTH]
    hits = sorted({span for term in terms for span in _spans(part, term)})
    shifted = [(low + len(head), high + len(head)) for low, high in _joined(hits)]
    return Excerpt(head + line[start : start + LENGTH] + tail, shifted)


def _spans(text: str, term: str) -> list[tuple[int, int]]:
    found, at = [], text.find(term)
    while at >= 0:
        found.append((at, at + len(term)))
        at = text.find(term, at + len(term))
    return found


def _joined(spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The same without overlaps, in their order."""
    joined: list[tuple[int, int]] = []
    for low, high in spans:
        if joined and low <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(high, joined[-1][1]))
        else:
            joined.append((low, high))
    return joined
