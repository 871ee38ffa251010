"""What has to be done over and over, whatever the business: schedules in config/wiring.py."""

from datetime import datetime
from typing import Final

import structlog
from asgiref.sync import async_to_sync
from django.contrib.sessions.backends.db import SessionStore
from procrastinate import manager
from procrastinate.contrib.django import django_connector

SILENT_SECONDS: Final = 60
"""A worker shows a heartbeat every ten seconds; one that is silent for longer is dead."""

KEPT_HOURS: Final = 7 * 24

log = structlog.get_logger(__name__)


def retry_stalled_jobs(now: datetime) -> None:
    """Every job that a dead worker had in hand is to be done again.

    procrastinate leaves such a job as it is: without this, the news it carries would be lost
    with the process.
    """
    jobs = manager.JobManager(django_connector.DjangoConnector())
    for job in async_to_sync(jobs.get_stalled_jobs)(seconds_since_heartbeat=SILENT_SECONDS):
        log.warning("a worker died over a job", job=job.id, task=job.task_name)
        async_to_sync(jobs.retry_job)(job, retry_at=now)


def forget_finished_jobs(now: datetime) -> None:
    """Jobs that were done a week ago are gone; jobs that failed for good stay to be seen."""
    jobs = manager.JobManager(django_connector.DjangoConnector())
    async_to_sync(jobs.delete_old_jobs)(nb_hours=KEPT_HOURS)


def forget_ended_sessions(now: datetime) -> None:
    """Sessions past their time are gone from the database."""
    SessionStore.clear_expired()
