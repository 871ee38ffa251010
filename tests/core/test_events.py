"""Events are stored with the act and heard once it is committed."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import pytest
from django.db import connection, transaction

from core import errors, events

LATER = timedelta(days=400)


@dataclass(frozen=True, slots=True, kw_only=True)
class BellRung(events.Event):
    """Heard by this test only."""

    name: ClassVar[str] = "core.bell_rung"
    times: int
    at: datetime


heard: list[BellRung] = []


def listen(event: BellRung, now: datetime) -> None:
    heard.append(event)


def refuse(event: BellRung, now: datetime) -> None:
    raise errors.Unavailable


@pytest.fixture
def wired(monkeypatch: pytest.MonkeyPatch, db: None) -> None:
    heard.clear()
    monkeypatch.setattr(events, "subscriptions", lambda: {BellRung: (listen,)})


def _stored() -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT args->>'event', queue_name, scheduled_at FROM procrastinate_jobs"
            " WHERE args->>'event' = 'core.bell_rung' ORDER BY id"
        )
        return list(cursor.fetchall())


RING = BellRung(times=3, at=datetime(2026, 11, 23, 9, tzinfo=UTC))


def test_a_published_event_reaches_its_handler_whole(
    wired: None, run_jobs: Callable[[], int]
) -> None:
    events.publish(RING)
    assert heard == []
    assert run_jobs() == 1
    assert heard == [RING]


def test_an_event_vanishes_with_the_act_that_rolled_back(wired: None) -> None:
    with pytest.raises(errors.Conflict), transaction.atomic():
        events.publish(RING)
        assert len(_stored()) == 1
        raise errors.Conflict
    assert _stored() == []


def test_a_timer_waits_for_its_time(wired: None, run_jobs: Callable[[], int]) -> None:
    due_at = RING.at + LATER
    events.publish(RING, due_at=due_at)
    assert _stored() == [("core.bell_rung", "events", due_at)]
    assert run_jobs() == 0


def test_each_handler_is_a_job_of_its_own(monkeypatch: pytest.MonkeyPatch, db: None) -> None:
    monkeypatch.setattr(events, "subscriptions", lambda: {BellRung: (listen, refuse)})
    events.publish(RING)
    assert len(_stored()) == 2


def test_an_unknown_handler_is_a_bug_and_not_a_silence(wired: None) -> None:
    payload = {"times": 3, "at": "2026-11-23T09:00:00Z"}
    with pytest.raises(LookupError):
        events.handle(event="core.bell_rung", handler="x.y", payload=payload, now=RING.at)


@pytest.mark.django_db(transaction=True)
def test_publishing_outside_a_transaction_is_a_bug() -> None:
    with pytest.raises(RuntimeError, match="inside the transaction"):
        events.publish(RING)
