"""The small province stands soundly."""

import pytest
from django.utils import timezone

from org.queries import appointments, people, units
from tests import factories

pytestmark = pytest.mark.django_db


def test_small_province_is_a_sound_tree_with_staffed_organs() -> None:
    province = factories.small_province()
    now = timezone.now()
    assert [u.name for u in units.path(province.unit("西湖区民政局/一科"))] == [
        "浙江省", "杭州市", "西湖区", "西湖区民政局", "一科",
    ]  # fmt: skip
    organ = province.unit("西湖区民政局")
    assert appointments.function_holders(organ, "clerk", at=now) == [province.person("张晓梅")]
    assert len(appointments.person_ids_in_subtree(province.unit("西湖区"), at=now)) == 15
    assert (
        people.names([province.person("曾国强")], at=now)[province.person("曾国强")].unit_name
        == "一科"
    )
    actor = province.actor("王伟民")
    assert (actor.name, actor.unit_id) == ("王伟民", organ)
