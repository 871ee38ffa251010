"""What the strict content security policy would block never stands in a template."""

import re

from tests.contracts import source

INLINE = {
    "an inline script": re.compile(
        r"<script(?![^>]*\bsrc=)(?![^>]*application/json)", re.IGNORECASE
    ),
    "an inline style": re.compile(r"<style|\sstyle=", re.IGNORECASE),
    "an inline handler": re.compile(r"\son[a-z]+=[\"']", re.IGNORECASE),
    "an htmx handler": re.compile(r"hx-on[:\-]|hx-vals=[\"']js:", re.IGNORECASE),
    "unescaped text": re.compile(r"\|\s*safe\b|autoescape off|mark_safe"),
}


def test_templates_hold_nothing_that_the_policy_blocks() -> None:
    found = [
        f"{page.relative_to(source.ROOT)}: {what}"
        for page in source.tracked("*.html")
        for what, pattern in INLINE.items()
        if pattern.search(page.read_text(encoding="utf-8"))
    ]
    assert found == []


def test_scripts_write_text_never_markup() -> None:
    sink = re.compile(r"\.(innerHTML|outerHTML)\s*=|insertAdjacentHTML|document\.write|\beval\(")
    found = [
        str(script.relative_to(source.ROOT))
        for script in source.tracked("*.js")
        if sink.search(script.read_text(encoding="utf-8"))
    ]
    assert found == []
