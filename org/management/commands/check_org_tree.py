"""Proves that the tree's numbers equal `parent_id`: `manage.py check_org_tree [--repair]`."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from core import actor
from org.queries import tree
from org.services import tree as upkeep

SHOWN_FAULTS = 50


class Command(BaseCommand):
    """Compares every unit with its parent and its siblings."""

    help = "Check the unit tree; --repair (or --renumber) rewrites its numbers from parent_id."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Whether to rewrite the numbers."""
        parser.add_argument(
            "--repair", action="store_true", help="rewrite where something is wrong"
        )
        parser.add_argument("--renumber", action="store_true", help="rewrite with fresh slack")

    def handle(self, *args: Any, **options: Any) -> None:
        """Exit code 0 for a sound tree, 1 otherwise."""
        report = tree.check()
        if options["renumber"] or (options["repair"] and report.faults):
            changed = upkeep.renumber(actor=actor.system("check_org_tree"), now=timezone.now())
            self.stdout.write(f"renumbered {changed} units")
            report = tree.check()
        for fault in report.faults[:SHOWN_FAULTS]:
            self.stderr.write(f"{fault.code} {fault.name} (id {fault.unit_id}): {fault.reason}")
        if len(report.faults) > SHOWN_FAULTS:
            self.stderr.write(f"… and {len(report.faults) - SHOWN_FAULTS} more")
        if report.faults:
            raise CommandError(f"{len(report.faults)} faults in {report.units} units")
        self.stdout.write(
            f"sound: {report.units} units, {report.roots} roots, depth {report.depth}"
        )
