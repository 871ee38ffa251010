"""The map of the documentation names real files, and no link leads nowhere."""

import re

from tests.contracts import source

LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)(?:#[^)]*)?\)")
CODE_PATH = re.compile(r"`([a-z_]+(?:/[A-Za-z0-9_.\-]+)+/?)`")


def test_every_link_between_documents_leads_somewhere() -> None:
    broken = []
    for page in source.tracked("*.md"):
        for target in LINK.findall(page.read_text(encoding="utf-8")):
            if "://" not in target and not (page.parent / target).exists():
                broken.append(f"{page.relative_to(source.ROOT)} → {target}")
    assert broken == []


def test_the_map_names_real_files() -> None:
    text = (source.ROOT / "docs" / "where-is-it.md").read_text(encoding="utf-8")
    named = CODE_PATH.findall(text)
    assert len(named) > 40
    assert [path for path in named if not (source.ROOT / path).exists()] == []


def test_every_app_and_flow_is_on_the_map() -> None:
    text = (source.ROOT / "docs" / "where-is-it.md").read_text(encoding="utf-8")
    for app in source.APPS:
        assert f"{app}/" in text
    for flow in ("message", "document", "approval", "mini-app"):
        assert (source.ROOT / "docs" / "flows" / f"{flow}.md").is_file()


def test_every_environment_variable_is_explained() -> None:
    text = (source.ROOT / "docs" / "operations" / "running.md").read_text(encoding="utf-8")
    env = (source.ROOT / "config" / "env.py").read_text(encoding="utf-8")
    names = re.findall(r"^    ([a-z0-9_]+): (?!ClassVar)", env, re.MULTILINE)
    assert len(names) > 12
    assert [name.upper() for name in names if f"`{name.upper()}`" not in text] == []
