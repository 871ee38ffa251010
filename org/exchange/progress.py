"""How far a job has come, for a page that watches; lost with the store without harm."""

import json
from dataclasses import asdict, dataclass
from typing import Final

import structlog
from redis.exceptions import RedisError

from core import redis

_KEPT_SECONDS: Final = 3_600
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Progress:
    """What is being done, and how much of it is."""

    phase: str
    done: int
    total: int

    @property
    def percent(self) -> int:
        """Of the present phase; 100 only when it is over."""
        return min(100, self.done * 100 // self.total) if self.total else 0


def report(import_id: int, phase: str, done: int = 0, total: int = 0) -> None:
    """Pages that watch the import are told."""
    try:
        text = json.dumps(asdict(Progress(phase, done, total)))
        redis.connection().set(_key(import_id), text, ex=_KEPT_SECONDS)
    except RedisError:
        # The import goes on: nobody but a waiting page depends on this.
        log.warning("progress is not told", import_id=import_id)


def of(import_id: int) -> Progress | None:
    """The last that was told, None where nothing was."""
    try:
        held = redis.connection().get(_key(import_id))
    except RedisError:
        log.warning("progress is not known", import_id=import_id)
        return None
    return Progress(**json.loads(held)) if isinstance(held, bytes | str) else None


def _key(import_id: int) -> str:
    return f"org:import:{import_id}"
