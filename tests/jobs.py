"""Runs stored events as the worker would, inside the test's own transaction."""

import json
from typing import Any

from django.db import connection
from django.utils import timezone

from core import events

_TAKE_DUE = """
    UPDATE procrastinate_jobs SET status = 'doing'
    WHERE id = (SELECT id FROM procrastinate_jobs
                WHERE status = 'todo' AND task_name = %s
                  AND (scheduled_at IS NULL OR scheduled_at <= now())
                ORDER BY id LIMIT 1)
    RETURNING id, args
"""


def run_due() -> int:
    """How many jobs ran; jobs that they publish run too."""
    ran = 0
    while (job := _take()) is not None:
        job_id, arguments = job
        events.handle(
            event=arguments["event"],
            handler=arguments["handler"],
            payload=arguments["payload"],
            now=timezone.now(),
        )
        _finish(job_id)
        ran += 1
    return ran


def _take() -> tuple[int, dict[str, Any]] | None:
    with connection.cursor() as cursor:
        cursor.execute(_TAKE_DUE, [events.EVENT_TASK])
        row = cursor.fetchone()
    return row if row is None else (row[0], json.loads(row[1]))


def _finish(job_id: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET status = 'succeeded' WHERE id = %s", [job_id])
