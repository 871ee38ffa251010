"""Sends notices until it is told to end, each until it is stored.

    python -m drills.noticer SECONDS PERSON...

Prints the title of each notice that was acknowledged: by then it is committed.
"""

import os
import sys
import time
import uuid

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.db import Error, close_old_connections  # noqa: E402  # Django's apps come first
from django.utils import timezone  # noqa: E402

from core.actor import system  # noqa: E402
from core.errors import Unavailable  # noqa: E402
from messaging.services import notices  # noqa: E402

SOURCE = "drills"
PAUSE = 0.3


def main() -> None:
    """One notice after the other, `seconds` apart."""
    seconds, person_ids = float(sys.argv[1]), [int(value) for value in sys.argv[2:]]
    while True:
        title = f"演练通知 {uuid.uuid4()}"
        while not _is_sent(title, person_ids):
            time.sleep(PAUSE)
        sys.stdout.write(f"{title}\n")
        sys.stdout.flush()
        time.sleep(seconds)


def _is_sent(title: str, person_ids: list[int]) -> bool:
    """Whether it is stored; asked again under the same key it is stored once."""
    close_old_connections()
    try:
        notices.send(
            actor=system(SOURCE),
            source=SOURCE,
            source_name="演练",
            key=title,
            person_ids=person_ids,
            title=title,
            body="请查收",
            link="/messages/",
            now=timezone.now(),
        )
    except (Error, Unavailable):
        return False
    return True


if __name__ == "__main__":
    main()
