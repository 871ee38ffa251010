"""Refused attempts: none goes by unseen, and nobody writes the log full with them."""

from datetime import UTC, datetime, timedelta

import pytest

from core import audit, errors
from core.actor import Actor, ActorKind
from core.audit import denials
from core.models import AuditEntry

NOW = datetime(2026, 11, 23, 1, 2, 3, tzinfo=UTC)
CLERK = Actor(kind=ActorKind.PERSON, name="王小明", account_id=7, person_id=70)
OTHER = Actor(kind=ActorKind.PERSON, name="李小红", account_id=8, person_id=80)

pytestmark = pytest.mark.django_db


def _refused(times: int, *, actor: Actor = CLERK, now: datetime = NOW) -> list[int]:
    return [
        audit.record_denial(actor=actor, refusal=errors.NotFound(), path="/x", now=now)
        for _ in range(times)
    ]


def _told() -> list[dict[str, object]]:
    rows = AuditEntry.objects.filter(action="core.access.denied").order_by("id")
    return list(rows.values_list("detail", flat=True))


def test_few_refusals_have_an_entry_each() -> None:
    assert _refused(denials.SINGLY_AT_MOST) == list(range(1, 31))
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
    assert _told()[30:] == [{"code": "NOT_FOUND", "untold": 10}]
    assert _refused(1, now=NOW + timedelta(minutes=1)) == [2]
    assert _told()[31:] == [{"code": "NOT_FOUND"}]


def test_one_actor_is_not_counted_for_another() -> None:
    _refused(500)
    assert _refused(1, actor=OTHER) == [1]
    assert AuditEntry.objects.filter(account_id=OTHER.account_id).count() == 1


def test_those_who_were_refused_long_ago_are_forgotten_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(denials, "REMEMBERED_AT_MOST", 1)
    _refused(2)
    _refused(1, actor=OTHER)
    assert _refused(1) == [1]
