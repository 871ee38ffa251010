"""The frames a server sends, finished: {"type", "id"?, "data"} in JSON, and how they travel."""

import struct
from collections.abc import Iterator
from typing import Final

import orjson

PROTOCOL: Final = "im.v1.json"

_TEXT: Final = 0x81
"""FIN and the opcode of a text (RFC 6455, 5.2)."""
_TWO_BYTES, _EIGHT_BYTES = 126, 127


def frame(kind: str, data: object, *, reply_to: str | None = None) -> bytes:
    """One frame. `data` may hold dataclasses, datetimes and UUIDs."""
    content: dict[str, object] = {"type": kind, "data": data}
    if reply_to is not None:
        content["id"] = reply_to
    return orjson.dumps(content)


def wire(text: bytes) -> bytes:
    """The bytes that carry the frame: a server's are unmasked, so they fit every socket."""
    size = len(text)
    if size < _TWO_BYTES:
        return struct.pack(">BB", _TEXT, size) + text
    if size < 1 << 16:
        return struct.pack(">BBH", _TEXT, _TWO_BYTES, size) + text
    return struct.pack(">BBQ", _TEXT, _EIGHT_BYTES, size) + text


def texts(whole: bytes) -> Iterator[str]:
    """The frames that were joined to these bytes."""
    at = 0
    while at < len(whole):
        size, at = whole[at + 1], at + 2
        if size == _TWO_BYTES:
            (size,), at = struct.unpack_from(">H", whole, at), at + 2
        elif size == _EIGHT_BYTES:
            (size,), at = struct.unpack_from(">Q", whole, at), at + 8
        yield whole[at : at + size].decode()
        at += size
