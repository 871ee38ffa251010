"""Logs: one JSON line each, carrying the id of the request that caused it."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import structlog


def request_id() -> str:
    """The id of the request being served, empty outside of one."""
    value = structlog.contextvars.get_contextvars().get("request_id", "")
    return str(value)


@contextmanager
def bound(**values: str) -> Iterator[None]:
    """Every line written inside carries the values."""
    with structlog.contextvars.bound_contextvars(**values):
        yield


def configuration(*, level: str, as_json: bool) -> dict[str, Any]:
    """A logging configuration: JSON for machines, lines for people, coloured on a terminal."""
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    renderer = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if as_json
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "structured": {
                "()": structlog.stdlib.ProcessorFormatter,
                "processor": renderer,
                "foreign_pre_chain": shared,
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "structured"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {"procrastinate": {"level": "WARNING"}},  # else a line per stored event
    }
