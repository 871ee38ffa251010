"""The faces that the repository ships, and which characters each of them can draw."""

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).resolve().parent.parent / "fonts"
FALLBACK: Final = "Noto Serif CJK SC"


@dataclass(frozen=True, slots=True)
class Substitution:
    """A character that the face the standard asks for does not hold.

    `used` is the family that draws it, None where no face we ship can: then the page shows
    an empty box, and the document should not go out.
    """

    character: str
    wanted: str
    used: str | None


def substitutions(text: str, *, wanted: str) -> tuple[Substitution, ...]:
    """The characters of the text that the wanted family lacks, each once, in order."""
    own, fallback = coverage()[wanted], coverage()[FALLBACK]
    missing = dict.fromkeys(char for char in text if char.isprintable() and ord(char) not in own)
    return tuple(
        Substitution(char, wanted, FALLBACK if ord(char) in fallback else None) for char in missing
    )


def unprintable(text: str) -> str:
    """The characters of the text that no shipped face can draw, each once, in order."""
    drawn = frozenset[int]().union(*coverage().values())
    return "".join(
        dict.fromkeys(char for char in text if not char.isspace() and ord(char) not in drawn)
    )


@lru_cache(maxsize=1)
def coverage() -> dict[str, frozenset[int]]:
    """The code points of each family, from the table made when the fonts were prepared."""
    table = json.loads((FOLDER / "coverage.json").read_text(encoding="utf-8"))
    return {family: frozenset(_points(ranges)) for family, ranges in table.items()}


def _points(ranges: list[list[int]]) -> list[int]:
    return [point for first, last in ranges for point in range(first, last + 1)]
