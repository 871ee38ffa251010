"""Which files people may hand over: name, first bytes and container must agree."""

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from core import archives, errors

NAME_AT_MOST: Final = 120
MACRO_SUFFIXES: Final = frozenset(
    {"docm", "dotm", "xlsm", "xltm", "xlsb", "xlam", "xla", "pptm", "potm", "ppsm", "ppam"}
)
_TAIL: Final = 4096
_OLE: Final = bytes.fromhex("d0cf11e0a1b11ae1")
_ZIP: Final = b"PK\x03\x04"
_FOREIGN: Final = (_ZIP, b"MZ", b"%PDF", _OLE, b"\x7fELF", b"\xca\xfe\xba\xbe", b"\x89PNG", b"GIF8")
_MACRO_NAMES: Final = ("vbaproject", "macrosheets", "activex", "basic/", "scripts/")
_PROGRAMS: Final = frozenset(
    {"exe", "dll", "com", "scr", "pif", "cpl", "msi", "msp", "bat", "cmd", "ps1", "psm1", "vbs"}
    | {"vbe", "js", "jse", "wsf", "wsh", "hta", "lnk", "reg", "jar", "sh", "app", "apk", "deb"}
    | {"rpm", "iso", "img", "chm", "html", "htm", "xhtml", "svg", "mht", "mhtml", "swf"}
    | MACRO_SUFFIXES
)
_MACROS_REFUSED: Final = "不接受含宏的文件，请另存为不含宏的格式后上传"
_LOCKED: Final = "文件设有打开密码，请取消密码后上传"
_MISFIT: Final = "文件内容与扩展名不符"


class FileKindRefused(errors.Unsupported):
    """The file is of a kind that is not taken, or is not what its name says."""

    code = "FILE_KIND_REFUSED"
    message = "文件未被接受，{reason}"


class FileDamaged(errors.Invalid):
    """The file is empty or broken."""

    code = "FILE_DAMAGED"
    message = "文件未被接受，{reason}"


@dataclass(frozen=True, slots=True)
class Taken:
    """A file that is what its name says. Nothing of it was unpacked or decoded."""

    name: str
    """Fit to be shown: one line, written from left to right, not too long."""
    mime: str
    picture: str
    """The format of a picture that can be decoded; empty for anything else."""


def take(name: str, content: bytes) -> Taken:
    """The file by a clean name; FileKindRefused, FileDamaged, ArchiveTooLarge, ArchiveUnsafe."""
    shown = clean_name(name)
    suffix = suffix_of(shown)
    if suffix in MACRO_SUFFIXES:
        raise FileKindRefused(reason=_MACROS_REFUSED)
    kind = _KINDS.get(suffix)
    if kind is None:
        raise FileKindRefused(reason=f"不支持的文件类型{f'（.{suffix}）' if suffix else ''}")
    if not content:
        raise FileDamaged(reason="文件是空的")
    kind.check(content)
    return Taken(name=shown, mime=kind.mime, picture=kind.picture)


def clean_name(name: str) -> str:
    """The last part of the name without what turns or breaks a line, cut before its suffix."""
    last = name.replace("\\", "/").rpartition("/")[2]
    plain = "".join(c for c in last if unicodedata.category(c)[0] != "C" and c not in '<>:"|?*')
    plain = " ".join(plain.split()).strip(" .") or "file"
    stem, dot, suffix = plain.rpartition(".")
    if not dot or len(suffix) > 8:
        return plain[:NAME_AT_MOST]
    return f"{stem[: NAME_AT_MOST - len(suffix) - 1]}.{suffix}"


def suffix_of(name: str) -> str:
    """What follows the last dot of a clean name, in small letters; nothing where there is none."""
    return name.rpartition(".")[2].lower() if "." in name else ""


@dataclass(frozen=True, slots=True)
class _Kind:
    mime: str
    check: Callable[[bytes], None]
    picture: str = ""


def _require(fits: bool) -> None:
    if not fits:
        raise FileKindRefused(reason=_MISFIT)


def _begins(*starts: bytes) -> Callable[[bytes], None]:
    return lambda content: _require(content.startswith(starts))


def _pdf(content: bytes) -> None:
    _require(content.startswith(b"%PDF-"))
    if b"%%EOF" not in content[-_TAIL:]:
        raise FileDamaged(reason="PDF 文件不完整")


def _riff(form: bytes) -> Callable[[bytes], None]:
    return lambda content: _require(content.startswith(b"RIFF") and content[8:12] == form)


def _media(content: bytes) -> None:
    _require(content[4:8] == b"ftyp")


def _mp3(content: bytes) -> None:
    _require(content.startswith(b"ID3") or (content[0] == 0xFF and content[1:2] >= b"\xe0"))


def _text(content: bytes) -> None:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        encoding = "utf-16"
    else:
        _require(b"\x00" not in content and not content.startswith(_FOREIGN))
        encoding = "gb18030"
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        try:
            content.decode(encoding)
        except UnicodeDecodeError as error:
            raise FileKindRefused(reason="文字编码无法识别，请用 UTF-8 或 GB18030 保存") from error


