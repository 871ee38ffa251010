"""A Valkey that does not answer costs one caller its two seconds, not everybody."""

import pytest
import redis

from messaging import fanout, outage
from messaging.outage import Outage


def test_while_valkey_answers_everybody_calls() -> None:
    held = Outage()
    assert not held.spared()
    held.over()
    assert not held.spared()


def test_after_a_failure_nobody_calls_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outage, "REST_SECONDS", 3600.0)
    held = Outage()
    held.failed()
    assert held.spared()


def test_then_one_tries_while_the_others_still_do_without(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outage, "REST_SECONDS", 0.0)
    monkeypatch.setattr(outage, "TRIAL_SECONDS", 3600.0)
    held = Outage()
    held.failed()
    assert [held.spared() for _ in range(3)] == [False, True, True]
    held.over()
    assert not held.spared()


def test_a_failure_of_valkey_is_forgiven_and_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    held = Outage()
    monkeypatch.setattr(outage, "_here", held)
    monkeypatch.setattr(outage, "REST_SECONDS", 3600.0)
    called = []
    for _ in range(2):
        with outage.forgiven("a test") as is_called:
            called.append(is_called)
            if is_called:
                raise redis.ConnectionError
    assert called == [True, False]


def test_other_faults_are_not_forgiven() -> None:
    with pytest.raises(ValueError, match="own"), outage.forgiven("a test"):
        raise ValueError("own")


def test_what_failed_while_others_were_told_is_told_with_what_comes_next() -> None:
    debt = fanout._Debt()
    assert debt.owed() == 0
    debt.note()
    told_of = debt.owed()
    debt.note()
    debt.settle(told_of)
    assert debt.owed() == 2
    debt.settle(0)  # by whoever began when nothing was owed
    assert debt.owed() == 2
    debt.settle(2)
    assert debt.owed() == 0
