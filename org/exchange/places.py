"""Finds the unit that a cell means, among those that the administrator may see."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from org import codes
from org.exchange import neutral

_SEPARATORS: Final = ("/", "／", ">", "＞", "\\", "-", "—")
UNKNOWN: Final = "不存在，或不在您的管理范围内"


@dataclass(frozen=True, slots=True)
class Place:
    """A standing unit within the import. `path` holds the names from the top, its own last."""

    id: int
    code: str
    name: str
    kind: str
    level: int
    parent_id: int | None
    path: tuple[str, ...]

    @property
    def shown(self) -> str:
        """The path as people read it, without the province it all stands in."""
        return "/".join(self.path[1:] or self.path)


@dataclass(frozen=True, slots=True)
class NotFound:
    """Why no unit is meant."""

    code: str
    text: str


class Places:
    """Units by code, by name and by path."""

    def __init__(self, places: Iterable[Place]) -> None:
        self.by_id: dict[int, Place] = {}
        self.by_code: dict[str, Place] = {}
        self._by_name: dict[str, list[Place]] = {}
        for place in places:
            self.by_id[place.id] = place
            self.by_code[place.code.upper()] = place
            self._by_name.setdefault(neutral.plain(place.name), []).append(place)

    def find(self, code: str, text: str) -> Place | NotFound:
        """The unit of the code; without one, the unit of the name or path."""
        if code:
            found = self.by_code.get(code.upper()) or self.by_code.get(codes.division_code(code))
            return found or NotFound("UNKNOWN_UNIT_CODE", f"编码 {code} {UNKNOWN}")
        fitting = self._by_name.get(text, []) or self._by_path(text)
        if len(fitting) == 1:
            return fitting[0]
        if not fitting:
            return NotFound("UNKNOWN_UNIT", f"“{text[:60]}”{UNKNOWN}")
        return NotFound(
            "AMBIGUOUS_UNIT", f"有 {len(fitting)} 个“{text[:60]}”，请写明路径或填写编码"
        )

    def _by_path(self, text: str) -> list[Place]:
        for separator in _SEPARATORS:
            if separator in text:
                parts = [neutral.plain(part) for part in text.split(separator)]
                found = [p for p in self._by_name.get(parts[-1], []) if _ends_with(p, parts)]
                if found:
                    return found
        return []


def names_in(texts: Iterable[str]) -> set[str]:
    """Every name of a unit that one of the texts could mean."""
    found = set()
    for text in texts:
        found.add(text)
        found.update(neutral.plain(text.split(s)[-1]) for s in _SEPARATORS if s in text)
    return found - {""}


def _ends_with(place: Place, parts: Sequence[str]) -> bool:
    # A unit may have a separator in its own name: what counts is how the whole path reads.
    path = "/".join(neutral.plain(name) for name in place.path)
    return path == "/".join(parts) or path.endswith("/" + "/".join(parts))
