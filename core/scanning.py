"""Files are shown to a scanner for malware before anybody can have them.

The adapter speaks clamd's INSTREAM over TCP, which other scanners offer too. Where an
installation names one (CLAMD_ADDRESS), no file passes without its verdict.
"""

import socket
import struct
from typing import Final

import structlog
from django.conf import settings

from core import errors

_PIECE: Final = 64 * 1024
_SECONDS: Final = 30.0
_CLEAN: Final = b"stream: OK"

log = structlog.get_logger(__name__)


class FileInfected(errors.Invalid):
    """The scanner found malware in the file."""

    code = "FILE_INFECTED"
    message = "文件未通过安全检查，已拒绝"


class ScannerSilent(errors.Unavailable):
    """The scanner does not answer; without its verdict no file is taken."""

    code = "FILE_SCANNER_UNAVAILABLE"
    message = "文件安全检查服务暂时不可用，请稍后再试"


def require_clean(content: bytes) -> None:
    """FileInfected, ScannerSilent; nothing is asked where no scanner is named."""
    if not settings.CLAMD_ADDRESS:
        return
    host, _, port = settings.CLAMD_ADDRESS.rpartition(":")
    try:
        verdict = _ask((host, int(port)), content)
    except OSError as error:
        log.warning("scanner does not answer", error=str(error))
        raise ScannerSilent from error
    if verdict == _CLEAN:
        return
    log.warning("file refused by the scanner", verdict=verdict.decode(errors="replace"))
    if verdict.endswith(b"FOUND"):
        raise FileInfected
    raise ScannerSilent


def _ask(address: tuple[str, int], content: bytes) -> bytes:
    with socket.create_connection(address, timeout=_SECONDS) as wire:
        wire.sendall(b"zINSTREAM\0")
        for start in range(0, len(content), _PIECE):
            piece = content[start : start + _PIECE]
            wire.sendall(struct.pack("!L", len(piece)) + piece)
        wire.sendall(struct.pack("!L", 0))
        answer = b""
        while part := wire.recv(4096):
            answer += part
    return answer.rstrip(b"\0\n ")
