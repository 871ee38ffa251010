"""What recurs: jobs of dead workers are done again, what has ended is forgotten."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from core import events, jobs, upkeep


def _job(status: str, *, silent_for: timedelta | None) -> int:
    with connection.cursor() as cursor:
        worker = None
        if silent_for is not None:
            cursor.execute(
                "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - %s::interval)"
                " RETURNING id",
                [f"{silent_for.total_seconds()} seconds"],
            )
            worker = cursor.fetchone()[0]
        cursor.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, status, worker_id)"
            " VALUES ('events', %s, %s, %s) RETURNING id",
            [events.EVENT_TASK, status, worker],
        )
        return int(cursor.fetchone()[0])


def _status(job: int) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT status FROM procrastinate_jobs WHERE id = %s", [job])
        return str(cursor.fetchone()[0])


@pytest.mark.django_db
def test_a_job_of_a_dead_worker_is_done_again() -> None:
    dead = _job("doing", silent_for=timedelta(minutes=5))
    orphan = _job("doing", silent_for=None)
    upkeep.retry_stalled_jobs(timezone.now())
    assert [_status(dead), _status(orphan)] == ["todo", "todo"]


@pytest.mark.django_db
def test_a_job_of_a_live_worker_is_left_to_it() -> None:
    job = _job("doing", silent_for=timedelta(seconds=5))
    upkeep.retry_stalled_jobs(timezone.now())
    assert _status(job) == "doing"


@pytest.mark.django_db
def test_a_worker_counts_as_alive_by_its_heartbeat() -> None:
    _job("doing", silent_for=timedelta(minutes=5))
    assert not jobs.worker_is_alive()
    _job("doing", silent_for=timedelta(seconds=5))
    assert jobs.worker_is_alive()
