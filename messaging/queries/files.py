"""The files that messages carry. None can be uploaded yet: every one is refused, none is found."""

from collections.abc import Collection
from dataclasses import dataclass

from messaging import errors


@dataclass(frozen=True, slots=True)
class FileRef:
    """A file as a message shows it."""

    file_id: int
    name: str
    size: int
    mime: str
    width: int | None
    height: int | None


def require_own(file_id: int, person_id: int) -> None:
    """FileNotFound unless the person uploaded the file and may send it."""
    raise errors.FileNotFound


def of(file_ids: Collection[int]) -> dict[int, FileRef]:
    """The files by id; one query, none without ids."""
    return {}
