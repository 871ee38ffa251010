"""Every frame that a test receives is held against the table of what a server may send."""

from functools import cache
from typing import Any

from jsonschema import Draft202012Validator

from messaging.gateway import outgoing


def check(frame: dict[str, Any]) -> dict[str, Any]:
    """The frame; AssertionError where the AsyncAPI document does not have it so."""
    kind = frame.get("type", "")
    assert kind in outgoing.FRAMES, f"{kind} is not declared in messaging/gateway/outgoing.py"
    allowed = {"type", "data"} | ({"id"} if outgoing.FRAMES[kind].answers else set())
    assert frame.keys() <= allowed, frame
    faults = [fault.message for fault in _validator(kind).iter_errors(frame["data"])]
    assert faults == [], f"{kind}: {faults} in {frame['data']}"
    return frame


@cache
def _validator(kind: str) -> Draft202012Validator:
    schema = outgoing.FRAMES[kind].schema()
    _close(schema)
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def _close(schema: Any) -> None:
    """Clients bear fields that they do not know; what our server sends is all declared."""
    if isinstance(schema, list):
        for part in schema:
            _close(part)
    elif isinstance(schema, dict):
        if "properties" in schema:
            schema.setdefault("additionalProperties", False)
        for part in schema.values():
            _close(part)
