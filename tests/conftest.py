"""Fixtures that every test may use. Services come from the environment (`make test`)."""

import json
import os
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.test import TransactionTestCase, override_settings
from django.test.utils import CaptureQueriesContext
from pytest_django.plugin import DjangoDbBlocker
from xdist.scheduler import LoadFileScheduling, LoadScopeScheduling

from core import audit
from core.audit import denials, tallies
from core.models import AuditHead
from tests import databases

TESTS = Path(__file__).parent
SITES = {
    # A node's cables come and go on this host as well, and with each the browser drops whatever it
    # is loading (ERR_NETWORK_CHANGED): the two never run beside each other.
    "journeys": ("tests/journeys", "tests/messaging/test_socket_nodes.py"),
    "sockets": (
        "tests/messaging/test_socket",
        "tests/messaging/test_ding_sockets.py",
        "tests/messaging/test_downloads.py",
        "tests/messaging/test_drafts.py",
        "tests/messaging/test_gone_clients.py",
        "tests/messaging/test_presence.py",
    ),
    "sdk": ("tests/sdk",),
}
"""How the names of those begin that share a running site, by site: a start of one is dear."""
LONGEST = (
    "journeys",
    "sockets",
    "tests/drills/test_short_cut.py",
    "tests/org/test_scim_contract.py",
    "sdk",
    "tests/messaging/test_polling.py",
    "tests/core/test_localstack.py",
    "tests/org/test_tree_races.py",
    "tests/core/test_bodies.py",
    "tests/org/test_upstream.py",
    "tests/documents/test_circulation.py",
    "tests/contracts/test_layers.py",
    "tests/messaging/test_files.py",
    "tests/approvals/test_engine.py",
    "tests/workbench/test_seed_demo.py",
    "tests/workbench/test_audit_words.py",
)
"""The sites and files that take many seconds, the longest first."""
Budget = Callable[[str], AbstractContextManager[None]]


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--record-budget` writes the SQL counts it sees instead of checking them."""
    parser.addoption("--record-budget", action="store_true", help="re-record SQL budgets")


class _SitesTogether(LoadFileScheduling):  # type: ignore[misc]  # pytest-xdist ships no types
    """Gives a process whole files, and one process all files that share a running site."""

    def _split_scope(self, nodeid: str) -> str:
        return _scope(nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling | None:
    """Keeps the files of one site together where files are given out; no other way changes."""
    return _SitesTogether(config, log) if config.getoption("dist") == "loadfile" else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest begins first, so that no process is left alone with it at the end."""
    items.sort(key=lambda item: _place(item.nodeid))


def _place(nodeid: str) -> int:
    scope = _scope(nodeid)
    return LONGEST.index(scope) if scope in LONGEST else len(LONGEST)


def _scope(nodeid: str) -> str:
    """The site that the test shares with others, or else its file."""
    file = nodeid.partition("::")[0]
    return next((site for site, starts in SITES.items() if file.startswith(starts)), file)


@pytest.fixture(scope="session", autouse=True)
def _cheap_passwords() -> Iterator[None]:
    """Signing in costs nothing; the real hasher has a test of its own."""
    with override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"]):
        yield


@pytest.fixture(scope="session", autouse=True)
def _own_store() -> Iterator[None]:
    """Each pytest-xdist worker keeps to a Valkey database of its own."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    base, _, index = settings.REDIS_URL.rpartition("/")
    url = f"{base}/{int(index or 0) + worker}"
    caches = {"default": {**settings.CACHES["default"], "LOCATION": url}}
    with override_settings(REDIS_URL=url, CACHES=caches):
        yield


@pytest.fixture(scope="session", autouse=True)
def _own_seals() -> Iterator[None]:
    """Seals of earlier runs, which nobody can delete, are not this run's."""
    with override_settings(AUDIT_SEALS_FOLDER=f"tests/{uuid.uuid4()}"):
        yield


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """The test database begins as a copy of the one that `make test` has migrated, if there is one.

    Django migrates what the copy still lacks.
    """
    if databases.template():
        connection.settings_dict["TEST"]["TEMPLATE"] = databases.template()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    """Lets Django empty the audit log after a test that commits, and opens it again.

    Outside of tests the database refuses to truncate the log; a test of its own proves it.
    The stored events go too: Django passes over tables that it does not manage, and the next
    test's worker would handle news of people who are gone.
    """
    case_class: Any = TransactionTestCase
    empty_all_tables = case_class._fixture_teardown

    def empty_and_open(case: TransactionTestCase) -> None:
        empty_all_tables(case)
        with connection.cursor() as cursor:
            cursor.execute(
                "TRUNCATE procrastinate_jobs, procrastinate_events, procrastinate_periodic_defers"
            )
        AuditHead.objects.bulk_create(
            AuditHead(chain=chain, digest=audit.GENESIS) for chain in range(audit.CHAINS)
        )

    case_class._fixture_teardown = empty_and_open
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE core_auditentry DISABLE TRIGGER audit_entry_no_truncate")


@pytest.fixture(autouse=True)
def _fresh_cache(_own_store: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rate limits, lockouts and counted refusals of one test do not reach the next."""
    cache.clear()
    monkeypatch.setattr(denials, "_tally", tallies.Tally())


@pytest.fixture
def budget(request: pytest.FixtureRequest) -> Budget:
    """`with budget("org.units.children"):` demands exactly the recorded number of queries."""
    record = bool(request.config.getoption("--record-budget"))

    @contextmanager
    def spend(endpoint: str) -> Iterator[None]:
        with CaptureQueriesContext(connection) as spent:
            yield
        path = TESTS / endpoint.split(".", 1)[0] / "query_budget.json"
        recorded: dict[str, int] = json.loads(path.read_text()) if path.exists() else {}
        if record:
            recorded[endpoint] = len(spent)
            path.write_text(json.dumps(recorded, indent=2, sort_keys=True) + "\n")
            return
        # Django does not know the text of a prepared statement.
        statements = "\n".join(query["sql"] or "(prepared)" for query in spent.captured_queries)
        assert len(spent) == recorded.get(endpoint), f"{endpoint}:\n{statements}"

    return spend


@pytest.fixture
def run_jobs() -> Callable[[], int]:
    """Runs every job that is due, in this transaction, until none is left.

    The handlers run as in the worker, except that an error reaches the test.
    """
    from tests import jobs  # needs Django's apps to be ready

    return jobs.run_due


@pytest.fixture
def sound_audit(db: Any) -> Iterator[None]:
    """The audit chain is whole after the test."""
    yield
    assert audit.verify().faults == ()
