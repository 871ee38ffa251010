"""Groups whose owner left have another, from among their members."""

from collections.abc import Callable

import pytest
from django.utils import timezone

from messaging.models import Member, Message
from messaging.services import conversations
from tests import factories, handovers

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sound_audit")]


def test_a_group_is_passed_on_to_a_member_and_to_nobody_else(
    run_jobs: Callable[[], int],
) -> None:
    province = factories.small_province()
    group = conversations.create_group(
        actor=province.actor("曾国强"),
        title="防汛值守",
        person_ids=[province.person("单小芳"), province.person("张晓梅")],
        now=timezone.now(),
    ).conversation_id
    handovers.leave(province, "曾国强", run_jobs)
    outside = handovers.settle(province, "曾国强", "防汛值守", "赵卫东", run_jobs)
    assert outside == "群主未转交：接手人不在群内，请由群成员邀请其入群后重开本项再指定"
    assert not Member.objects.filter(person_id=province.person("赵卫东")).exists()
    handovers.reopen(province, "曾国强", "防汛值守")
    assert handovers.settle(province, "曾国强", "防汛值守", "张晓梅", run_jobs) == "群主已转交"
    (owner,) = Member.objects.filter(conversation=group, role="owner", left_seq=None)
    assert owner.person_id == province.person("张晓梅")
    entries = Message.objects.filter(conversation=group).order_by("-seq")
    told = [(one.event["verb"], one.event["people"][0]["name"]) for one in entries if one.event]
    assert told[:2] == [("left_organisation", "曾国强"), ("handed_over", "张晓梅")]
    left = Member.objects.get(conversation=group, person_id=province.person("曾国强"))
    assert left.left_seq == entries[0].seq
    handovers.reopen(province, "曾国强", "防汛值守")
    again = handovers.settle(province, "曾国强", "防汛值守", "单小芳", run_jobs)
    assert again == "群主已另有其人，无须转交"
