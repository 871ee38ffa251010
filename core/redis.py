"""Connections to the Redis-compatible store: one sync pool, one async client a loop."""

from functools import lru_cache

import redis
import redis.asyncio
from django.conf import settings


@lru_cache(maxsize=1)
def connection() -> redis.Redis:
    """The process's shared client. Calls give up after 2 s: nothing true lives there."""
    return redis.Redis.from_url(
        settings.REDIS_URL,
        max_connections=64,
        socket_timeout=2,
        socket_connect_timeout=2,
        health_check_interval=30,
    )


def async_connection() -> redis.asyncio.Redis:
    """A new async client. Reads block for as long as it takes: it is made for pub/sub.

    redis-py would otherwise close a silent subscription after its default timeout. And its parser
    of the newer protocol writes every message out for a log that nobody reads.
    """
    return redis.asyncio.Redis.from_url(
        settings.REDIS_URL,
        socket_timeout=None,
        socket_connect_timeout=2,
        health_check_interval=15,
        protocol=2,
    )
