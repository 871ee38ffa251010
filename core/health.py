"""Is the process up, and is everything it needs?"""

from collections.abc import Callable

import structlog
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from minio.error import MinioException
from redis.exceptions import RedisError
from urllib3.exceptions import HTTPError

from core import jobs, redis, storage

log = structlog.get_logger(__name__)

_FAILURES = (DatabaseError, RedisError, MinioException, HTTPError, OSError)


def healthz(request: HttpRequest) -> JsonResponse:
    """The process answers. Says nothing about what it depends on."""
    return JsonResponse({"status": "ok"})


def readyz(request: HttpRequest) -> JsonResponse:
    """200 when database, migrations, store, objects and a worker are there, 503 otherwise."""
    checks: dict[str, Callable[[], bool]] = {
        "database": _database,
        "migrations": _migrations,
        "valkey": lambda: bool(redis.connection().ping()),
        "storage": storage.is_ready,
        "worker": jobs.worker_is_alive,
    }
    parts = {name: _passes(name, check) for name, check in checks.items()}
    ready = all(parts.values())
    body = {"status": "ok" if ready else "unavailable", "checks": parts}
    return JsonResponse(body, status=200 if ready else 503)


def _passes(name: str, check: Callable[[], bool]) -> bool:
    try:
        return check()
    except _FAILURES as error:
        log.warning("not ready", part=name, reason=type(error).__name__)
        return False


def _database() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        return bool(cursor.fetchone() == (1,))


def _migrations() -> bool:
    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())
