"""Old names and codes lead to the units that go on; abolished units tell who they are."""

import pytest
from django.utils import timezone

from org.models import Unit
from org.services import mergers, units
from tests.factories import Province

pytestmark = pytest.mark.django_db


@pytest.fixture
def merged(province: Province) -> Unit:
    """西湖区卫生健康局, gone into 西湖区民政局."""
    gone = Unit.objects.get(pk=province.unit("西湖区卫生健康局"))
    mergers.merge(
        actor=province.actor("何管理"),
        unit_ids=[gone.pk],
        into_id=province.unit("西湖区民政局"),
        approved_by=province.person("吕安全"),
        now=timezone.now(),
    )
    return gone


@pytest.mark.parametrize("said", ["卫生健康局", "西湖区卫生健康局", "code"])
def test_an_old_name_or_code_finds_the_successor(
    province: Province, merged: Unit, said: str
) -> None:
    wanted = merged.code if said == "code" else said
    page = province.client("张晓梅").get("/directory/search/", {"q": wanted}).content.decode()
    assert "原名称、原编码" in page
    assert f"原西湖区卫生健康局（{merged.code}）" in page
    assert f"?unit={province.unit('西湖区民政局')}" in page


def test_an_earlier_name_finds_the_unit_itself(province: Province) -> None:
    organ = province.unit("西湖区民政局")
    units.rename(
        actor=province.actor("何管理"), unit_id=organ, name="西湖区社会局", now=timezone.now()
    )
    page = province.client("张晓梅").get("/directory/search/", {"q": "西湖区民政"}).content.decode()
    assert "原西湖区民政局" in page
    assert "西湖区社会局" in page


@pytest.mark.parametrize("screen", ["directory", "administration"])
def test_an_abolished_unit_tells_when_and_who_goes_on(
    province: Province, merged: Unit, screen: str
) -> None:
    page = province.client("何管理").get(f"/{screen}/", {"unit": merged.pk}).content.decode()
    today = timezone.localdate()
    assert f"该组织已于 {today.year}年{today.month}月{today.day}日撤销，由" in page
    successor = province.unit("西湖区民政局")
    assert f'<a href="/{screen}/?unit={successor}">西湖区民政局</a>承接' in page
    assert "<dt>管理员</dt>" not in page
