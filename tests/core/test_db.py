"""Services are transactions: one that the database gives up runs once more."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import OperationalError, connection

from core import db, errors

pytestmark = [pytest.mark.live, pytest.mark.django_db(transaction=True)]

_LOW, _HIGH = 7_001, 7_002


def refuse(sqlstate: str) -> None:
    """The database gives up the transaction with this state."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"DO $$ BEGIN RAISE EXCEPTION 'given up' USING ERRCODE = '{sqlstate}'; END $$"
        )


def test_of_two_services_that_wait_for_each_other_both_are_done() -> None:
    meeting = Barrier(2)

    def run(first: int, second: int) -> int:
        tries = 0

        @db.service
        def take_both() -> None:
            nonlocal tries
            tries += 1
            db.advisory_lock_exclusive(first)
            if tries == 1:
                meeting.wait(timeout=30)
            db.advisory_lock_exclusive(second)

        try:
            take_both()
        finally:
            connection.close()
        return tries

    with ThreadPoolExecutor(2) as pool:
        tries = sorted(pool.map(run, (_LOW, _HIGH), (_HIGH, _LOW)))
    assert tries == [1, 2]


@pytest.mark.parametrize("sqlstate", ["40001", "40P01"])
def test_a_service_that_is_given_up_twice_is_refused_as_busy(sqlstate: str) -> None:
    tries = []

    @db.service
    def clash() -> None:
        tries.append(1)
        refuse(sqlstate)

    with pytest.raises(errors.Busy) as refused:
        clash()
    assert (len(tries), refused.value.status, refused.value.code) == (2, 503, "BUSY")


def test_other_failures_of_the_database_are_told_at_once() -> None:
    tries = []

    @db.service
    def fail() -> None:
        tries.append(1)
        refuse("57014")

    with pytest.raises(OperationalError):
        fail()
    assert tries == [1]
