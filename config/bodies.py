"""Refuses a body that is too large while it is still on the wire.

daphne stores a whole body before any of our code sees the request, signed in or not. Its
request class is therefore given a limit where Twisted tells it of length and content
(written for daphne 4.2; tests/core/test_bodies.py holds it to that against a real server).
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from daphne.http_protocol import WebRequest
from twisted.internet import reactor

LINGER_SECONDS: Final = 2.0
"""Time for the client to read the refusal before the connection goes."""

_REFUSAL: Final = (
    b"HTTP/1.1 413 Content Too Large\r\n"
    b"Content-Type: application/problem+json\r\n"
    b"Connection: close\r\n"
)
_PROBLEM: Final = (
    '{"type":"about:blank","title":"Content Too Large","status":413,'
    '"code":"TOO_LARGE","detail":"提交的内容过大"}'
).encode()


def cap(limit: int, *, uploads: Mapping[str, int]) -> None:
    """No request's body is taken beyond the limit in bytes; the rest is thrown away unread.

    `uploads` are patterns of the whole paths to which limits of their own apply instead.
    """
    wide = [(re.compile(path.encode()), above) for path, above in uploads.items()]

    def limit_of(request: Any) -> int:
        # Where the path stands before Twisted has made a request of the head.
        path = getattr(request.channel, "_path", b"").partition(b"?")[0]
        return next((above for pattern, above in wide if pattern.fullmatch(path)), limit)

    WebRequest.gotLength = _got_length(WebRequest.gotLength, limit_of)
    WebRequest.handleContentChunk = _take_chunk(WebRequest.handleContentChunk)
    WebRequest.process = _process(WebRequest.process)


def _got_length(original: Any, limit_of: Any) -> Any:
    def got_length(request: Any, length: int | None) -> None:
        request.bytes_taken = 0
        request.bytes_at_most = limit_of(request)
        request.is_refused = length is not None and length > request.bytes_at_most
        original(request, 0 if request.is_refused else length)
        if request.is_refused:
            _refuse(request)

    return got_length


def _take_chunk(original: Any) -> Any:
    def take_chunk(request: Any, content: bytes) -> None:
        if request.is_refused:
            return
        request.bytes_taken += len(content)
        if request.bytes_taken > request.bytes_at_most:
            request.is_refused = True
            _refuse(request)
            return
        original(request, content)

    return take_chunk


def _process(original: Any) -> Any:
    def process(request: Any) -> None:
        if not request.is_refused:
            original(request)

    return process


def _refuse(request: Any) -> None:
    length = f"Content-Length: {len(_PROBLEM)}\r\n\r\n".encode()
    request.channel.transport.write(_REFUSAL + length + _PROBLEM)
    later: Any = reactor
    later.callLater(LINGER_SECONDS, request.channel.transport.abortConnection)
