"""Reads a file of administrative divisions and lists everything that is wrong with it.

The form: CSV in UTF-8 (or the same, gzipped), header `code,name,level,parent_code`, one division
a line, `level` 1 (province) to 5 (village), an empty parent for a root. Codes are the leading
digits of the 12-digit statistics code: 2, 4, 6, 9 or 12 of them by level.
"""

import csv
import gzip
import hashlib
import io
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

HEADER = ["code", "name", "level", "parent_code"]
CODE_LENGTH = {1: 2, 2: 4, 3: 6, 4: 9, 5: 12}
# A file of every village of China has about 50 MB; a gzip bomb has more.
MAX_BYTES = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Division:
    """One line of the file."""

    code: str
    name: str
    level: int
    parent_code: str


@dataclass(frozen=True, slots=True)
class RowFault:
    """What is wrong with one line; line 1 is the header."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class DivisionFile:
    """The divisions of a file, parents before children, or its faults by line."""

    digest: str
    divisions: tuple[Division, ...]
    faults: tuple[RowFault, ...]


@dataclass(slots=True)
class _Reading:
    divisions: dict[str, Division] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)
    faults: list[RowFault] = field(default_factory=list)

    def fault(self, line: int, reason: str) -> None:
        self.faults.append(RowFault(line, reason))


def read(content: bytes) -> DivisionFile:
    """The file's divisions; none of them where `faults` is not empty."""
    reading = _Reading()
    try:
        plain = _unzipped(content)
    except (OSError, EOFError, zlib.error) as broken:
        reading.fault(1, f"the gzip data is broken: {broken}")
        plain = b""
    digest = hashlib.sha256(plain).hexdigest()
    if len(plain) > MAX_BYTES:
        reading.fault(1, f"the file has more than {MAX_BYTES} bytes")
        plain = b""
    if not reading.faults:
        _read_rows(plain, reading)
        _check_parents(reading)
    if reading.faults:
        return DivisionFile(digest, (), tuple(sorted(reading.faults, key=lambda f: f.line)))
    ordered = sorted(reading.divisions.values(), key=lambda d: d.level)
    return DivisionFile(digest, tuple(ordered), ())


def _unzipped(content: bytes) -> bytes:
    if content[:2] != b"\x1f\x8b":
        return content
    with gzip.GzipFile(fileobj=io.BytesIO(content)) as stream:
        return stream.read(MAX_BYTES + 1)


def _read_rows(plain: bytes, reading: _Reading) -> None:
    rows = _decoded(plain, reading)
    header = next(rows, None)
    if header is None:
        if not reading.faults:
            reading.fault(1, "the file is empty")
        return
    if [cell.strip() for cell in header[1]] != HEADER:
        reading.fault(1, f"the header is not {','.join(HEADER)}")
        return
    for line, cells in rows:
        if cells:
            _read_row(line, cells, reading)
    if not reading.divisions and not reading.faults:
        reading.fault(2, "the file holds no division")


def _decoded(plain: bytes, reading: _Reading) -> Iterator[tuple[int, list[str]]]:
    """Lines split into cells; a line that is not UTF-8 is a fault and left out."""
    for line, raw in enumerate(plain.removeprefix(b"\xef\xbb\xbf").splitlines(), start=1):
        try:
            text = raw.decode("utf-8")
        except UnicodeDecodeError as wrong:
            reading.fault(line, f"not UTF-8 at byte {wrong.start + 1}")
            if line == 1:
                return
            continue
        try:
            yield line, next(csv.reader([text], strict=True), [])
        except csv.Error as wrong:
            reading.fault(line, f"not CSV: {wrong}")


def _read_row(line: int, cells: list[str], reading: _Reading) -> None:
    if len(cells) != len(HEADER):
        reading.fault(line, f"{len(cells)} columns instead of {len(HEADER)}")
        return
    code, name, level_text, parent_code = (cell.strip() for cell in cells)
    if level_text not in {"1", "2", "3", "4", "5"}:
        reading.fault(line, f"the level {level_text!r} is not 1 to 5")
        return
    level = int(level_text)
    if not (code.isascii() and code.isdecimal() and len(code) == CODE_LENGTH[level]):
        reading.fault(
            line, f"the code {code!r} is not {CODE_LENGTH[level]} digits, as level {level} has"
        )
        return
    if code in reading.divisions:
        reading.fault(line, f"the code {code} stands on line {reading.lines[code]} already")
        return
    if not name or len(name) > 100 or not name.isprintable():
        reading.fault(line, "the name is empty, too long or holds unprintable characters")
    reading.divisions[code] = Division(code, name, level, parent_code)
    reading.lines[code] = line


def _check_parents(reading: _Reading) -> None:
    for division in reading.divisions.values():
        line = reading.lines[division.code]
        if not division.parent_code:
            continue
        parent = reading.divisions.get(division.parent_code)
        if parent is None:
            reading.fault(line, f"the parent {division.parent_code} is missing")
        elif parent.level != division.level - 1:
            reading.fault(
                line,
                f"the level {division.level} does not follow the level {parent.level}"
                f" of its parent {parent.code}",
            )
