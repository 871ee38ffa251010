"""Which files are taken: name, first bytes and container must agree, and unpacking must be safe."""

import io
import struct
import unicodedata
import zipfile
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from org import errors

FILE_AT_MOST: Final = 18 * 1024 * 1024
ENTRIES_AT_MOST: Final = 2_000
UNPACKED_AT_MOST: Final = 200 * 1024 * 1024
RATIO_AT_MOST: Final = 200
NAME_AT_MOST: Final = 120

_SMALL: Final = 1024 * 1024
_END_RECORD: Final = b"PK\x05\x06"
_END_BYTES: Final = 22
_COMMENT_AT_MOST: Final = 65_535
# A central directory record is 46 bytes and its names; far more than that hides something.
_DIRECTORY_AT_MOST: Final = ENTRIES_AT_MOST * 600
_SYMLINK: Final = 0o12
_METHODS: Final = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_OLE: Final = bytes.fromhex("d0cf11e0a1b11ae1")
_MACRO_NAMES: Final = ("vbaproject", "macrosheets", "activex", "basic/", "scripts/")


class FileFormat(StrEnum):
    """What is read."""

    XLSX = "xlsx"
    XLS = "xls"
    ODS = "ods"
    CSV = "csv"


CONTENT_TYPES: Final = {
    FileFormat.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    FileFormat.XLS: "application/vnd.ms-excel",
    FileFormat.ODS: "application/vnd.oasis.opendocument.spreadsheet",
    FileFormat.CSV: "text/csv; charset=utf-8",
}


@dataclass(frozen=True, slots=True)
class Taken:
    """A file that may be read."""

    file_name: str
    file_format: FileFormat


def take(file_name: str, content: bytes) -> Taken:
    """The file by a name fit to be shown, and what it is.

    FileKindRefused, FileTooLarge or FileUnreadable for all else; nothing was unpacked then.
    """
    shown = clean_name(file_name)
    suffix = shown.rpartition(".")[2].lower() if "." in shown else ""
    if suffix in {"xlsm", "xltm", "xlsb", "xlam", "xla"}:
        raise errors.FileKindRefused(reason="不接受含宏的工作簿，请另存为 .xlsx 后上传")
    if suffix not in set(FileFormat):
        raise errors.FileKindRefused(reason="请上传 .xlsx、.xls、.ods 或 .csv 文件")
    if not content:
        raise errors.FileUnreadable(reason="文件是空的")
    if len(content) > FILE_AT_MOST:
        raise errors.FileTooLarge(reason=f"文件超过 {FILE_AT_MOST // 1024 // 1024} MB")
    file_format = FileFormat(suffix)
    _CHECKS[file_format](content)
    return Taken(file_name=shown, file_format=file_format)


def clean_name(file_name: str) -> str:
    """The last part of the name without what turns or breaks a line, cut before its suffix."""
    last = file_name.replace("\\", "/").rpartition("/")[2]
    plain = "".join(c for c in last if unicodedata.category(c)[0] != "C" and c not in '<>:"|?*')
    plain = plain.strip(" .") or "file"
    stem, dot, suffix = plain.rpartition(".")
    if not dot or len(suffix) > 8:
        return plain[:NAME_AT_MOST]
    return f"{stem[: NAME_AT_MOST - len(suffix) - 1]}.{suffix}"


def _check_xlsx(content: bytes) -> None:
    if content.startswith(_OLE):
        raise errors.FileKindRefused(reason="文件设有打开密码，请取消密码后上传")
    with _archive(content) as archive:
        names = {entry.filename for entry in archive.infolist()}
        if "[Content_Types].xml" not in names or not any(n.startswith("xl/") for n in names):
            raise errors.FileKindRefused(reason="文件内容不是 .xlsx 工作簿")
        kinds = _read_small(archive, "[Content_Types].xml").lower()
        if b"macroenabled" in kinds or b"vbaproject" in kinds:
            raise errors.FileKindRefused(reason="不接受含宏的工作簿，请另存为 .xlsx 后上传")
        if b"spreadsheetml.sheet.main+xml" not in kinds:
            raise errors.FileKindRefused(reason="文件内容不是 .xlsx 工作簿")


