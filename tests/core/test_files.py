"""What may be handed over is what its name says, and unpacks and decodes safely."""

import io
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.test import override_settings
from PIL import Image

from core import archives, files, pictures, scanning
from tests.core import samples


@pytest.mark.parametrize(
    ("name", "content", "mime", "picture"),
    [
        ("通知.pdf", samples.PDF, "application/pdf", ""),
        ("名单.csv", "姓名,电话\n王伟民,1".encode("gb18030"), "text/csv", ""),
        ("记录.txt", "utf-16 文本".encode("utf-16"), "text/plain", ""),
        ("资料.zip", samples.archive({"a/名单.txt": b"1"}), "application/zip", ""),
        ("旧.zip", samples.old_archive("慭.txt", b"1"), "application/zip", ""),
        ("旧.doc", samples.OLE + "WordDocument".encode("utf-16-le"), "application/msword", ""),
        ("公文.ofd", samples.archive({"OFD.xml": b"<ofd:OFD/>"}), "application/ofd", ""),
        ("现场.JPG", samples.picture("JPEG"), "image/jpeg", "JPEG"),
        ("现场.png", samples.picture(), "image/png", "PNG"),
    ],
)
def test_what_is_what_its_name_says_is_taken(
    name: str, content: bytes, mime: str, picture: str
) -> None:
    assert files.take(name, content) == files.Taken(name=name, mime=mime, picture=picture)


def test_a_document_is_taken_without_macros_only() -> None:
    assert files.take("报告.docx", samples.document()).mime.endswith("wordprocessingml.document")
    with pytest.raises(files.FileKindRefused, match="宏"):
        files.take("报告.docx", samples.document(macros=True))
    with pytest.raises(files.FileKindRefused, match="宏"):
        files.take("报告.docm", samples.document(macros=True))
    with pytest.raises(files.FileKindRefused, match="宏"):
        content = samples.OLE + "WordDocument _VBA_PROJECT".encode("utf-16-le")
        files.take("报告.doc", content)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("通知.pdf", b"<html><script>alert(1)</script></html>"),
        ("通知.pdf", b"<html>%PDF-1.7 %%EOF"),
        ("报告.docx", b"MZ\x90\0" + b"\0" * 200),
        ("报告.docx", samples.archive({"word/document.xml": b"<x/>"})),
        ("报告.xlsx", samples.document()),
        ("报告.docx", samples.OLE + "EncryptedPackage".encode("utf-16-le")),
        ("图.svg", b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"),
        ("图.png", b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
        ("图.png", samples.picture("JPEG")),
        ("页面.html", b"<html></html>"),
        ("程序.exe", b"MZ"),
        ("没有扩展名", b"text"),
        ("记录.txt", b"MZ\x90 program"),
        ("记录.txt", b"a\x00b"),
        ("资料.zip", samples.archive({"安装.EXE": b"MZ"})),
        ("资料.zip", samples.PDF),
    ],
)
def test_what_is_not_what_its_name_says_is_refused(name: str, content: bytes) -> None:
    with pytest.raises(files.FileKindRefused) as refused:
        files.take(name, content)
    assert refused.value.status == 415


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (samples.archive({"bomb.txt": b"\0" * 30_000_000}), 413),
        (samples.crowded_archive(archives.ENTRIES_AT_MOST + 1), 413),
        (samples.understating_archive(archives.ENTRIES_AT_MOST + 1, large=False), 413),
        (samples.understating_archive(archives.ENTRIES_AT_MOST + 1, large=True), 413),
        (samples.archive({"../../etc/passwd.txt": b"x"}), 422),
        (samples.archive({"/etc/passwd.txt": b"x"}), 422),
        (samples.archive({"C:/windows.txt": b"x"}), 422),
        (samples.link_archive(), 422),
        (samples.archive({"a.txt": b"x"})[:-10], 422),
    ],
)
def test_an_archive_that_harms_is_refused_unopened(content: bytes, status: int) -> None:
    with pytest.raises((archives.ArchiveTooLarge, archives.ArchiveUnsafe)) as refused:
        files.take("资料.zip", content)
    assert refused.value.status == status


def test_nothing_and_half_a_file_are_damaged() -> None:
    for name, content in (("空.txt", b""), ("半.pdf", samples.PDF[:20])):
        with pytest.raises(files.FileDamaged):
            files.take(name, content)


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("cod\u202efdp.txt", "codfdp.txt"),
        ("a\r\nSet-Cookie: x.txt", "aSet-Cookie x.txt"),
        ("../../etc/通知.txt", "通知.txt"),
        ("C:\\桌面\\通知.txt", "通知.txt"),
        ("  . ", "file"),
        ("<b>通知</b>.txt", "b.txt"),
        ("长" * 300 + ".txt", "长" * 116 + ".txt"),
        ("长" * 300 + ".xlsx", "长" * 115 + ".xlsx"),
        ("\x00.xlsx", "xlsx"),
    ],
)
def test_names_are_fit_to_be_shown(given: str, shown: str) -> None:
    assert files.clean_name(given) == shown


