"""The files that messages carry, by their ids. Who may have which: queries/file_places.py."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from messaging import errors
from messaging.kinds import FileState, MessageKind
from messaging.models import File

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
    """A WebP of a picture that fills a screen."""


@dataclass(frozen=True, slots=True)
class Stored:
    """Where a file lies, for whoever hands it out."""

    file_id: int
    name: str
    mime: str
    key: str
    sha256: str
    is_picture: bool


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
        file, download=download, thumbnail=f"{download}/thumbnail", view=f"{download}/view"
    )


def stored(file_id: int) -> Stored:
    """Where the file lies; FileNotFound. Ask only after somebody's right to it was proved."""
    row = File.objects.filter(pk=file_id, state=FileState.READY).first()
    if row is None:
        raise errors.FileNotFound
    return Stored(row.pk, row.name, row.mime, row.key, row.sha256, row.width is not None)


def left_over(*, before: datetime, limit: int) -> list[Stored]:
    """Files handed over before then that no message ever carried."""
    rows = File.objects.filter(sent_at__isnull=True, uploaded_at__lt=before)
    return [
        Stored(row.pk, row.name, row.mime, row.key, row.sha256, row.width is not None)
        for row in rows.order_by("uploaded_at")[:limit]
    ]
