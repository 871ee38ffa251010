"""Recognises the security markings that this platform refuses (GB/T 9704-2012, 7.2.2)."""

import re
import unicodedata
from typing import Final

REFUSED: Final = frozenset({"confidential", "secret", "top_secret", "秘密", "机密", "绝密"})
"""What a sender may name as the classification, and what is then refused."""

_HEAD_LINES: Final = 10
# Spaces, controls, and marks upon a character such as the selector behind an emoji's star.
_INVISIBLE: Final = frozenset({"Zs", "Zl", "Zp", "Cc", "Cf", "Mn"})
_WORD: Final = r"(?:[绝絕]密|[机機]密|[秘祕]密)"
_STAR: Final = "[★☆✩✪✫✬✭✮✯✰⭐⭑⭒🌟]"
_TERM: Final = rf"(?:(?:{_STAR}|[*•·]).{{0,10}})"
# A line that is a marking and nothing else: 秘密★1年, 【机密】, 密级：绝密.
_WHOLE_LINE: Final = re.compile(rf"^(?:密级:?)?[\[【(〔「]?{_WORD}{_TERM}?[\]】)〕」]?{_TERM}?$")
# A marking in front of other words: 【秘密】关于…, 机密★关于….
_LEADING: Final = re.compile(rf"^(?:[\[【(〔「]{_WORD}{_TERM}?[\]】)〕」]|{_WORD}\*)")
# A marking wherever it stands, for no prose puts a star beside these words: 关于★机密▲的通知,
# (绝密)★长期, 秘密*5年.
_STARRED: Final = re.compile(
    rf"{_WORD}级?[\]】)〕」]?{_STAR}|{_STAR}[\[【(〔「]?{_WORD}|{_WORD}级?[*•·](?:\d+(?:年|个?月)|长期)"
)


def is_marked(*texts: str) -> bool:
    """Whether one of the texts carries 秘密, 机密 or 绝密 as a marking.

    At the head of a text the word on a line of its own, or in brackets before the title, is one;
    anywhere else only the word with its star. The words in running text (商业秘密, 保守国家秘密)
    are none.
    """
    return any(_is_marked(text) for text in texts)


def _is_marked(text: str) -> bool:
    lines = [bare for line in text.splitlines() if (bare := _bare(line))]
    return any(_line_is_marked(line) for line in lines[:_HEAD_LINES]) or any(
        _STARRED.search(line) for line in lines
    )


def _bare(line: str) -> str:
    """The line without spaces and invisible characters, full-width forms made plain."""
    plain = unicodedata.normalize("NFKC", line)
    return "".join(char for char in plain if unicodedata.category(char) not in _INVISIBLE)


def _line_is_marked(line: str) -> bool:
    return bool(_WHOLE_LINE.match(line) or _LEADING.match(line))
