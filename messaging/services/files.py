"""Files handed over: announced, then stored, then ready to be sent; what nobody sent is forgotten.

The bytes travel outside of the transactions (messaging/intake.py).
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from core import audit
from core.actor import Actor
from core.db import service
from messaging import errors
from messaging.kinds import FileState
from messaging.models import File
from messaging.queries import file_places, files
from messaging.queries.files import FileRef

FOLDER = "messaging/files"


@dataclass(frozen=True, slots=True)
class Announced:
    """What is about to be stored."""

    name: str
    size: int
    mime: str
    width: int | None
    height: int | None
    sha256: str
    sm3: str


@dataclass(frozen=True, slots=True)
class Begun:
    """Where the bytes belong, and whether they lie there already."""

    file_id: int
    key: str
    is_stored: bool


@service
def begin(
    *, actor: Actor, conversation_id: int, upload_id: UUID, announced: Announced, now: datetime
) -> Begun:
    """The upload has a row and a key. The same upload_id is the same file.

    FileUploadConflict for other bytes under a used upload_id.
    """
    person_id = file_places.require_may_upload(actor, conversation_id, size=announced.size, at=now)
    row, _ = File.objects.get_or_create(
        uploader_id=person_id,
        upload_id=upload_id,
        defaults={
            "conversation_id": conversation_id,
            "name": announced.name,
            "size": announced.size,
            "mime": announced.mime,
            "width": announced.width,
            "height": announced.height,
            "key": f"{FOLDER}/{uuid4().hex}",
            "sha256": announced.sha256,
            "sm3": announced.sm3,
            "uploaded_at": now,
        },
    )
    if row.sha256 != announced.sha256:
        raise errors.FileUploadConflict
    return Begun(row.pk, row.key, is_stored=row.state == FileState.READY)


@service
def finish(*, actor: Actor, file_id: int, now: datetime) -> FileRef:
    """The bytes lie in the store; the uploader may send the file."""
    row = File.objects.select_for_update().get(pk=file_id, uploader_id=actor.require_person())
    if row.state != FileState.READY:
        row.state = FileState.READY
        row.save(update_fields=["state"])
        audit.record(
            actor=actor,
            action="messaging.file.uploaded",
            object_kind="file",
            object_id=row.pk,
            now=now,
            detail={"name": row.name, "size": row.size, "sm3": row.sm3},
        )
    return files.ref(row)


@service
def record_download(*, actor: Actor, file_id: int, name: str, now: datetime) -> None:
    """The audit log tells who took the file away."""
    audit.record(
        actor=actor,
        action="messaging.file.downloaded",
        object_kind="file",
        object_id=file_id,
        now=now,
        detail={"name": name},
    )


@service
def withdraw(*, actor: Actor, file_id: int, now: datetime) -> bool:
    """The file that nobody sent cannot be sent any more; False where it was sent meanwhile."""
    unsent = File.objects.filter(pk=file_id, sent_at__isnull=True)
    return unsent.update(state=FileState.COMING) > 0


@service
def forget(*, actor: Actor, file_id: int, now: datetime) -> None:
    """The row of a file is gone that was withdrawn, and of which nothing lies in the store."""
    File.objects.filter(pk=file_id, sent_at__isnull=True, state=FileState.COMING).delete()
