"""Every frame that a test receives is held against the AsyncAPI document.

A contract test proves that the document is what the code says (tests/contracts/test_asyncapi.py).
Nothing of the product is imported: drills and benches use the site without Django.
"""

import json
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator

from tests.databases import ROOT


def check(frame: dict[str, Any]) -> dict[str, Any]:
    """The frame; AssertionError where the document does not have it so."""
    validator = _validators().get(f"told.{frame.get('type')}")
    assert validator, f"{frame} is not declared (messaging/gateway/outgoing.py, document_api)"
    faults = [fault.message for fault in validator.iter_errors(frame)]
    assert faults == [], f"{faults} in {frame}"
    return frame


@cache
def _validators() -> dict[str, Draft202012Validator]:
    document = json.loads((ROOT / "docs" / "api" / "asyncapi.json").read_text(encoding="utf-8"))
    components = document["components"]
    _close(components)
    return {
        name: Draft202012Validator({**message["payload"], "components": components})
        for name, message in components["messages"].items()
    }


def _close(schema: Any) -> None:
    """Clients bear fields that they do not know; what our server sends is all declared."""
    if isinstance(schema, list):
        for part in schema:
            _close(part)
    elif isinstance(schema, dict):
        if isinstance(schema.get("properties"), dict):
            schema.setdefault("additionalProperties", False)
        for part in schema.values():
            _close(part)
