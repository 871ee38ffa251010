"""What may stand in a name: only what whoever reads it can see."""

import unicodedata
from typing import Final

REFUSAL: Final = "不能含有换行、零宽或控制字符，请重新键入"
_UNSEEN: Final = frozenset("\u034f\u115f\u1160\u2800\u3164\uffa0")
"""Blank letters and joiners that Unicode counts as visible."""
_KINDS: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def has_unseen(text: str) -> bool:
    """Control, zero-width or direction-turning characters, by which two names that look alike
    would differ or one would read as another."""
    return any(letter in _UNSEEN or unicodedata.category(letter) in _KINDS for letter in text)
