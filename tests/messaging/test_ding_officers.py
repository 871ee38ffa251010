"""Officers on duty and leaders are told who has not confirmed a DING."""

from datetime import timedelta

import pytest
from django.utils import timezone

from messaging import climbing
from messaging.events import DingDue
from messaging.kinds import DingStep
from messaging.models import DingEvidence, DutyShift, NoticeTarget
from messaging.queries import ding_climbs as climb_queries
from org.models import Account
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


def _told(officer: int) -> list[str]:
    """The titles of the notices that came to him, the first one first."""
    rows = NoticeTarget.objects.filter(person_id=officer).order_by("notice_id")
    return list(rows.values_list("notice__title", flat=True))


@pytest.mark.parametrize("step", [DingStep.DUTY, DingStep.LEADER])
def test_an_officer_is_told_once_of_two_of_one_unit_however_often_the_timer_comes(
    province: Province, wang: Phone, li: Phone, zhang: Phone, lin: Phone, step: DingStep
) -> None:
    _shift(province, "西湖区", "王伟民")
    ding_id = say.opened(lin, lin.group(wang, li, zhang), li, zhang, level="phone")
    now, due = timezone.now(), DingDue(ding_id=ding_id, step=step.value)
    climbing.climb(due, now)
    (title,) = _told(wang.person_id)
    kept = say.evidence(ding_id, li)[-1]
    assert kept == say.evidence(ding_id, zhang)[-1] == (step.value, "delivered", "已发工作通知")
    # The worker died before it kept the evidence, and the first of the two confirms meanwhile.
    DingEvidence.objects.filter(ding_id=ding_id, step=step).delete()
    first, second = sorted((li, zhang), key=lambda phone: phone.person_id)
    say.confirm(first, ding_id)
    climbing.climb(due, now)
    climbing.climb(due, now)
    assert _told(wang.person_id) == [title]
    assert say.evidence(ding_id, second)[-1] == kept
    assert [step for step, _, _ in say.evidence(ding_id, first)] == ["app", "end"]


def test_an_officer_is_told_once_of_more_people_than_one_job_calls(
    province: Province,
    wang: Phone,
    li: Phone,
    zhang: Phone,
    lin: Phone,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(climb_queries, "AT_ONCE", 1)
    _shift(province, "西湖区", "王伟民")
    ding_id = say.opened(lin, lin.group(wang, li, zhang), wang, li, zhang, level="phone")
    say.pass_minutes(ding_id, 12)
    (title,) = _told(wang.person_id)
    assert set(title.removeprefix("DING 未确认：").split("、")) == {"李建国", "张晓梅"}
    for phone in (li, zhang):
        assert say.evidence(ding_id, phone)[-1][:2] == ("duty", "delivered")
    # He has not confirmed either, and is not told of himself.
    assert say.evidence(ding_id, wang)[-1] == ("duty", "skipped", "本人正在值班，已跳过")


def test_each_rung_tells_each_officer_of_his_own_people(
    province: Province, wang: Phone, li: Phone, zhang: Phone, lin: Phone
) -> None:
    _shift(province, "西湖区", "张晓梅")
    ding_id = say.opened(zhang, zhang.group(li, lin, wang), li, lin, level="phone")
    say.pass_minutes(ding_id, 20)
    assert _told(zhang.person_id) == ["DING 未确认：李建国"]
    assert _told(wang.person_id) == ["DING 未确认：李建国"]
    rows = DingEvidence.objects.filter(ding_id=ding_id, step="duty")
    assert dict(rows.values_list("person_id", "said")) == {
        li.person_id: "已发工作通知", lin.person_id: "没有排班，已跳过",
    }  # fmt: skip


def _disable(province: Province, name: str) -> None:
    Account.objects.filter(person_id=province.person(name)).update(is_active=False)


def test_an_officer_whose_account_is_disabled_is_passed_over_for_the_next(
    province: Province, wang: Phone, li: Phone, zhang: Phone, lin: Phone
) -> None:
    _shift(province, "西湖区", "林上城")
    _shift(province, "西湖区民政局", "张晓梅")
    _disable(province, "张晓梅")
    ding_id = say.opened(wang, wang.direct(li), li, level="phone")
    say.pass_minutes(ding_id, 12)
    said = "已发工作通知（张晓梅账号已停用，无法送达）"
    assert say.evidence(ding_id, li)[-1] == ("duty", "delivered", said)
    assert (_told(lin.person_id), _told(zhang.person_id)) == (["DING 未确认：李建国"], [])
    (proof,) = DingEvidence.objects.filter(ding_id=ding_id, step="duty")
    assert proof.to_person_id == lin.person_id


def test_where_nobody_in_the_line_can_sign_in_the_evidence_says_so(
    province: Province, wang: Phone, li: Phone, zhang: Phone, lin: Phone
) -> None:
    _shift(province, "西湖区民政局", "张晓梅")
    _disable(province, "张晓梅")
    ding_id = say.opened(wang, wang.group(li, lin), li, lin, level="phone")
    say.pass_minutes(ding_id, 12)
    said = "没有可送达的值班人员，已跳过（张晓梅账号已停用，无法送达）"
    assert say.evidence(ding_id, li)[-1] == ("duty", "skipped", said)
    # Of another district, where nobody is on duty at all.
    assert say.evidence(ding_id, lin)[-1] == ("duty", "skipped", "没有排班，已跳过")
    assert _told(zhang.person_id) == []


def test_a_leader_whose_account_is_disabled_is_passed_over_for_the_next_above(
    province: Province, wang: Phone, li: Phone, zhang: Phone
) -> None:
    _disable(province, "王伟民")
    ding_id = say.opened(zhang, zhang.direct(li), li, level="phone")
    say.pass_minutes(ding_id, 20)
    (proof,) = DingEvidence.objects.filter(ding_id=ding_id, step="leader")
    assert "王伟民账号已停用，无法送达" in proof.said
    assert proof.to_person_id != wang.person_id
    assert _told(wang.person_id) == []
