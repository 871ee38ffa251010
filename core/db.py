"""Transactions: a service is one, and what follows the commit is said here only."""

from collections.abc import Callable
from functools import wraps
from typing import Final, ParamSpec, TypeVar

import structlog
from django.db import OperationalError, connection, transaction

from core import errors

P = ParamSpec("P")
R = TypeVar("R")

log = structlog.get_logger(__name__)

_CLASHES: Final = frozenset({"40P01", "40001"})
"""What PostgreSQL says to whom it gives up, deadlock and serialisation failure: try again."""
SERVICE_MARK: Final = "__tongwen_service__"


def service(function: Callable[P, R]) -> Callable[P, R]:
    """Marks a function as a service and runs it in one transaction.

    A service that calls another joins its transaction. Where the database gives the transaction
    up for another's sake it runs once more, and is refused (errors.Busy) after the second time.
    The contract tests look for the mark on every public function under `services`.
    """

    @wraps(function)
    def in_transaction(*args: P.args, **kwargs: P.kwargs) -> R:
        if connection.in_atomic_block:
            with transaction.atomic():
                return function(*args, **kwargs)
        try:
            with transaction.atomic():
                return function(*args, **kwargs)
        except OperationalError as clash:
            _require_clash(clash)
            log.warning("transaction given up, once more", service=function.__qualname__)
        try:
            with transaction.atomic():
                return function(*args, **kwargs)
        except OperationalError as clash:
            _require_clash(clash)
            raise errors.Busy from clash

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


def let_go() -> None:
    """The connection is free for other requests while this one does something slow without it.

    The next query takes one again. Within a transaction nothing happens.
    """
    if not connection.in_atomic_block:
        connection.close()


def advisory_lock_shared(key: int) -> None:
    """Holds the advisory lock in shared mode until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [key])


def advisory_lock_exclusive(key: int) -> None:
    """Holds the advisory lock alone until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [key])


def _require_clash(error: OperationalError) -> None:
    """Raises again what is no clash of two transactions."""
    if getattr(error.__cause__, "sqlstate", "") not in _CLASHES:
        raise error
