"""Tests on several connections: until one of them waits."""

from concurrent.futures import Future
from typing import Any

from django.db import connection


def for_a_lock(other: Future[Any]) -> None:
    """Returns once somebody waits for a lock in this database, or the other has not had to."""
    with connection.cursor() as cursor:
        while not other.done():
            # In a transaction, who waits is otherwise looked up once.
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute(
                "SELECT count(*), pg_sleep(0.02) FROM pg_stat_activity"
                " WHERE datname = current_database() AND wait_event_type = 'Lock'"
            )
            if cursor.fetchone()[0]:
                return
