"""The OpenAPI document holds one schema under each name: the framework lets the last one win."""

from collections import defaultdict

import ninja

from config import api
from core.schemas import Schema


def test_no_two_schemas_of_the_api_share_a_name() -> None:
    assert api.api.title
    modules: dict[str, set[str]] = defaultdict(set)
    waiting: list[type[ninja.Schema]] = [Schema]
    while waiting:
        for schema in waiting.pop().__subclasses__():
            modules[schema.__name__].add(schema.__module__)
            waiting.append(schema)
    assert len(modules) > 50
    assert {name: sorted(held) for name, held in modules.items() if len(held) > 1} == {}
