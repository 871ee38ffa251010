"""Zip containers, judged by their table of contents before anything of them is unpacked."""

import io
import struct
import zipfile
from dataclasses import dataclass
from typing import Final

from core import errors

ENTRIES_AT_MOST: Final = 10_000
UNPACKED_AT_MOST: Final = 500 * 1024 * 1024
RATIO_AT_MOST: Final = 200

_SMALL: Final = 1024 * 1024
_END_RECORD: Final = b"PK\x05\x06"
_END_BYTES: Final = 22
_LARGE_LOCATOR: Final = b"PK\x06\x07"
_LARGE_LOCATOR_BYTES: Final = 20
_COMMENT_AT_MOST: Final = 65_535
# A central directory record is 46 bytes and its names; far more than that hides something.
_RECORD_AT_MOST: Final = 600
_SYMLINK: Final = 0o12
_METHODS: Final = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_UTF8_FLAG: Final = 0x800
_ENCRYPTED_FLAG: Final = 0x1


class ArchiveTooLarge(errors.TooLarge):
    """The archive would unpack into more, or has more entries, than is taken."""

    code = "FILE_ARCHIVE_TOO_LARGE"
    message = "压缩包内的文件过多或解压后过大，已拒绝"


class ArchiveUnsafe(errors.Invalid):
    """The archive is damaged, locked, or reaches outside of itself."""

    code = "FILE_ARCHIVE_UNSAFE"
    message = "文件未被接受，{reason}"


@dataclass(frozen=True, slots=True)
class Limits:
    """How much an archive may hold, and unpack to."""

    entries: int = ENTRIES_AT_MOST
    unpacked: int = UNPACKED_AT_MOST


def opened(content: bytes, limits: Limits = Limits()) -> zipfile.ZipFile:
    """The archive, fit to be unpacked; ArchiveTooLarge, ArchiveUnsafe."""
    _judge_end_record(content, limits)
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
    except (zipfile.BadZipFile, ValueError, struct.error, NotImplementedError) as error:
        raise ArchiveUnsafe(reason="文件已损坏，无法打开") from error
    entries = archive.infolist()
    _judge_sizes(entries, len(content), limits)
    for entry in entries:
        _judge_entry(entry)
    return archive


def names(archive: zipfile.ZipFile) -> list[str]:
    """The names of all entries, as those meant who packed them."""
    return [_name(entry) for entry in archive.infolist()]


def small(archive: zipfile.ZipFile, name: str) -> bytes:
    """The first megabyte of an entry; nothing where there is none."""
    try:
        with archive.open(name) as part:
            return part.read(_SMALL)
    except KeyError:
        return b""
    except (zipfile.BadZipFile, OSError, ValueError, EOFError, RuntimeError) as error:
        raise ArchiveUnsafe(reason="文件已损坏，无法打开") from error


def _judge_end_record(content: bytes, limits: Limits) -> None:
    # zipfile would build an object for each of a hundred thousand entries before it told us.
    at = content.rfind(_END_RECORD, max(0, len(content) - _END_BYTES - _COMMENT_AT_MOST))
    if at < 0 or at + _END_BYTES > len(content):
        raise ArchiveUnsafe(reason="文件已损坏，无法打开")
    # zipfile believes a ZIP64 record beside this one, whatever this one says; only archives above
    # our limits need it.
    located = at - _LARGE_LOCATOR_BYTES
    if located >= 0 and content.startswith(_LARGE_LOCATOR, located):
        raise ArchiveTooLarge
    entries, directory_bytes = struct.unpack_from("<HI", content, at + 10)
    if entries > limits.entries or directory_bytes > limits.entries * _RECORD_AT_MOST:
        raise ArchiveTooLarge


def _judge_sizes(entries: list[zipfile.ZipInfo], size: int, limits: Limits) -> None:
    if len(entries) > limits.entries:
        # The end record said otherwise.
        raise ArchiveTooLarge
    unpacked = sum(entry.file_size for entry in entries)
    packed = sum(entry.compress_size for entry in entries)
    bombs = (
        entry.file_size > _SMALL and entry.file_size > RATIO_AT_MOST * entry.compress_size
        for entry in entries
    )
    # Entries that share their bytes are how a small archive unpacks without end.
    if unpacked > limits.unpacked or packed > size or any(bombs):
        raise ArchiveTooLarge


def _judge_entry(entry: zipfile.ZipInfo) -> None:
    name = _name(entry)
    parts = name.replace("\\", "/").split("/")
    if name.startswith("/") or ".." in parts or "\\" in name or ":" in parts[0]:
        raise ArchiveUnsafe(reason="压缩包内有不安全的路径，已拒绝")
    if entry.external_attr >> 28 == _SYMLINK:
        raise ArchiveUnsafe(reason="压缩包内有不安全的链接，已拒绝")
    if entry.flag_bits & _ENCRYPTED_FLAG:
        raise ArchiveUnsafe(reason="文件设有打开密码，请取消密码后上传")
    if entry.compress_type not in _METHODS:
        raise ArchiveUnsafe(reason="压缩方式不受支持，请用普通 zip 格式重新压缩")


def _name(entry: zipfile.ZipInfo) -> str:
    """Packers of long ago wrote GBK without saying so, whose second bytes may look like `\\`."""
    if entry.flag_bits & _UTF8_FLAG:
        return entry.filename
    try:
        return entry.filename.encode("cp437").decode("gb18030")
    except UnicodeError:
        return entry.filename
