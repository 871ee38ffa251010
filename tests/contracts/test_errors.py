"""Error codes are stable words: unique, documented, each with a Chinese sentence."""

import importlib
import re
from collections import Counter

from core import errors
from tests.contracts import source

NOT_SERVED = {"management", "demo", "localstack", "asgi"}
"""Layers that no request reaches: what they refuse is said at a terminal."""


def _refusals() -> list[type[errors.DomainError]]:
    for module in source.modules():
        if module.layer not in NOT_SERVED:
            importlib.import_module(module.name)
    found: list[type[errors.DomainError]] = []
    queue = list(errors.DomainError.__subclasses__())
    while queue:
        refusal = queue.pop()
        found.append(refusal)
        queue.extend(refusal.__subclasses__())
    # Other tests may have loaded more than what requests reach.
    return [refusal for refusal in found if _is_served(refusal.__module__)]


def _is_served(module: str) -> bool:
    package, layer = [*module.split("."), ""][:2]
    return package in source.PACKAGES and layer not in NOT_SERVED


def test_no_code_is_used_twice() -> None:
    counted = Counter(cls.code for cls in _refusals())
    assert len(counted) > 20
    assert [code for code, uses in counted.items() if uses > 1] == []


def test_every_code_is_a_stable_word_with_a_chinese_sentence() -> None:
    for cls in _refusals():
        assert re.fullmatch(r"[A-Z]+(_[A-Z0-9]+)*", cls.code), cls
        assert re.search(r"[一-鿿]", cls.message), cls
        assert 400 <= cls.status < 600, cls


def test_every_code_is_documented() -> None:
    text = (source.ROOT / "docs" / "api" / "errors.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| `([A-Z0-9_]+)` \| (\d+) \|", text, re.MULTILINE)
    assert dict(listed) == {cls.code: str(cls.status) for cls in _refusals()}
