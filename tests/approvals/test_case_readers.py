"""Who reads a case, who is told of it, and what is written down of it."""

from collections.abc import Callable

import pytest
from django.db import Error, transaction
from django.utils import timezone

from approvals import errors
from approvals.models import CaseEvent, FormRevision, Task, TaskState
from approvals.queries import cases as case_queries
from approvals.queries import timelines
from approvals.services import cases
from core.models import AuditEntry
from messaging.queries import notices
from org.kinds import AppointmentKind, PostFunction
from org.services import appointments
from tests.approvals.conftest import (
    CLERK,
    DEPUTY,
    HEAD,
    OTHER,
    STAFF,
    STRANGER,
    Office,
    fresh_key,
    leave_form,
    person,
)


def test_only_participants_read_a_case(office: Office) -> None:
    office.publish("two", [person("a", office.id(HEAD), office.id(DEPUTY), mode="in_order")])
    started = office.start(template="two", form={})
    now = timezone.now()

    def reads(name: str) -> bool:
        try:
            view = case_queries.view(
                actor=office.province.actor(name), case_id=started.case_id, at=now
            )
        except errors.CaseNotFound:
            return False
        return view.case_id == started.case_id

    assert [reads(name) for name in (OTHER, HEAD, DEPUTY, CLERK, STRANGER)] == [
        True,
        True,
        False,
        False,
        False,
    ]
    office.act("approve", HEAD, started.case_id)
    assert reads(DEPUTY)


def test_a_turn_that_never_came_does_not_open_the_case(office: Office) -> None:
    office.publish("two", [person("a", office.id(HEAD), office.id(DEPUTY), mode="in_order")])
    started = office.start(template="two", form={})
    office.act("reject", HEAD, started.case_id, "不妥")
    seat = Task.objects.get(case=started.case_id, assignee=office.id(DEPUTY))
    assert (seat.state, seat.opened_at) == (TaskState.CANCELLED, None)
    for path in ("", "/timeline", "/picture.svg"):
        client = office.province.client(DEPUTY)
        answer = client.get(f"/api/v1/approvals/cases/{started.case_id}{path}")
        assert (answer.status_code, answer.json()["code"]) == (404, "APPROVAL_NOT_FOUND")


def test_the_longest_titles_and_remarks_are_told_shortened(
    office: Office, run_jobs: Callable[[], int]
) -> None:
    started = cases.start(
        actor=office.province.actor(OTHER),
        template_key="leave",
        title="长" * 200,
        form=leave_form(2),
        subject=None,
        chosen={},
        idempotency_key=fresh_key(),
        now=timezone.now(),
    )
    run_jobs()
    office.act("send_back", HEAD, started.case_id, "改" * 10_000)
    run_jobs()
    for name, title in ((HEAD, "待审批："), (OTHER, "退回修改：")):
        told = notices.latest(office.id(name), 1)[0]
        assert told.title.startswith(f"{title}长")
        assert told.title.endswith("…")
        assert len(told.title) == 120
    assert "退回意见：改" in told.body
    assert told.body.endswith("…")


def test_a_copy_after_a_new_round_reaches_whoever_is_new(
    office: Office, run_jobs: Callable[[], int]
) -> None:
    clerks = [{"kind": "post_function", "function": "clerk"}]
    nodes = [
        person("a", office.id(HEAD)),
        {"type": "cc", "id": "c", "name": "抄送", "who": clerks},
        person("b", office.id(DEPUTY), send_back_to=["start"]),
    ]
    office.publish("t", nodes)
    started = office.start(template="t", form={})
    office.act("approve", HEAD, started.case_id)
    office.act("send_back", DEPUTY, started.case_id, "重写")
    appointments.appoint(
        actor=office.province.actor("何管理"),
        person_id=office.id(STAFF),
        unit_id=office.province.unit("西湖区民政局/办公室"),
        title="收发员",
        function=PostFunction.CLERK,
        kind=AppointmentKind.CONCURRENT,
        now=timezone.now(),
    )
    cases.resubmit(
        actor=office.province.actor(OTHER),
        task_id=office.task_of(OTHER, started.case_id).id,
        form={},
        chosen=None,
        subject=None,
        remark="",
        idempotency_key=fresh_key(),
        now=timezone.now(),
    )
    office.act("approve", HEAD, started.case_id)
    run_jobs()
    told = [notice.title for notice in notices.latest(office.id(STAFF), 5)]
    assert told == [f"抄送：{OTHER}的申请"]


def test_people_are_told_in_their_work_notices(office: Office, run_jobs: Callable[[], int]) -> None:
    started = office.start(form=leave_form(2))
    run_jobs()
    waiting = notices.latest(office.id(HEAD), 5)
    assert [(notice.title, notice.link) for notice in waiting] == [
        (f"待审批：{OTHER}的申请", f"/approvals/{started.case_id}/")
    ]
    office.act("approve", HEAD, started.case_id)
    run_jobs()
    told = notices.latest(office.id(OTHER), 5)
    assert [notice.title for notice in told] == [f"已审批通过：{OTHER}的申请"]
    copied = notices.latest(office.id(CLERK), 5)
    assert [notice.title for notice in copied] == [f"抄送：{OTHER}的申请"]


def test_timeline_tells_who_said_what_and_who_is_waited_for(office: Office) -> None:
    started = office.start(form=leave_form(4))
    office.act("send_back", HEAD, started.case_id, "请补充去向")
    story = timelines.timeline(
        actor=office.province.actor(OTHER), case_id=started.case_id, at=timezone.now()
    )
    assert [(e.headline, e.person_name, e.remark, e.note) for e in story.entries] == [
        ("发起", OTHER, "", ""),
        ("退回", HEAD, "请补充去向", "退回到“填写申请”"),
    ]
    assert [(w.node_name, w.person_name) for w in story.waiting] == [("修改后重新提交", OTHER)]


def test_every_act_is_audited(office: Office, sound_audit: None) -> None:
    started = office.start()
    office.act("approve", HEAD, started.case_id)
    acts = AuditEntry.objects.filter(
        object_kind="approvals.case", object_id=str(started.case_id)
    ).order_by("id")
    assert list(acts.values_list("action", "person_id")) == [
        ("approvals.case.started", office.id(OTHER)),
        ("approvals.task.approved", office.id(HEAD)),
    ]


@pytest.mark.parametrize("model", [CaseEvent, FormRevision])
def test_what_was_said_and_asked_cannot_be_changed(
    office: Office, model: type[CaseEvent] | type[FormRevision]
) -> None:
    started = office.start()
    row = model.objects.filter(case=started.case_id).first()
    assert row is not None
    with pytest.raises(Error), transaction.atomic():
        row.delete()
    with pytest.raises(Error), transaction.atomic():
        model.objects.filter(pk=row.pk).update(case=started.case_id)
    assert model.objects.filter(pk=row.pk).exists()
