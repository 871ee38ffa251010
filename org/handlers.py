"""What org does when something happened, and on its schedules."""

from datetime import datetime
from typing import Final

from core import actor
from org.services import headcounts, tree

_UPKEEP: Final = actor.system("upkeep")


def fold_headcounts(now: datetime) -> None:
    """Appointments and ends of the last minute stand in the counters."""
    headcounts.fold(actor=_UPKEEP, now=now)


def tidy_tree(now: datetime) -> None:
    """The tree has slack where it was short of it and stands in order, for the day to come."""
    tree.tidy(actor=_UPKEEP, now=now)
