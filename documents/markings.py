"""Recognises the security markings that this platform refuses (GB/T 9704-2012, 7.2.2)."""

import re
import unicodedata
from typing import Final

REFUSED: Final = frozenset({"confidential", "secret", "top_secret", "秘密", "机密", "绝密"})
"""What a sender may name as the classification, and what is then refused."""

_HEAD_LINES: Final = 10
_INVISIBLE: Final = frozenset({"Zs", "Zl", "Zp", "Cc", "Cf"})
_WORD: Final = r"(?:绝密|机密|秘密)"
_TERM: Final = r"(?:[★☆*•·].{0,10})"
# A line that is a marking and nothing else: 秘密★1年, 【机密】, 密级：绝密.
_WHOLE_LINE: Final = re.compile(rf"^(?:密级:?)?[\[【(〔「]?{_WORD}{_TERM}?[\]】)〕」]?{_TERM}?$")
# A marking in front of other words: 【秘密】关于…, 机密★关于….
_LEADING: Final = re.compile(rf"^(?:[\[【(〔「]{_WORD}{_TERM}?[\]】)〕」]|{_WORD}[★☆*])")


def is_marked(*texts: str) -> bool:
    """Whether one of the texts carries 秘密, 机密 or 绝密 as a marking at its head.

    The words in running text (商业秘密, 保守国家秘密) are no marking.
    """
    return any(_line_is_marked(line) for text in texts for line in _head(text))


def _head(text: str) -> list[str]:
    lines = [_bare(line) for line in text.splitlines()]
    return [line for line in lines if line][:_HEAD_LINES]


def _bare(line: str) -> str:
    """The line without spaces and invisible characters, full-width forms made plain."""
    plain = unicodedata.normalize("NFKC", line)
    return "".join(char for char in plain if unicodedata.category(char) not in _INVISIBLE)


def _line_is_marked(line: str) -> bool:
    return bool(_WHOLE_LINE.match(line) or _LEADING.match(line))
