"""Proves that what is derived from the tree is right: `manage.py check_org_tree [--repair]`."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from core import actor
from org.queries import headcounts, tree
from org.services import headcounts as counting
from org.services import tree as upkeep

SHOWN_FAULTS = 50


class Command(BaseCommand):
    """Compares every unit with its parent and siblings, every headcount with appointments."""

    help = (
        "Check the unit tree and its headcounts; --repair rewrites what is wrong from parent_id"
        " and appointments, --renumber rewrites the tree's numbers with fresh slack."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Whether to rewrite the numbers."""
        parser.add_argument(
            "--repair", action="store_true", help="rewrite where something is wrong"
        )
        parser.add_argument("--renumber", action="store_true", help="rewrite with fresh slack")

    def handle(self, *args: Any, **options: Any) -> None:
        """Exit code 0 for a sound tree, 1 otherwise."""
        report = tree.check()
        system = actor.system("check_org_tree")
        if options["renumber"] or (options["repair"] and report.faults):
            changed = upkeep.renumber(actor=system, now=timezone.now())
            self.stdout.write(f"renumbered {changed} units")
            report = tree.check()
        miscounted = headcounts.faults(at=timezone.now())
        if options["repair"] and miscounted:
            changed = counting.rebuild(actor=system, now=timezone.now())
            self.stdout.write(f"recounted {changed} units")
            miscounted = headcounts.faults(at=timezone.now())
        self._report(report, miscounted)

    def _report(self, report: tree.TreeReport, miscounted: list[headcounts.HeadcountFault]) -> None:
        lines = [f"{f.code} {f.name} (id {f.unit_id}): {f.reason}" for f in report.faults]
        lines += [
            f"{f.code} {f.name} (id {f.unit_id}): counts {f.counted} people instead of {f.expected}"
            for f in miscounted
        ]
        for line in lines[:SHOWN_FAULTS]:
            self.stderr.write(line)
        if len(lines) > SHOWN_FAULTS:
            self.stderr.write(f"… and {len(lines) - SHOWN_FAULTS} more")
        if lines:
            raise CommandError(f"{len(lines)} faults in {report.units} units")
        self.stdout.write(
            f"sound: {report.units} units, {report.roots} roots, depth {report.depth}"
        )
