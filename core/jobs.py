"""Background work: the one task that hands stored events to handlers, and schedules.

Imported by procrastinate when Django is ready (settings.PROCRASTINATE_IMPORT_PATHS).
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils import timezone
from django.utils.module_loading import import_string
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from core import events, logs
from core.events import Schedule


@app.task(
    name=events.EVENT_TASK,
    queue=events.EVENT_QUEUE,
    retry=RetryStrategy(max_attempts=12, exponential_wait=3),
)
def handle_event(event: str, handler: str, payload: dict[str, Any], request_id: str) -> None:
    """Runs one handler of one stored event; tried again, later each time, if it fails."""
    with logs.bound(request_id=request_id, handler=handler):
        events.handle(event=event, handler=handler, payload=payload, now=timezone.now())


def register_schedules() -> None:
    """Every schedule of the wiring is known to the worker."""
    schedules: Sequence[Schedule] = import_string(settings.EVENT_SCHEDULES)
    for schedule in schedules:
        _register(schedule)


def worker_is_alive(*, within: timedelta = timedelta(seconds=30)) -> bool:
    """Whether some worker has shown a heartbeat lately."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM procrastinate_workers"
            " WHERE last_heartbeat > now() - %s::interval)",
            [f"{within.total_seconds()} seconds"],
        )
        row = cursor.fetchone()
    return bool(row and row[0])


def _register(schedule: Schedule) -> None:
    def run(timestamp: int) -> None:
        with logs.bound(schedule=schedule.name):
            schedule.run(timezone.now())

    task = app.task(name=f"schedule.{schedule.name}", queue="schedules")(run)
    app.periodic(cron=schedule.cron)(task)


register_schedules()
