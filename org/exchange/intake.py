"""Uploaded files on their way into the store and out of it, outside of any transaction."""

import hashlib
import re
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Protocol

from core import storage
from org.exchange import columns, files, phones, reading, workbooks
from org.exchange.reading import Sheet
from org.kinds import ExchangeSubject, FaultGravity

_FOLDER: Final = "org/imports"
_SAMPLES: Final = 3
_SAMPLE_AT_MOST: Final = 60
_LONG_NUMBER: Final = re.compile(r"\d[\d \-]{5,}\d")
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d")


@dataclass(frozen=True, slots=True)
class Received:
    """A file that was taken, read once and stored. Rows count from 1 as spreadsheets do."""

    file_name: str
    file_format: str
    key: str
    sha256: str
    size: int
    sheet: str
    header_row: int
    row_count: int
    headings: tuple[str, ...]
    samples: tuple[tuple[str, ...], ...]
    """The first rows, long numbers hidden."""


class Shown(Protocol):
    """A fault as the page shows it."""

    @property
    def row(self) -> int:
        """Counted from 1."""

    @property
    def column(self) -> int | None:
        """Counted from 0; None for the whole row."""

    @property
    def gravity(self) -> str:
        """A FaultGravity."""

    @property
    def text(self) -> str:
        """What is wrong."""


def receive(file_name: str, content: bytes, *, subject: ExchangeSubject) -> Received:
    """The file lies in the store under a key that says nothing; its headings are known.

    FileKindRefused, FileTooLarge or FileUnreadable before anything is kept.
    """
    taken = files.take(file_name, content)
    sheet = reading.read(content, taken.file_format, wanted=str(subject.label))
    head = columns.header_row(sheet.rows, subject)
    key = f"{_FOLDER}/{uuid.uuid4().hex}"
    storage.put(key=key, content=content, content_type="application/octet-stream")
    below = [row for row in sheet.rows[head + 1 :] if any(row)]
    return Received(
        file_name=taken.file_name,
        file_format=taken.file_format.value,
        key=key,
        sha256=hashlib.sha256(content).hexdigest(),
        size=len(content),
        sheet=sheet.name[: columns.HEADING_AT_MOST],
        header_row=head + 1,
        row_count=len(below),
        headings=tuple(text[: columns.HEADING_AT_MOST] for text in sheet.rows[head]),
        samples=tuple(tuple(_hidden(cell) for cell in row) for row in below[:_SAMPLES]),
    )


def fetch(key: str, *, sha256: str) -> bytes:
    """The file as it was uploaded; core.storage.ObjectAltered if it is not the same."""
    return storage.get(key, sha256=sha256)


def read(content: bytes, file_format: str, *, subject: ExchangeSubject) -> Sheet:
    """The rows of a file that was taken before."""
    return reading.read(content, files.FileFormat(file_format), wanted=str(subject.label))


def report(
    key: str,
    *,
    sha256: str,
    file_format: str,
    subject: ExchangeSubject,
    header_row: int,
    faults: Iterable[Shown],
) -> bytes:
    """The uploaded file with its wrong cells in red, as a workbook."""
    content = fetch(key, sha256=sha256)
    sheet = read(content, file_format, subject=subject)
    return workbooks.report(
        content,
        files.FileFormat(file_format),
        sheet.rows,
        sheet=sheet.name,
        header_row=header_row,
        faults=(
            (fault.row, fault.column, fault.text, fault.gravity == FaultGravity.ERROR)
            for fault in faults
        ),
    )


def forget(key: str) -> None:
    """The file lies in the store no longer."""
    storage.delete(key)


def _hidden(cell: str) -> str:
    """The cell with long numbers masked."""
    if _DAY.fullmatch(cell):
        return cell
    return _LONG_NUMBER.sub(lambda found: phones.masked(found[0]), cell[:_SAMPLE_AT_MOST])