def _check_ods(content: bytes) -> None:
    with _archive(content) as archive:
        names = {entry.filename for entry in archive.infolist()}
        if "mimetype" not in names or "content.xml" not in names:
            raise errors.FileKindRefused(reason="文件内容不是 .ods 工作簿")
        if _read_small(archive, "mimetype").strip() != CONTENT_TYPES[FileFormat.ODS].encode():
            raise errors.FileKindRefused(reason="文件内容不是 .ods 工作簿")


def _check_xls(content: bytes) -> None:
    if not content.startswith(_OLE):
        raise errors.FileKindRefused(reason="文件内容不是 .xls 工作簿")
    if "_VBA_PROJECT".encode("utf-16-le") in content:
        raise errors.FileKindRefused(reason="不接受含宏的工作簿，请另存为 .xlsx 后上传")


def _check_csv(content: bytes) -> None:
    if b"\x00" in content or content.startswith((b"PK\x03\x04", b"MZ", b"%PDF", _OLE, b"\x7fELF")):
        raise errors.FileKindRefused(reason="文件内容不是 .csv 文本")


_CHECKS: Final = {
    FileFormat.XLSX: _check_xlsx,
    FileFormat.XLS: _check_xls,
    FileFormat.ODS: _check_ods,
    FileFormat.CSV: _check_csv,
}


def _archive(content: bytes) -> zipfile.ZipFile:
    """The archive, its table of contents judged before anything is unpacked."""
    if not content.startswith(b"PK\x03\x04"):
        raise errors.FileKindRefused(reason="文件内容与扩展名不符")
    _judge_end_record(content)
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
    except (zipfile.BadZipFile, ValueError, struct.error) as error:
        raise errors.FileUnreadable(reason="文件已损坏，无法打开") from error
    entries = archive.infolist()
    _judge_sizes(entries, len(content))
    for entry in entries:
        _judge_entry(entry)
    return archive


def _judge_end_record(content: bytes) -> None:
    # zipfile would build an object for each of a hundred thousand entries before it told us.
    at = content.rfind(_END_RECORD, max(0, len(content) - _END_BYTES - _COMMENT_AT_MOST))
    if at < 0 or at + _END_BYTES > len(content):
        raise errors.FileUnreadable(reason="文件已损坏，无法打开")
    entries, directory_bytes = struct.unpack_from("<HI", content, at + 10)
    if entries > ENTRIES_AT_MOST or directory_bytes > _DIRECTORY_AT_MOST:
        raise errors.FileTooLarge(reason=f"压缩包内文件超过 {ENTRIES_AT_MOST} 个")


def _judge_sizes(entries: list[zipfile.ZipInfo], size: int) -> None:
    unpacked = sum(entry.file_size for entry in entries)
    packed = sum(entry.compress_size for entry in entries)
    bombs = (
        entry.file_size > _SMALL and entry.file_size > RATIO_AT_MOST * entry.compress_size
        for entry in entries
    )
    # Entries that share their bytes are how a small archive unpacks without end.
    if unpacked > UNPACKED_AT_MOST or packed > size or any(bombs):
        raise errors.FileTooLarge(reason="文件解压后过大，已拒绝")


def _judge_entry(entry: zipfile.ZipInfo) -> None:
    name = entry.filename
    parts = name.replace("\\", "/").split("/")
    outside = name.startswith("/") or ".." in parts or "\\" in name or ":" in parts[0]
    if outside or entry.external_attr >> 28 == _SYMLINK:
        raise errors.FileUnreadable(reason="压缩包内有不安全的路径，已拒绝")
    if entry.flag_bits & 0x1:
        raise errors.FileKindRefused(reason="文件设有打开密码，请取消密码后上传")
    if entry.compress_type not in _METHODS:
        raise errors.FileUnreadable(reason="文件的压缩方式不受支持")
    if any(mark in name.lower() for mark in _MACRO_NAMES):
        raise errors.FileKindRefused(reason="不接受含宏的工作簿，请另存为普通工作簿后上传")


def _read_small(archive: zipfile.ZipFile, name: str) -> bytes:
    try:
        with archive.open(name) as part:
            return part.read(_SMALL)
    except (zipfile.BadZipFile, OSError, ValueError, EOFError) as error:
        raise errors.FileUnreadable(reason="文件已损坏，无法打开") from error
