"""A unit that moves to and fro while its people talk.

python -m drills.mover PERSON UNIT HERE THERE TIMES
"""

import os
import sys
import time

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.utils import timezone  # noqa: E402  # Django's apps have to be ready before these

from org.queries import accounts  # noqa: E402
from org.services import moves  # noqa: E402

PAUSE = 1.0


def main() -> None:
    """Moves the unit there and back, and prints how often it moved."""
    account_id, unit_id, here, there, times = (int(value) for value in sys.argv[1:6])
    for number in range(times):
        now = timezone.now()
        actor = accounts.actor(account_id, at=now)
        if actor is None:
            raise SystemExit("nobody to move it")
        moves.move(actor=actor, unit_id=unit_id, parent_id=(there, here)[number % 2], now=now)
        sys.stdout.write(f"{number + 1}\n")
        sys.stdout.flush()
        time.sleep(PAUSE)


if __name__ == "__main__":
    main()
