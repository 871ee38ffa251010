"""Fills the tree from a file of divisions: `manage.py load_divisions FILE.csv[.gz]`."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from core import actor
from core.errors import DomainError
from org.loading import divisions
from org.loading.progress import ProgressBar
from org.services import divisions as loading

SHOWN_FAULTS = 50


class Command(BaseCommand):
    """Divisions, synthetic organs, departments, groups and people, all or nothing."""

    help = "Load divisions (code,name,level,parent_code) with synthetic organs and people."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The file, and how many people to make up."""
        parser.add_argument("file", type=Path, help="CSV in UTF-8, plain or gzipped")
        parser.add_argument("--people", type=int, default=3_000, help="people to make up")
        parser.add_argument("--seed", type=int, default=20_260_101, help="same seed, same people")

    def handle(self, *args: Any, **options: Any) -> None:
        """Loads the file, or lists what is wrong with it and loads nothing."""
        if not 0 <= options["people"] <= 5_000_000:
            raise CommandError("--people takes 0 to 5000000")
        file = self._read(options["file"])
        if file.faults:
            self._list(file)
        bar = ProgressBar()
        try:
            loaded = loading.load(
                actor=actor.system("load_divisions"),
                file=file,
                people=options["people"],
                seed=options["seed"],
                now=timezone.now(),
                progress=bar.show,
            )
        except DomainError as refusal:
            raise CommandError(f"{refusal.code}: {refusal.text}") from refusal
        finally:
            bar.close()
        self.stdout.write(f"{loaded.outcome}: {loaded.units} units, {loaded.people} people")

    def _read(self, path: Path) -> divisions.DivisionFile:
        try:
            return divisions.read(path.read_bytes())
        except OSError as missing:
            raise CommandError(f"{path}: {missing.strerror}") from missing

    def _list(self, file: divisions.DivisionFile) -> None:
        for fault in file.faults[:SHOWN_FAULTS]:
            self.stderr.write(f"line {fault.line}: {fault.reason}")
        if len(file.faults) > SHOWN_FAULTS:
            self.stderr.write(f"… and {len(file.faults) - SHOWN_FAULTS} more")
        raise CommandError(f"{len(file.faults)} faults: nothing was loaded")
