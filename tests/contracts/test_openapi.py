"""The published description of the API is complete and says what is true."""

from collections import Counter
from typing import Any

import pytest
from django.test import Client


@pytest.fixture
def document(db: Any) -> dict[str, Any]:
    answer = Client().get("/api/v1/openapi.json")
    assert answer.status_code == 200
    described: dict[str, Any] = answer.json()
    return described


def test_the_description_is_openapi_3_1(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    assert document["info"]["title"] == "同文 Tongwen"


def test_every_operation_has_a_name_a_sentence_and_its_refusals(document: dict[str, Any]) -> None:
    operations = [op for path in document["paths"].values() for op in path.values()]
    names = Counter(operation["operationId"] for operation in operations)
    assert [name for name, uses in names.items() if uses > 1] == []
    for operation in operations:
        assert operation["summary"], operation["operationId"]
        assert operation["responses"]["4XX"]["content"].keys() == {"application/problem+json"}


def test_the_docs_page_needs_nothing_from_outside(db: Any) -> None:
    page = Client().get("/api/v1/docs")
    assert page.status_code == 200
    assert b"https://" not in page.content
    assert b"/static/ninja/swagger-ui-bundle.js" in page.content