def _ole(*streams: str) -> Callable[[bytes], None]:
    """An older office file: one of the streams stands in it, and no macro."""
    wanted = [stream.encode("utf-16-le") for stream in streams]

    def check(content: bytes) -> None:
        _require(content.startswith(_OLE))
        if "EncryptedPackage".encode("utf-16-le") in content:
            raise FileKindRefused(reason=_LOCKED)
        _require(any(stream in content for stream in wanted))
        if "_VBA_PROJECT".encode("utf-16-le") in content:
            raise FileKindRefused(reason=_MACROS_REFUSED)

    return check


def _office(folder: str, main: bytes) -> Callable[[bytes], None]:
    """A newer office file, whose main part is of that type."""

    def check(content: bytes) -> None:
        if content.startswith(_OLE):
            raise FileKindRefused(reason=_LOCKED)
        _require(content.startswith(_ZIP))
        with archives.opened(content) as archive:
            names = archives.names(archive)
            _require(any(name.startswith(folder) for name in names))
            _refuse_macros(names)
            kinds = archives.small(archive, "[Content_Types].xml").lower()
            if b"macroenabled" in kinds or b"vbaproject" in kinds:
                raise FileKindRefused(reason=_MACROS_REFUSED)
            _require(main in kinds)

    return check


def _marked(entry: str, mark: bytes) -> Callable[[bytes], None]:
    """A zip container in which an entry begins with the mark."""

    def check(content: bytes) -> None:
        _require(content.startswith(_ZIP))
        with archives.opened(content) as archive:
            _refuse_macros(archives.names(archive))
            _require(mark in archives.small(archive, entry))

    return check


def _zip(content: bytes) -> None:
    _require(content.startswith((_ZIP, b"PK\x05\x06")))
    with archives.opened(content) as archive:
        for name in archives.names(archive):
            if name.rpartition(".")[2].lower() in _PROGRAMS:
                raise FileKindRefused(reason="压缩包内含有程序、脚本或网页，已拒绝")


def _refuse_macros(names: list[str]) -> None:
    if any(mark in name.lower() for name in names for mark in _MACRO_NAMES):
        raise FileKindRefused(reason=_MACROS_REFUSED)


_WORD: Final = _ole("WordDocument")
_SHEET: Final = _ole("Workbook", "Book")
_SLIDES: Final = _ole("PowerPoint Document")
_OOXML: Final = "application/vnd.openxmlformats-officedocument"
_ODF: Final = "application/vnd.oasis.opendocument"
_KINDS: Final[Mapping[str, _Kind]] = {
    "pdf": _Kind("application/pdf", _pdf),
    "ofd": _Kind("application/ofd", _marked("OFD.xml", b"OFD")),
    "doc": _Kind("application/msword", _WORD),
    "xls": _Kind("application/vnd.ms-excel", _SHEET),
    "ppt": _Kind("application/vnd.ms-powerpoint", _SLIDES),
    "wps": _Kind("application/vnd.ms-works", _WORD),
    "et": _Kind("application/vnd.ms-excel", _SHEET),
    "dps": _Kind("application/vnd.ms-powerpoint", _SLIDES),
    "docx": _Kind(
        f"{_OOXML}.wordprocessingml.document",
        _office("word/", b"wordprocessingml.document.main+xml"),
    ),
    "xlsx": _Kind(f"{_OOXML}.spreadsheetml.sheet", _office("xl/", b"spreadsheetml.sheet.main+xml")),
    "pptx": _Kind(
        f"{_OOXML}.presentationml.presentation",
        _office("ppt/", b"presentationml.presentation.main+xml"),
    ),
    "odt": _Kind(f"{_ODF}.text", _marked("mimetype", f"{_ODF}.text".encode())),
    "ods": _Kind(f"{_ODF}.spreadsheet", _marked("mimetype", f"{_ODF}.spreadsheet".encode())),
    "odp": _Kind(f"{_ODF}.presentation", _marked("mimetype", f"{_ODF}.presentation".encode())),
    "txt": _Kind("text/plain", _text),
    "md": _Kind("text/plain", _text),
    "log": _Kind("text/plain", _text),
    "csv": _Kind("text/csv", _text),
    "zip": _Kind("application/zip", _zip),
    "png": _Kind("image/png", _begins(b"\x89PNG\r\n\x1a\n"), "PNG"),
    "jpg": _Kind("image/jpeg", _begins(b"\xff\xd8\xff"), "JPEG"),
    "jpeg": _Kind("image/jpeg", _begins(b"\xff\xd8\xff"), "JPEG"),
    "gif": _Kind("image/gif", _begins(b"GIF87a", b"GIF89a"), "GIF"),
    "webp": _Kind("image/webp", _riff(b"WEBP"), "WEBP"),
    "bmp": _Kind("image/bmp", _begins(b"BM"), "BMP"),
    "heic": _Kind("image/heic", _media),
    "mp4": _Kind("video/mp4", _media),
    "mov": _Kind("video/quicktime", _media),
    "m4a": _Kind("audio/mp4", _media),
    "mp3": _Kind("audio/mpeg", _mp3),
    "wav": _Kind("audio/wav", _riff(b"WAVE")),
}
