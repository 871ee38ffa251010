"""The small province, and browsers of its people."""

import pytest

from tests import factories


@pytest.fixture
def province(db: None) -> factories.Province:
    """浙江省 with its people; 何管理 administers 西湖区, 马科员 上城区."""
    return factories.small_province()
