"""Transactions: a service is one, and what follows the commit is said here only."""

from collections.abc import Callable
from functools import wraps
from typing import Final, ParamSpec, TypeVar

from django.db import connection, transaction

P = ParamSpec("P")
R = TypeVar("R")

SERVICE_MARK: Final = "__tongwen_service__"


def service(function: Callable[P, R]) -> Callable[P, R]:
    """Marks a function as a service and runs it in one transaction.

    A service that calls another joins its transaction. The contract tests look for the
    mark on every public function under `services`.
    """

    @wraps(function)
    def in_transaction(*args: P.args, **kwargs: P.kwargs) -> R:
        with transaction.atomic():
            return function(*args, **kwargs)

    setattr(in_transaction, SERVICE_MARK, True)
    return in_transaction


def is_service(function: object) -> bool:
    """Whether `service` decorates the function."""
    return getattr(function, SERVICE_MARK, False) is True


def after_commit(act: Callable[[], None]) -> None:
    """Runs `act` once the current transaction is committed, and never if it rolls back.

    Only for what may be lost with the process, such as waking sockets: news that must
    arrive is an event (core.events).
    """
    transaction.on_commit(act)


def advisory_lock_shared(key: int) -> None:
    """Holds the advisory lock in shared mode until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [key])


def advisory_lock_exclusive(key: int) -> None:
    """Holds the advisory lock alone until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [key])
