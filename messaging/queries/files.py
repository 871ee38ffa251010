"""The files that messages carry, by their ids. Who may have which: queries/file_places.py."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from messaging import errors
from messaging.kinds import FileState, MessageKind
from messaging.models import File

MOVING: Final = "image/gif"
MOVING_AT_MOST: Final = 5 * 1024 * 1024
MOVING_PIXELS_AT_MOST: Final = 4_000_000
"""What moves is shown as it was uploaded up to this size, which a reader's browser bears."""

_API: Final = "/api/v1/messaging"


@dataclass(frozen=True, slots=True)
class FileRef:
    """A file as a message shows it. The links hold for whoever may see the message."""

    file_id: int
    name: str
    size: int
    mime: str
    width: int | None
    height: int | None
    download: str = ""
    thumbnail: str | None = None
    """A small WebP of a picture; null for any other file."""
    view: str | None = None
    """A WebP of a picture that fills a screen, or is read by scrolling."""
    motion: str | None = None
    """The picture as it was uploaded, if it may move and is small enough; null otherwise."""


@dataclass(frozen=True, slots=True)
class Stored:
    """Where a file lies, for whoever hands it out."""

    file_id: int
    name: str
    size: int
    mime: str
    key: str
    sha256: str
    is_picture: bool
    moves: bool


def require_sendable(file_id: int, person_id: int, kind: MessageKind) -> None:
    """FileNotFound unless the person uploaded it; MessageKindRefused for a picture that is none."""
    found = File.objects.filter(pk=file_id, uploader_id=person_id, state=FileState.READY).first()
    if found is None:
        raise errors.FileNotFound
    if kind == MessageKind.IMAGE and found.width is None:
        raise errors.MessageKindRefused


def of(file_ids: Collection[int]) -> dict[int, FileRef]:
    """The files by id; one query, none without ids."""
    if not file_ids:
        return {}
    return {row.pk: ref(row) for row in File.objects.filter(pk__in=file_ids)}


def ref(row: File) -> FileRef:
    """The file, without links."""
    return FileRef(row.pk, row.name, row.size, row.mime, row.width, row.height)


def at(file: FileRef | None, conversation_id: int, seq: int) -> FileRef | None:
    """The file with the links under which those have it who may see the message."""
    return linked(file, f"{_API}/conversations/{conversation_id}/messages/{seq}")


def linked(file: FileRef | None, holder: str) -> FileRef | None:
    """The file with links below what holds it."""
    if file is None:
        return None
    download = f"{holder}/files/{file.file_id}"
    if file.width is None:
        return replace(file, download=download)
    return replace(
        file,
        download=download,
        thumbnail=f"{download}/thumbnail",
        view=f"{download}/view",
        motion=f"{download}/motion" if _moves(file) else None,
    )


def stored(file_id: int) -> Stored:
    """Where the file lies; FileNotFound. Ask only after somebody's right to it was proved."""
    row = File.objects.filter(pk=file_id, state=FileState.READY).first()
    if row is None:
        raise errors.FileNotFound
    return _stored(row)


def left_over(*, before: datetime, limit: int) -> list[Stored]:
    """Files handed over before then that no message ever carried."""
    rows = File.objects.filter(sent_at__isnull=True, uploaded_at__lt=before)
    return [_stored(row) for row in rows.order_by("uploaded_at")[:limit]]


def _stored(row: File) -> Stored:
    return Stored(
        file_id=row.pk,
        name=row.name,
        size=row.size,
        mime=row.mime,
        key=row.key,
        sha256=row.sha256,
        is_picture=row.width is not None,
        moves=_moves(row),
    )


def _moves(file: File | FileRef) -> bool:
    pixels = (file.width or 0) * (file.height or 0)
    is_small = file.size <= MOVING_AT_MOST and 0 < pixels <= MOVING_PIXELS_AT_MOST
    return file.mime == MOVING and is_small
