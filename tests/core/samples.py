"""Files of every kind, made on the spot, for tests of what is taken and what is refused."""

import io
import struct
import zipfile
import zlib
from typing import Final

from PIL import Image

OLE: Final = bytes.fromhex("d0cf11e0a1b11ae1")
PDF: Final = b"%PDF-1.7\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"
_WORD_MAIN: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main"


def picture(kind: str = "PNG", size: tuple[int, int] = (80, 60), **saving: object) -> bytes:
    """A picture of one colour."""
    kept = io.BytesIO()
    Image.new("RGB", size, (29, 79, 156)).save(kept, kind, **saving)
    return kept.getvalue()


def motion(size: tuple[int, int] = (80, 60)) -> bytes:
    """A GIF of two frames."""
    kept = io.BytesIO()
    frames = [Image.new("RGB", size, colour) for colour in ((29, 79, 156), (192, 13, 21))]
    frames[0].save(kept, "GIF", save_all=True, append_images=frames[1:], duration=200, loop=0)
    return kept.getvalue()


def photograph(size: tuple[int, int] = (80, 60), *, orientation: int = 6) -> bytes:
    """A JPEG of a camera held upright, which knows where it was."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010E] = "NEAR-THE-RESERVOIR"
    exif.get_ifd(0x8825)[1] = "N"
    return picture("JPEG", size, exif=exif)


def declared_png(width: int, height: int) -> bytes:
    """A PNG whose head declares a size and whose body holds next to nothing."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head)
        + _chunk(b"IDAT", zlib.compress(b"\0" * 64)) + _chunk(b"IEND", b"")
    )  # fmt: skip


def archive(entries: dict[str, bytes]) -> bytes:
    """A zip of these entries."""
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in entries.items():
            packed.writestr(name, content)
    return kept.getvalue()


def document(*, macros: bool = False) -> bytes:
    """A .docx, with or without a macro in it."""
    kinds = (
        f'<Types><Override PartName="/word/document.xml" ContentType="{_WORD_MAIN}+xml"/></Types>'
    )
    entries = {"[Content_Types].xml": kinds.encode(), "word/document.xml": b"<w:document/>"}
    if macros:
        entries["word/vbaProject.bin"] = OLE
    return archive(entries)


def link_archive() -> bytes:
    """A zip whose only entry is a symbolic link."""
    entry = zipfile.ZipInfo("link.txt")
    entry.external_attr = 0o120777 << 16
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w") as packed:
        packed.writestr(entry, "/etc/passwd")
    return kept.getvalue()


def old_archive(name: str, content: bytes) -> bytes:
    """A zip whose entry is named in GBK, without saying so."""
    packed = archive({"x" * len(name.encode("gb18030")): content})
    return packed.replace(b"x" * len(name.encode("gb18030")), name.encode("gb18030"))


def crowded_archive(entries: int) -> bytes:
    """A zip of that many empty entries."""
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w") as packed:
        for number in range(entries):
            packed.writestr(str(number), b"")
    return kept.getvalue()


def understating_archive(entries: int, *, large: bool) -> bytes:
    """The same, whose end record tells of one entry; `large`: and a ZIP64 record of all of them."""
    packed = crowded_archive(entries)
    end = len(packed) - 22
    size, offset = struct.unpack_from("<II", packed, end + 12)
    told = 47 if large else size
    record = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 1, 1, told, offset, 0)
    if not large:
        return packed[:end] + record
    whole = struct.pack("<4sQ2H2I4Q", b"PK\6\6", 44, 45, 45, 0, 0, entries, entries, size, offset)
    return packed[:end] + whole + struct.pack("<4sIQI", b"PK\6\7", 0, end, 1) + record


def _chunk(kind: bytes, content: bytes) -> bytes:
    summed = struct.pack(">I", zlib.crc32(kind + content))
    return struct.pack(">I", len(content)) + kind + content + summed
