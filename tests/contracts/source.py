"""Reads the product's own source for the contract tests."""

import ast
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
APPS = ("org", "messaging", "approvals", "documents", "miniapps", "workbench")
PACKAGES = ("core", *APPS, "config")


@dataclass(frozen=True, slots=True)
class Module:
    """One Python file of the product, parsed."""

    path: Path
    tree: ast.Module

    @property
    def name(self) -> str:
        """The dotted name by which the module is imported."""
        dotted = ".".join(self.path.relative_to(ROOT).with_suffix("").parts)
        return dotted.removesuffix(".__init__")

    @property
    def layer(self) -> str:
        """The second part of the dotted name: `services` in org.services.units."""
        parts = self.name.split(".")
        return parts[1] if len(parts) > 1 else ""

    def imports(self) -> Iterator[str]:
        """The dotted names that the module imports, with the names taken from them."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                yield from (f"{node.module}.{alias.name}" for alias in node.names)


@cache
def modules(*packages: str, migrations: bool = False) -> list[Module]:
    """Every module of the packages, in order of path."""
    found = []
    for package in packages or PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            if ("migrations" in path.parts) == migrations:
                found.append(Module(path, ast.parse(path.read_text(encoding="utf-8"))))
    return found


def tracked(*patterns: str) -> list[Path]:
    """The files that git tracks under the patterns."""
    listing = subprocess.run(
        ["git", "ls-files", *patterns], cwd=ROOT, check=True, capture_output=True, text=True
    )
    return [ROOT / line for line in listing.stdout.splitlines() if (ROOT / line).is_file()]
