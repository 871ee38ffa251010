"""The document of the socket says what the code does, and HTTP can do all that the socket does."""

import ast
import re
from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from jsonschema import Draft202012Validator

from config import api
from messaging.gateway import asyncapi, examples, outgoing
from messaging.gateway.connection import Close
from messaging.gateway.twins import ASKED, TOLD, Twin
from tests.contracts import source

PREFIX = "/api/v1/messaging"
SENDERS = {"Answer", "frame", "entry", "entry_joined", "entry_left", "to_people", "everybody"}
"""Functions that are given the type of a frame to send, first or as `kind`."""


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    written = source.ROOT / "docs" / "api" / "asyncapi.json"
    described: dict[str, Any] = orjson.loads(written.read_bytes())
    return described


def test_the_document_is_what_the_code_says_now(document: dict[str, Any]) -> None:
    assert document == orjson.loads(orjson.dumps(asyncapi.document())), "run manage.py document_api"


def test_every_type_of_frame_is_in_the_document_and_no_other(document: dict[str, Any]) -> None:
    described = set(document["channels"]["socket"]["messages"])
    asked = {f"asked.{kind}" for kind in asyncapi.asked()}
    assert described == asked | {f"told.{kind}" for kind in outgoing.FRAMES}
    answered = {kind for frame in outgoing.FRAMES.values() for kind in frame.answers} - {"*"}
    assert answered == set(asyncapi.asked())


def test_every_reference_of_the_document_leads_somewhere(document: dict[str, Any]) -> None:
    references = list(_references(document))
    assert len(references) > 60
    for reference in references:
        place: Any = document
        for step in reference.removeprefix("#/").split("/"):
            place = place[step]


def test_nothing_is_sent_that_the_table_does_not_declare() -> None:
    sent = set(_types_sent())
    assert {"welcome", "bye", "error", "message.created", "receipt.update"} <= sent
    assert sent - set(outgoing.FRAMES) == set()


def test_nothing_is_declared_that_is_not_sent() -> None:
    named = {text for module in source.modules("messaging") for text in _texts(module)}
    assert set(outgoing.FRAMES) - named == set()


def test_every_close_code_says_what_to_do_about_it(document: dict[str, Any]) -> None:
    assert set(asyncapi.CLOSES) == {int(code) for code in Close}
    assert set(document["x-close-codes"]) == {str(int(code)) for code in Close}


@pytest.mark.parametrize(("side", "known"), [("asked", examples.ASKED), ("told", examples.TOLD)])
def test_the_examples_are_what_they_are_examples_of(
    document: dict[str, Any], side: str, known: dict[str, Any]
) -> None:
    for kind, example in known.items():
        payload = document["components"]["messages"][f"{side}.{kind}"]["payload"]
        schema = {**payload, "components": document["components"]}
        assert [fault.message for fault in Draft202012Validator(schema).iter_errors(example)] == []


def test_everything_the_socket_does_has_its_twin_in_the_http_api() -> None:
    assert set(ASKED) == set(asyncapi.asked())
    assert set(TOLD) == {kind for kind, frame in outgoing.FRAMES.items() if not frame.answers}
    assert (set(ASKED.values()) | set(TOLD.values())) - set(_operations()) == set()


def test_the_twins_take_what_the_frames_take() -> None:
    taken = _operations()
    missing = {
        kind: lacking
        for kind, shape in asyncapi.asked().items()
        if kind not in {"hello", "receipt.watch"}
        and (lacking := set(shape.model_fields) - taken[ASKED[kind]])
    }
    assert missing == {}


def test_the_page_knows_the_twin_of_whatever_a_client_asks() -> None:
    folder = source.ROOT / "workbench" / "static" / "workbench" / "messages"
    text = (folder / "polling.js").read_text(encoding="utf-8")
    named = {kind for kind in asyncapi.asked() if re.search(rf'(^|[\s"]){kind}"?[:)]', text)}
    named |= {kind for kind in asyncapi.asked() if f'type === "{kind}"' in text}
    assert set(asyncapi.asked()) - named == set()


def _operations() -> dict[Twin, set[str]]:
    """Every operation of messaging's API, with the names of what it takes."""
    described = api.api.get_openapi_schema()
    return {
        Twin(method.upper(), path.removeprefix(PREFIX)): _fields(described, operation)
        for path, operations in described["paths"].items()
        for method, operation in operations.items()
        if path.startswith(PREFIX)
    }


def _fields(described: dict[str, Any], operation: dict[str, Any]) -> set[str]:
    fields = {parameter["name"] for parameter in operation.get("parameters", ())}
    for content in operation.get("requestBody", {}).get("content", {}).values():
        name = content["schema"].get("$ref", "").rsplit("/", 1)[-1]
        fields |= set(described["components"]["schemas"].get(name, {}).get("properties", {}))
    return fields


def _references(part: Any) -> Iterator[str]:
    if isinstance(part, list):
        for child in part:
            yield from _references(child)
    elif isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"]
        for child in part.values():
            yield from _references(child)


def _types_sent() -> Iterator[str]:
    for module in source.modules("messaging"):
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Call) and _name(node.func) in SENDERS:
                given = [*node.args[:1], *(k.value for k in node.keywords if k.arg == "kind")]
                for value in given:
                    if isinstance(value, ast.Constant) and isinstance(value.value, str):
                        yield value.value


def _texts(module: source.Module) -> Iterator[str]:
    if module.name.startswith(("messaging.gateway.outgoing", "messaging.gateway.twins")):
        return
    if module.name in {"messaging.gateway.examples", "messaging.gateway.asyncapi"}:
        return
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def _name(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""
