"""Turns plain text into what the standard sets apart: heading levels and a title's lines."""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

TITLE_WIDTH: Final = 19
"""Characters of 22 pt that a title line holds: 156 mm are 20, one stays free."""

_LEVELS: Final = (
    ("level_1", re.compile(r"^[一二三四五六七八九十百]+、")),
    ("level_2", re.compile(r"^（[一二三四五六七八九十百]+）")),
    ("level_3", re.compile(r"^\d{1,3}[.．](?!\d)")),
    ("level_4", re.compile(r"^（\d{1,3}）")),
)
_HALF_BRACKETS: Final = re.compile(r"^\(([一二三四五六七八九十百]+|\d{1,3})\)")
_CLAUSES: Final = re.compile("[，；：]")
_NEVER_FIRST: Final = "，。、；：！？）》」』】”’·…—的了和与及等之"
_NEVER_LAST: Final = "（《「『【“‘第"
# Words that the end of a title's line must not tear: enough of a dictionary for two lines.
_WORDS: Final = frozenset(
    (Path(__file__).parent / "title_words.txt").read_text(encoding="utf-8").split()
)


class Level(StrEnum):
    """Where a paragraph stands in the outline (7.3.3)."""

    ONE = "level_1"
    TWO = "level_2"
    THREE = "level_3"
    FOUR = "level_4"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph: `head` is set in the face of its level, `rest` as plain text."""

    level: Level
    head: str
    rest: str


def paragraphs(body: str) -> tuple[Paragraph, ...]:
    """The body's paragraphs with their levels; one line is one paragraph, blank lines vanish."""
    lines = (line.strip(" \t\u3000") for line in body.splitlines())
    return tuple(_paragraph(line) for line in lines if line)


def title_lines(title: str) -> tuple[str, ...]:
    """The title cut into lines of like width that do not tear words the eye would miss."""
    text = title.strip()
    width = _width(text)
    count = max(1, -(-int(width * 2) // (TITLE_WIDTH * 2)))
    lines: list[str] = []
    while count > 1:
        cut = _cut(text, _width(text) / count)
        lines.append(text[:cut])
        text = text[cut:]
        count -= 1
    return (*lines, text)


def _paragraph(line: str) -> Paragraph:
    line = _HALF_BRACKETS.sub(r"（\1）", line)
    for name, pattern in _LEVELS:
        if pattern.match(line):
            level = Level(name)
            if level in (Level.THREE, Level.FOUR):
                return Paragraph(level, "", line)
            head, stop, rest = line.partition("。")
            if stop and not rest and _CLAUSES.search(head):
                # A numbered sentence is text: headings have no clauses and no full stop.
                return Paragraph(level, "", line)
            # A heading with text behind it in the same line is a heading up to its full stop.
            return Paragraph(level, head + stop, rest)
    return Paragraph(Level.TEXT, "", line)


def _cut(text: str, wanted: float) -> int:
    """Where the first line ends: near the wanted width, and never before a 的 or a comma."""
    best, best_cost = len(text), float("inf")
    for cut in range(1, len(text)):
        before, after = text[:cut], text[cut:]
        cost = abs(_width(before) - wanted)
        cost += 100 if _width(before) > TITLE_WIDTH else 0
        cost += 50 if after[0] in _NEVER_FIRST or before[-1] in _NEVER_LAST else 0
        cost += 4 if before[-1] + after[0] in _WORDS else 0
        cost += 50 if _tears_latin(before[-1], after[0]) else 0
        cost -= 2.5 if before.endswith(("关于", "、", "》", "的")) else 0
        if cost < best_cost:
            best, best_cost = cut, cost
    return best


def _tears_latin(before: str, after: str) -> bool:
    is_one_word = before.isascii() and after.isascii()
    return is_one_word or (before.isdigit() and after in "年月日号届次")


def _width(text: str) -> float:
    return sum(1 if unicodedata.east_asian_width(char) in "WF" else 0.55 for char in text)
