"""What the tests of DING say to each other: opening one, and letting time pass."""

import json
import uuid
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from core import events
from messaging.models import Ding, DingEvidence, DingTarget
from tests.messaging.conftest import Phone

_TAKE = """
    UPDATE procrastinate_jobs SET status = 'doing'
     WHERE id = (SELECT id FROM procrastinate_jobs
                  WHERE status = 'todo' AND task_name = %s
                    AND args ->> 'event' = 'messaging.ding_due'
                    AND (scheduled_at IS NULL OR scheduled_at <= %s)
                  ORDER BY scheduled_at NULLS FIRST, id LIMIT 1)
    RETURNING id, args"""


def send(phone: Phone, room: int, *others: Phone, body: str = "立即到岗", **more: Any) -> Any:
    """The answer to a message that calls people."""
    content = {
        "conversation_id": room,
        "client_message_id": str(uuid.uuid4()),
        "body": body,
        "person_ids": [other.person_id for other in others],
        **more,
    }
    return phone.call("post", "/dings", content)


def opened(phone: Phone, room: int, *others: Phone, **more: Any) -> int:
    """The id of a DING that calls people by a new message."""
    answer = send(phone, room, *others, **more)
    assert answer.status_code == 200, answer.content
    return int(answer.json()["ding_id"])


def of_message(phone: Phone, room: int, seq: int, *others: Phone, **more: Any) -> Any:
    """The answer to a DING of an existing message."""
    content = {
        "client_ding_id": str(uuid.uuid4()),
        "person_ids": [other.person_id for other in others],
        **more,
    }
    return phone.call("post", f"/conversations/{room}/messages/{seq}/dings", content)


def confirm(phone: Phone, ding_id: int) -> Any:
    """The answer to a confirmation."""
    return phone.call("put", f"/dings/{ding_id}/confirmation", {})


def pass_minutes(ding_id: int, minutes: float) -> None:
    """All timers have run that are due so long after the opening, each at its time."""
    run_until(Ding.objects.get(pk=ding_id).opened_at + timedelta(minutes=minutes))


def run_until(end: datetime) -> None:
    """Every timer that is due by then has run, at that time."""
    while (job := _take(end)) is not None:
        arguments = job[1]
        events.handle(
            event=arguments["event"],
            handler=arguments["handler"],
            payload=arguments["payload"],
            now=end,
        )


def states(ding_id: int) -> dict[int, str]:
    """How the DING stands with everybody it calls."""
    rows = DingTarget.objects.filter(ding_id=ding_id).order_by("person_id")
    return dict(rows.values_list("person_id", "state"))


def evidence(ding_id: int, phone: Phone) -> list[tuple[str, str, str]]:
    """What was done for a person: step, outcome, words."""
    rows = DingEvidence.objects.filter(ding_id=ding_id, person_id=phone.person_id)
    order = ["app", "push", "sms", "voice", "duty", "leader", "end"]
    found = list(rows.values_list("step", "outcome", "said"))
    return sorted(found, key=lambda row: order.index(row[0]))


def _take(end: datetime) -> tuple[int, dict[str, Any]] | None:
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, [events.EVENT_TASK, end])
        found: tuple[int, Any] | None = cursor.fetchone()
    if found is None:
        return None
    return found[0], json.loads(found[1])
