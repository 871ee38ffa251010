"""The frames a server sends, finished: {"type", "id"?, "data"} in JSON."""

from typing import Final

import orjson

PROTOCOL: Final = "im.v1.json"


def frame(kind: str, data: object, *, reply_to: str | None = None) -> bytes:
    """One frame. `data` may hold dataclasses, datetimes and UUIDs."""
    content: dict[str, object] = {"type": kind, "data": data}
    if reply_to is not None:
        content["id"] = reply_to
    return orjson.dumps(content)
