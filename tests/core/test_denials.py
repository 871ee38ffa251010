"""Refused attempts: none goes by unseen, and nobody writes the log full with them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.db import DatabaseError, connection
from django.test import Client

from core import audit, errors
from core.actor import Actor, ActorKind
from core.audit import denials, tallies
from core.models import AuditEntry
from tests import factories

NOW = datetime(2026, 11, 23, 1, 2, 3, tzinfo=UTC)
CLERK = Actor(kind=ActorKind.PERSON, name="王小明", account_id=7, person_id=70)
OTHER = Actor(kind=ActorKind.PERSON, name="李小红", account_id=8, person_id=80)

pytestmark = pytest.mark.django_db


def _refused(
    times: int, *, actor: Actor = CLERK, path: str = "/x", now: datetime = NOW
) -> list[int]:
    return [
        audit.record_denial(actor=actor, refusal=errors.NotFound(), path=path, now=now)
        for _ in range(times)
    ]


def _told() -> list[dict[str, object]]:
    rows = AuditEntry.objects.filter(action="core.access.denied").order_by("id")
    return list(rows.values_list("detail", flat=True))


def test_few_refusals_have_an_entry_each() -> None:
    assert _refused(tallies.SINGLY_AT_MOST) == list(range(1, 31))
    assert _told() == [{"code": "NOT_FOUND"}] * 30


def test_many_are_counted_in_entries_that_grow_rarer() -> None:
    assert _refused(500)[-1] == 500
    assert _told()[30:] == [
        {"code": "NOT_FOUND", "untold": untold} for untold in (29, 59, 119, 239)
    ]
    assert audit.verify().sound


def test_what_was_left_untold_is_told_with_the_next_refusal() -> None:
    _refused(40)
    assert _refused(1, now=NOW + timedelta(minutes=1)) == [1]
    assert _told()[30:] == [{"code": "NOT_FOUND", "untold": 9}, {"code": "NOT_FOUND"}]
    assert _refused(1, now=NOW + timedelta(minutes=1)) == [2]
    assert _told()[32:] == [{"code": "NOT_FOUND"}]


def test_one_actor_is_not_counted_for_another() -> None:
    _refused(500)
    assert _refused(1, actor=OTHER) == [1]
    assert AuditEntry.objects.filter(account_id=OTHER.account_id).count() == 1


def test_those_whose_minute_began_first_are_forgotten_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tallies, "REMEMBERED_AT_MOST", 1)
    _refused(2)
    _refused(1, actor=OTHER)
    assert _refused(1) == [1]


def test_what_was_counted_is_told_after_its_minute_without_another_refusal_of_that_actor() -> None:
    _refused(40)
    later = NOW + timedelta(minutes=1)
    denials.tell_counted(now=later - timedelta(seconds=1))
    assert len(_told()) == 30
    _refused(1, actor=OTHER, now=later)
    assert _told()[30:] == [{"code": "NOT_FOUND", "untold": 9}, {"code": "NOT_FOUND"}]
    last = AuditEntry.objects.filter(account_id=CLERK.account_id).latest("id")
    assert (last.at, last.object_id) == (NOW, "/x")
    denials.tell_counted(now=later + timedelta(minutes=5))
    assert len(_told()) == 32
    assert audit.verify().sound


def test_a_request_of_anybody_who_is_signed_in_tells_what_was_counted() -> None:
    province = factories.small_province()
    _refused(40)
    Client().get("/healthz")
    assert len(_told()) == 30
    province.client("王伟民").get("/directory/")
    assert {"code": "NOT_FOUND", "untold": 9} in _told()


def test_a_process_that_stops_tells_what_it_counted() -> None:
    _refused(40)
    denials.tell_all(now=NOW)
    assert _told()[30:] == [{"code": "NOT_FOUND", "untold": 9}]


def test_whoever_is_forgotten_for_others_is_told_of_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tallies, "REMEMBERED_AT_MOST", 1)
    _refused(40)
    _refused(1, actor=OTHER)
    assert _told()[30:] == [{"code": "NOT_FOUND", "untold": 9}, {"code": "NOT_FOUND"}]


def test_an_entry_for_many_names_what_was_asked_for_and_from_where() -> None:
    _refused(30)
    elsewhere = replace(CLERK, address="203.0.113.9", appointment_id=5)
    for number in range(29):
        _refused(1, path=f"/cases/{number}")
    _refused(1, actor=elsewhere, path="/cases/0")
    _refused(1)
    denials.tell_all(now=NOW)
    assert _told()[30:] == [
        {
            "code": "NOT_FOUND",
            "untold": 29,
            "paths": sorted(f"/cases/{number}" for number in range(1, 29)),
            "addresses": [""],
        },
        {"code": "NOT_FOUND"},
    ]


def test_what_could_not_be_told_is_told_later() -> None:
    _refused(59)
    with _no_log(), pytest.raises(DatabaseError):
        _refused(1)
    with _no_log():
        denials.tell_all(now=NOW)
    assert len(_told()) == 30
    denials.tell_counted(now=NOW)
    assert _told()[30:] == [{"code": "NOT_FOUND", "untold": 29}]


@contextmanager
def _no_log() -> Iterator[None]:
    """The database does not take the entries."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE core_auditentry RENAME TO core_auditentry_away")
        try:
            yield
        finally:
            cursor.execute("ALTER TABLE core_auditentry_away RENAME TO core_auditentry")
