"""Officers on duty and leaders are told who has not confirmed a DING."""

from datetime import timedelta

import pytest
from django.utils import timezone

from messaging.models import DingEvidence, DutyShift, NoticeTarget
from tests.factories import Province
from tests.messaging import dings as say
from tests.messaging.conftest import Phone

pytestmark = pytest.mark.usefixtures("working_hours")


def _shift(province: Province, unit: str, person: str) -> None:
    now = timezone.now()
    DutyShift.objects.create(
        unit_id=province.unit(unit),
        person_id=province.person(person),
        begins_at=now - timedelta(hours=1),
        ends_at=now + timedelta(hours=8),
        set_by_id=province.person(person),
    )


def test_the_officer_on_duty_of_the_unit_or_above_is_told(
    province: Province, wang: Phone, li: Phone, zhang: Phone
) -> None:
    _shift(province, "西湖区", "林上城")
    ding_id = say.opened(wang, wang.group(li, zhang), li, zhang, level="phone")
    say.pass_minutes(ding_id, 12)
    officer = province.person("林上城")
    rows = DingEvidence.objects.filter(ding_id=ding_id, step="duty")
    assert set(rows.values_list("outcome", "to_person_id")) == {("delivered", officer)}
    (target,) = NoticeTarget.objects.filter(person_id=officer).select_related("notice")
    assert {"李建国", "张晓梅"} == set(
        target.notice.title.removeprefix("DING 未确认：").split("、")
    )
    (listed, _) = wang.get(f"/dings/{ding_id}/targets").json()["items"]
    duty = next(proof for proof in listed["evidence"] if proof["step"] == "duty")
    assert duty["to_name"] == "林上城"


def test_the_leader_is_the_head_of_the_unit_or_the_next_above(
    province: Province, wang: Phone, li: Phone, zhang: Phone
) -> None:
    room = zhang.group(wang, li)
    ding_id = say.opened(zhang, room, wang, li, level="phone")
    say.pass_minutes(ding_id, 20)
    told = dict(
        DingEvidence.objects.filter(ding_id=ding_id, step="leader").values_list(
            "person_id", "to_person_id"
        )
    )
    assert told[li.person_id] == wang.person_id  # the head of his bureau
    assert told[wang.person_id] != wang.person_id  # a head is not his own leader
