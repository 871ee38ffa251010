"""What the schedules do within minutes, at once: python -m drills.minute

Jobs that a dead worker had in hand are to be done again, and overdue DINGs end.
"""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.utils import timezone  # noqa: E402  # Django's apps have to be ready before these

from core import upkeep  # noqa: E402
from messaging import climbing  # noqa: E402


def main() -> None:
    """Does both."""
    now = timezone.now()
    upkeep.retry_stalled_jobs(now)
    climbing.close_overdue(now)


if __name__ == "__main__":
    main()
