"""An organ at work that issues documents."""

from collections.abc import Callable

import pytest
from django.core.management import call_command
from django.utils import timezone

from core import actor as actors
from documents.services import registration
from tests.documents.office import Office
from tests.factories import small_province


def _open(run_jobs: Callable[[], int]) -> Office:
    province = small_province()
    call_command("seed_sign_off")
    registration.register(
        actor=actors.system("tests"),
        unit_id=province.unit("西湖区民政局"),
        agency_code="西民发",
        mark="西湖区民政局文件",
        now=timezone.now(),
    )
    return Office(province, run_jobs)


@pytest.fixture
def office(db: None, run_jobs: Callable[[], int]) -> Office:
    """西湖区民政局 registered to issue 西民发, and the sign-off template published."""
    return _open(run_jobs)


@pytest.fixture
def committed_office(transactional_db: None, run_jobs: Callable[[], int]) -> Office:
    """The same, committed, for tests on several connections."""
    return _open(run_jobs)
