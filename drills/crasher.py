"""Processes that die between the commit of a message and its publishing.

    python -m drills.crasher CONVERSATION PERSON COUNT

Each message is stored by a process of its own, which ends as by SIGKILL where it would have woken
the readers. Prints the client id of each that was committed.
"""

import os
import sys
import uuid
from typing import Final, NoReturn

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.utils import timezone  # noqa: E402  # Django's apps have to be ready before these

from core.actor import Actor, ActorKind  # noqa: E402
from messaging import fanout  # noqa: E402
from messaging.services import messages  # noqa: E402

DIED: Final = 9
BODY: Final = "已提交，未发布"


def main() -> None:
    """Stores so many messages of which nobody is told."""
    conversation_id, person_id, count = (int(value) for value in sys.argv[1:4])
    for _ in range(count):
        client_id = uuid.uuid4()
        child = os.fork()
        if child == 0:
            _send_and_die(conversation_id, person_id, client_id)
        _, status = os.waitpid(child, 0)
        if os.waitstatus_to_exitcode(status) == DIED:
            sys.stdout.write(f"{client_id}\n")
            sys.stdout.flush()


def _die(_parcels: object) -> None:
    os._exit(DIED)


def _send_and_die(conversation_id: int, person_id: int, client_id: uuid.UUID) -> NoReturn:
    setattr(fanout, "_publish", _die)  # noqa: B010  # mypy would rather have it say None
    actor = Actor(
        kind=ActorKind.PERSON,
        name="演练",
        account_id=None,
        person_id=person_id,
        appointment_id=None,
        unit_id=None,
    )
    try:
        messages.send(
            actor=actor,
            conversation_id=conversation_id,
            client_message_id=client_id,
            body=BODY,
            now=timezone.now(),
        )
    finally:
        os._exit(1)


if __name__ == "__main__":
    main()
