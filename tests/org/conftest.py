"""The small province, what is imported and planned there, and a sign-in service beside it."""

from collections.abc import Callable, Iterator

import pytest

from tests import factories
from tests.org import reorganising, upstream, upstream_service
from tests.org.importing import Importer
from tests.org.reorganising import Plan
from tests.org.upstream_service import Service


@pytest.fixture
def province(db: None) -> factories.Province:
    """浙江省 with its people; 何管理 administers 西湖区, 马科员 上城区."""
    return factories.small_province()


@pytest.fixture
def importer(province: factories.Province, run_jobs: Callable[[], int]) -> Importer:
    """何管理, who administers the people of 西湖区."""
    return Importer(province, province.client("何管理"), run_jobs)


@pytest.fixture
def plan(province: factories.Province) -> Plan:
    """A draft of 何管理 for 西湖区; 吕安全 administers there, too, and two townships stand."""
    return reorganising.drafted(province)


@pytest.fixture
def service() -> Iterator[Service]:
    """The organisation's own sign-in service, under the test's hand, and configured."""
    with upstream_service.running() as running, upstream.configured(running.issuer):
        yield running
