"""Which files are taken as lists: what core takes, of four formats, and no larger than is read."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from core import archives
from core import files as core_files
from org import errors

FILE_AT_MOST: Final = 18 * 1024 * 1024
_LIMITS: Final = archives.Limits(entries=2_000, unpacked=200 * 1024 * 1024)


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
_ARCHIVES: Final = frozenset({FileFormat.XLSX, FileFormat.ODS})


@dataclass(frozen=True, slots=True)
class Taken:
    """A file that may be read."""

    file_name: str
    file_format: FileFormat


def take(file_name: str, content: bytes) -> Taken:
    """The file by a name fit to be shown, and what it is.

    FileKindRefused, FileTooLarge or FileUnreadable for all else; nothing was unpacked then.
    """
    shown = core_files.clean_name(file_name)
    suffix = core_files.suffix_of(shown)
    # Core says itself what is to be done about macros.
    if suffix not in set(FileFormat) | core_files.MACRO_SUFFIXES:
        raise errors.FileKindRefused(reason="请上传 .xlsx、.xls、.ods 或 .csv 文件")
    if len(content) > FILE_AT_MOST:
        raise errors.FileTooLarge(reason=f"文件超过 {FILE_AT_MOST // 1024 // 1024} MB")
    try:
        core_files.take(shown, content)
        if suffix in _ARCHIVES:
            archives.opened(content, _LIMITS).close()
    except core_files.FileKindRefused as refused:
        raise errors.FileKindRefused(**refused.details) from refused
    except (core_files.FileDamaged, archives.ArchiveUnsafe) as refused:
        raise errors.FileUnreadable(**refused.details) from refused
    except archives.ArchiveTooLarge as refused:
        raise errors.FileTooLarge(reason=refused.text) from refused
    return Taken(file_name=shown, file_format=FileFormat(suffix))
