"""A small province with one published app in it."""

from typing import Any

import pytest

from tests import factories
from tests.miniapps import apps


@pytest.fixture
def province(db: Any) -> factories.Province:
    return factories.small_province()


@pytest.fixture
def roster(province: factories.Province) -> apps.Published:
    """The duty roster of 西湖区民政局, published to 西湖区 and everything below it."""
    return apps.published(province)
