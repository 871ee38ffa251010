"""Uploaded files on their way into the store and out of it, outside of any transaction.

What takes its time here, the judging and the store, holds no connection to the database.
"""

import hashlib
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Final
from uuid import UUID

from core import crypto, db, errors, files, pictures, scanning, storage
from core.actor import Actor
from core.pictures import Picture
from messaging.queries import file_places
from messaging.queries.files import FileRef, Stored
from messaging.services import files as services
from messaging.services.files import Announced, Begun

THUMBNAIL: Final = "-thumbnail"
VIEW: Final = "-view"
AT_ONCE: Final = 3
"""Uploads of one person that one process takes at a time."""

_guard: Final = threading.Lock()
_under_way: Final[Counter[int]] = Counter()


def receive(
    *,
    actor: Actor,
    conversation_id: int,
    upload_id: UUID,
    name: str,
    content: bytes,
    now: datetime,
) -> FileRef:
    """The file may be sent. It was judged by its content, and by the scanner where there is one,
    before a byte of it was kept; a row that is never finished is swept.
    """
    with turn(actor.require_person()):
        return _receive(actor, conversation_id, upload_id, name, content, now)


@contextmanager
def turn(person_id: int) -> Iterator[None]:
    """The person hands a file over; Unavailable, for now, where she hands over many already."""
    with _guard:
        if _under_way[person_id] >= AT_ONCE:
            raise errors.Unavailable
        _under_way[person_id] += 1
    try:
        yield
    finally:
        with _guard:
            _under_way[person_id] -= 1
            if not _under_way[person_id]:
                del _under_way[person_id]


def _receive(
    actor: Actor,
    conversation_id: int,
    upload_id: UUID,
    name: str,
    content: bytes,
    now: datetime,
) -> FileRef:
    file_places.require_may_upload(actor, conversation_id, size=len(content), at=now)
    db.let_go()
    taken = files.take(name, content)
    scanning.require_clean(content)
    picture = pictures.read(content, taken.picture) if taken.picture else None
    begun = services.begin(
        actor=actor,
        conversation_id=conversation_id,
        upload_id=upload_id,
        announced=Announced(
            name=taken.name,
            size=len(content),
            mime=taken.mime,
            width=picture.width if picture else None,
            height=picture.height if picture else None,
            sha256=hashlib.sha256(content).hexdigest(),
            sm3=crypto.sm3(content).hex(),
        ),
        now=now,
    )
    if not begun.is_stored:
        db.let_go()
        _put(begun, content, picture)
    return services.finish(actor=actor, file_id=begun.file_id, now=now)


def fetch(stored: Stored) -> bytes:
    """The file as it was uploaded; core.storage.ObjectAltered if it is not the same."""
    db.let_go()
    return storage.get(stored.key, sha256=stored.sha256)


def fetch_picture(stored: Stored, suffix: str) -> bytes:
    """The smaller picture of that suffix; ObjectMissing for a file that is no picture."""
    if not stored.is_picture:
        raise storage.ObjectMissing(key=stored.key)
    db.let_go()
    return storage.get(stored.key + suffix)


def fetch_motion(stored: Stored) -> bytes:
    """The small picture that moves, as it was uploaded; ObjectMissing for any other file."""
    if not stored.moves:
        raise storage.ObjectMissing(key=stored.key)
    return fetch(stored)


def forget(stored: Stored) -> None:
    """Nothing of the file lies in the store any more."""
    storage.delete(stored.key)
    if stored.is_picture:
        for suffix in (THUMBNAIL, VIEW):
            storage.delete(stored.key + suffix)


def _put(begun: Begun, content: bytes, picture: Picture | None) -> None:
    storage.put(key=begun.key, content=content, content_type="application/octet-stream")
    if picture is None:
        return
    for suffix, smaller in ((THUMBNAIL, picture.thumbnail), (VIEW, picture.view)):
        storage.put(key=begun.key + suffix, content=smaller, content_type=pictures.MIME)
