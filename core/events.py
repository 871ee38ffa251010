"""News: stored in the transaction of the act, heard by handlers in a worker.

Each (event, handler) pair is one procrastinate job, so a handler that fails is retried
alone. Who hears what stands in config/wiring.py and nowhere else.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, ClassVar, Final, TypeVar

from django.conf import settings
from django.db import transaction
from django.utils.module_loading import import_string
from procrastinate import manager, tasks
from procrastinate.contrib.django import django_connector
from pydantic import TypeAdapter

from core import logs

EVENT_TASK: Final = "core.handle_event"
EVENT_QUEUE: Final = "events"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened. Subclasses are frozen, and named `<app>.<past_tense>`."""

    name: ClassVar[str]


E = TypeVar("E", bound=Event)

Handler = Callable[[Any, datetime], None]
"""Takes the event and the time. Runs at least once, so it must bear a second run."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """Work that recurs. `cron` has five fields, in UTC."""

    name: str
    cron: str
    run: Callable[[datetime], None]


Subscriptions = Mapping[type[Event], Sequence[Handler]]


def publish(event: Event, *, due_at: datetime | None = None) -> None:
    """The event reaches each of its handlers once the caller's transaction has committed.

    With `due_at` it is a timer: it arrives then, and the handler checks whether it still
    matters.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("events.publish belongs inside the transaction of the act")
    handlers = subscriptions().get(type(event), ())
    payload = TypeAdapter(type(event)).dump_python(event, mode="json")
    for handler in handlers:
        _job(due_at).defer(
            event=event.name,
            handler=handler_name(handler),
            payload=payload,
            request_id=logs.request_id(),
        )


def handle(*, event: str, handler: str, payload: dict[str, Any], now: datetime) -> None:
    """One handler has heard one stored event. LookupError if the wiring knows neither."""
    for kind, handlers in subscriptions().items():
        if kind.name == event:
            restored = TypeAdapter(kind).validate_python(payload)
            for candidate in handlers:
                if handler_name(candidate) == handler:
                    candidate(restored, now)
                    return
    raise LookupError(f"no handler {handler} is wired to the event {event}")


def handler_name(handler: Handler) -> str:
    """The dotted path by which a stored event finds its handler again."""
    return f"{handler.__module__}.{handler.__qualname__}"


@lru_cache(maxsize=1)
def subscriptions() -> Subscriptions:
    """The wiring of this installation, read once."""
    wiring: Subscriptions = import_string(settings.EVENT_SUBSCRIPTIONS)
    return wiring


def _job(due_at: datetime | None) -> Any:
    # Always Django's own connection, also inside a worker, whose app has one of its own:
    # the job must commit or vanish with the act.
    jobs = manager.JobManager(django_connector.DjangoConnector())
    return tasks.configure_task(
        name=EVENT_TASK, job_manager=jobs, queue=EVENT_QUEUE, schedule_at=due_at
    )