def test_smaller_pictures_are_upright_and_know_no_place() -> None:
    photograph = samples.photograph((3000, 1500))
    assert b"NEAR-THE-RESERVOIR" in photograph
    read = pictures.read(photograph, "JPEG")
    assert (read.width, read.height) == (1500, 3000)
    for content, size in ((read.thumbnail, (293, 587)), (read.view, (1500, 3000))):
        with Image.open(io.BytesIO(content)) as image:
            assert (image.format, image.size) == ("WEBP", size)
            assert dict(image.getexif()) == {}
        assert b"NEAR-THE-RESERVOIR" not in content


@pytest.mark.parametrize(
    ("size", "thumbnail", "view"),
    [
        ((400, 4000), (112, 1120), (400, 4000)),
        ((1080, 20_000), (60, 1120), (884, 16_383)),
        ((6000, 4000), (509, 339), (2048, 1365)),
        ((3000, 90), (1120, 33), (2048, 61)),
        ((2000, 16_000), (140, 1120), (1414, 11_313)),
    ],
)
def test_long_pictures_are_shown_as_wide_as_they_are(
    size: tuple[int, int], thumbnail: tuple[int, int], view: tuple[int, int]
) -> None:
    read = pictures.read(samples.picture(size=size), "PNG")
    assert (read.width, read.height) == size
    for content, wanted in ((read.thumbnail, thumbnail), (read.view, view)):
        with Image.open(io.BytesIO(content)) as image:
            assert image.size == wanted


def test_a_small_picture_with_few_colours_keeps_its_size() -> None:
    kept = io.BytesIO()
    Image.new("P", (20, 10), 0).save(kept, "GIF", transparency=0)
    read = pictures.read(kept.getvalue(), "GIF")
    with Image.open(io.BytesIO(read.thumbnail)) as image:
        assert (read.width, read.height, image.size, image.mode) == (20, 10, (20, 10), "RGBA")


def test_a_picture_of_too_many_pixels_is_refused_by_its_head() -> None:
    with pytest.raises(pictures.PictureTooLarge) as refused:
        pictures.read(samples.declared_png(50_000, 50_000), "PNG")
    assert refused.value.status == 422


def test_a_picture_that_cannot_be_decoded_is_damaged() -> None:
    for content in (samples.declared_png(500, 500), samples.picture()[:60], b"GIF89a"):
        with pytest.raises(files.FileDamaged):
            pictures.read(content, "PNG")


@contextmanager
def _scanner(verdict: bytes) -> Iterator[tuple[str, list[bytes]]]:
    """A scanner that gives always the same verdict, and what it was shown."""
    shown: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            wire, _ = listening.accept()
            with wire, wire.makefile("rb") as incoming:
                assert incoming.read(10) == b"zINSTREAM\0"
                while size := struct.unpack("!L", incoming.read(4))[0]:
                    shown.append(incoming.read(size))
                wire.sendall(verdict)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"127.0.0.1:{listening.getsockname()[1]}", shown
        thread.join()


def test_a_scanner_sees_the_whole_file() -> None:
    with _scanner(b"stream: OK\0") as (address, shown), override_settings(CLAMD_ADDRESS=address):
        scanning.require_clean(b"x" * 200_000)
    assert b"".join(shown) == b"x" * 200_000


def test_what_the_scanner_finds_is_refused() -> None:
    verdict = b"stream: Eicar-Signature FOUND\0"
    with (
        _scanner(verdict) as (address, _),
        override_settings(CLAMD_ADDRESS=address),
        pytest.raises(scanning.FileInfected),
    ):
        scanning.require_clean(b"X5O!P%@AP")


def test_without_the_scanners_verdict_nothing_passes() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        address = f"127.0.0.1:{closed.getsockname()[1]}"
    with override_settings(CLAMD_ADDRESS=address), pytest.raises(scanning.ScannerSilent):
        scanning.require_clean(b"x")
    with (
        _scanner(b"INSTREAM size limit exceeded. ERROR\0") as (address, _),
        override_settings(CLAMD_ADDRESS=address),
        pytest.raises(scanning.ScannerSilent),
    ):
        scanning.require_clean(b"x")
