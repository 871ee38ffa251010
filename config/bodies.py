"""Refuses a body that is too large while it is still on the wire.

daphne stores a whole body before any of our code sees the request, signed in or not. Its
request class is therefore given a limit where Twisted tells it of length and content
(written for daphne 4.2; tests/core/test_bodies.py holds it to that against a real server).
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from weakref import WeakSet

from daphne.http_protocol import WebRequest
from twisted.internet import reactor

LINGER_SECONDS: Final = 2.0
"""Time for the client to read the refusal before the connection goes."""

WIDE_AT_ONCE: Final = 8
"""So many bodies above the common limit are taken at a time: nobody has signed in for them yet."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """What the client is told instead of an answer of the product's."""

    status: str
    code: str
    detail: str

    def wire(self) -> bytes:
        """The whole response."""
        number, _, title = self.status.partition(" ")
        problem = {
            "type": "about:blank",
            "title": title,
            "status": int(number),
            "code": self.code,
            "detail": self.detail,
        }
        body = json.dumps(problem, ensure_ascii=False).encode()
        head = (
            f"HTTP/1.1 {self.status}\r\nContent-Type: application/problem+json\r\n"
            f"Connection: close\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body


TOO_LARGE: Final = Refusal("413 Content Too Large", "TOO_LARGE", "提交的内容过大")
TOO_MANY: Final = Refusal("503 Service Unavailable", "BUSY", "上传的人较多，请稍后重试")

_wide: Final = WeakSet[Any]()
"""The requests whose bodies may be large, until they are answered or their clients gone."""


def cap(limit: int, *, uploads: Mapping[str, int]) -> None:
    """No request's body is taken beyond the limit in bytes; the rest is thrown away unread.

    `uploads` are patterns of the whole paths to which limits of their own apply instead, to a few
    bodies at a time.
    """
    wide = [(re.compile(path.encode()), above) for path, above in uploads.items()]

    def limit_of(request: Any) -> int:
        # Where the path stands before Twisted has made a request of the head.
        path = getattr(request.channel, "_path", b"").partition(b"?")[0]
        return next((above for pattern, above in wide if pattern.fullmatch(path)), limit)

    WebRequest.gotLength = _got_length(WebRequest.gotLength, limit, limit_of)
    WebRequest.handleContentChunk = _take_chunk(WebRequest.handleContentChunk)
    WebRequest.process = _process(WebRequest.process)


def _got_length(original: Any, common: int, limit_of: Any) -> Any:
    def got_length(request: Any, length: int | None) -> None:
        request.bytes_taken = 0
        request.bytes_at_most = limit_of(request)
        refusal = _fault(request, length, common)
        request.is_refused = refusal is not None
        original(request, 0 if request.is_refused else length)
        if refusal is not None:
            _refuse(request, refusal)

    return got_length


def _fault(request: Any, length: int | None, common: int) -> Refusal | None:
    if length is not None and length > request.bytes_at_most:
        return TOO_LARGE
    if request.bytes_at_most <= common or (length is not None and length <= common):
        return None
    under_way = [one for one in _wide if not one.finished and not one._disconnected]
    if len(under_way) >= WIDE_AT_ONCE:
        return TOO_MANY
    _wide.add(request)
    return None


def _take_chunk(original: Any) -> Any:
    def take_chunk(request: Any, content: bytes) -> None:
        if request.is_refused:
            return
        request.bytes_taken += len(content)
        if request.bytes_taken > request.bytes_at_most:
            request.is_refused = True
            _refuse(request, TOO_LARGE)
            return
        original(request, content)

    return take_chunk


def _process(original: Any) -> Any:
    def process(request: Any) -> None:
        if not request.is_refused:
            original(request)

    return process


def _refuse(request: Any, refusal: Refusal) -> None:
    request.channel.transport.write(refusal.wire())
    later: Any = reactor
    later.callLater(LINGER_SECONDS, request.channel.transport.abortConnection)
