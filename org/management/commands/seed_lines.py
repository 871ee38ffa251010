"""Founds the usual lines of a province: `manage.py seed_lines [--root CODE]`."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from core import actor
from org.queries import units
from org.queries.visibility import EVERYTHING
from org.services import lines
from org.usual_lines import USUAL_LINES


class Command(BaseCommand):
    """Every unit whose name says that it serves a line stands in it; a second run adds nothing."""

    help = "Found the usual lines of work (条线) below every root, or below one unit."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which unit keeps the lines."""
        parser.add_argument("--root", default="", help="code of the unit; every root without it")

    def handle(self, *args: Any, **options: Any) -> None:
        """Says what was added."""
        now = timezone.now()
        for root_id in self._roots(options["root"]):
            seeded = lines.seed(
                actor=actor.system("seed_lines"), root_id=root_id, usual=USUAL_LINES, now=now
            )
            self.stdout.write(f"{seeded.lines} lines founded, {seeded.units} units placed in lines")

    def _roots(self, code: str) -> list[int]:
        if not code:
            return [root.id for root in units.roots(at=timezone.now(), viewer=EVERYTHING)]
        unit = units.by_code(code)
        if unit is None:
            raise CommandError(f"no unit has the code {code}")
        return [unit.id]
