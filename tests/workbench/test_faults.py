"""What people and programs are told when something fails that no code foresees."""

from collections.abc import Callable, Iterator

import pytest
from django.db import Error, InternalError, OperationalError, connection
from django.test import Client

from tests.factories import Province

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(province: Province) -> Client:
    """王伟民's, which gets an answer where the test's own would get the exception."""
    client = province.client("王伟民")
    client.raise_request_exception = False
    return client


@pytest.fixture
def failing() -> Iterator[Callable[[type[Error]], None]]:
    """From now on every query ends so."""
    raised: list[type[Error]] = []

    def fail(execute: object, *statement: object) -> object:
        raise raised[0]("no room")

    def begin(fault: type[Error]) -> None:
        raised.append(fault)
        connection.execute_wrappers.append(fail)

    yield begin
    connection.execute_wrappers.remove(fail)


def test_programs_are_told_that_a_failing_database_passes(
    client: Client, failing: Callable[[type[Error]], None]
) -> None:
    failing(OperationalError)
    answer = client.get("/api/v1/messaging/heads")
    assert (answer.status_code, answer.json()["code"]) == (503, "UNAVAILABLE")


def test_people_are_told_that_a_failing_database_passes(
    client: Client, failing: Callable[[type[Error]], None]
) -> None:
    failing(OperationalError)
    answer = client.get("/messages/")
    assert answer.status_code == 503
    assert "服务暂时不可用，请稍后再试" in answer.content.decode()


def test_any_other_fault_is_a_bug(client: Client, failing: Callable[[type[Error]], None]) -> None:
    failing(InternalError)
    answer = client.get("/api/v1/messaging/heads")
    assert (answer.status_code, answer.json()["code"]) == (500, "FAULT")
