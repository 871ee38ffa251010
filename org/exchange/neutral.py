"""Texts of cells that no spreadsheet program takes for a formula.

Whoever opens a list in such a program must not run what somebody typed as his name
(OWASP, CSV injection). An apostrophe is put before what would begin a formula, and taken off
again when the file comes back; texts that begin with one already get another.
"""

import re
from typing import Final

_DANGEROUS: Final = re.compile(r"'*[=+\-@\t\r\n|%＝＋－＠]")
# What openpyxl refuses to write, and nobody can see.
_UNSEEN: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff\ud800-\udfff]")


def neutralised(text: str) -> str:
    """The text as it is written to a cell."""
    clean = plain(text)
    return f"'{clean}" if _DANGEROUS.match(clean) else clean


def restored(text: str) -> str:
    """The text that `neutralised` was given."""
    clean = plain(text)
    return clean[1:] if clean.startswith("'") and _DANGEROUS.match(clean) else clean


def plain(text: str) -> str:
    """The text trimmed, without characters that no cell can hold, its lines joined."""
    return " ".join(_UNSEEN.sub("", text).split())
