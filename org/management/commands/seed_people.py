"""Staffs a loaded province with made-up people: `manage.py seed_people --people 1800000`."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from core import actor
from core.errors import DomainError
from org.loading.progress import ProgressBar
from org.services import seeding


class Command(BaseCommand):
    """Posts, people, appointments, search rows and headcounts, all or nothing."""

    help = (
        "Staff the units with made-up people, for measuring at the size of a province. Nobody"
        " may be in the directory yet: load divisions with --people 0 first."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """How many people to make up."""
        parser.add_argument("--people", type=int, default=1_800_000, help="people to make up")
        parser.add_argument("--seed", type=int, default=20_260_101, help="same seed, same people")

    def handle(self, *args: Any, **options: Any) -> None:
        """Fills the tables, or says in one sentence why not."""
        if not 1 <= options["people"] <= 5_000_000:
            raise CommandError("--people takes 1 to 5000000")
        bar = ProgressBar()
        try:
            seeded = seeding.staff(
                actor=actor.system("seed_people"),
                people=options["people"],
                seed=options["seed"],
                now=timezone.now(),
                progress=bar.show,
            )
        except DomainError as refusal:
            raise CommandError(f"{refusal.code}: {refusal.text}") from refusal
        finally:
            bar.close()
        self.stdout.write(
            f"{seeded.people} people, {seeded.appointments} appointments, {seeded.posts} posts"
            f" in {bar.seconds:.0f} s, at most {bar.megabytes} MB"
        )
