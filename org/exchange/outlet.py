"""Lists on their way into the store, outside of any transaction that writes."""

import uuid
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from core import storage
from core.storage import StoredObject
from org.exchange import files, workbooks
from org.kinds import ExchangeSubject

_FOLDER: Final = "org/exports"


def write(
    rows: Iterable[Sequence[str]], subject: ExchangeSubject, file_format: str
) -> tuple[StoredObject, int]:
    """The file under a key that says nothing, and how many rows it has."""
    count = 0

    def counted() -> Iterator[Sequence[str]]:
        nonlocal count
        for row in rows:
            count += 1
            yield row

    kind = files.FileFormat(file_format)
    content = workbooks.listing(subject, kind, counted())
    stored = storage.put(
        key=f"{_FOLDER}/{uuid.uuid4().hex}",
        content=content,
        content_type=files.CONTENT_TYPES[kind],
    )
    return stored, count
