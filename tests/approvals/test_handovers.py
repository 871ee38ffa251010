"""What waited for somebody who left waits for the successor."""

from collections.abc import Callable

import pytest
from django.utils import timezone

from approvals import handlers
from approvals.models import CaseEvent
from approvals.queries import timelines
from core.models import AuditEntry
from org.events import HandoverSettled
from org.models import HandoverItem
from tests import handovers
from tests.approvals.conftest import CLERK, DEPUTY, HEAD, OTHER, STAFF, Office, leave_form

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sound_audit")]

Jobs = Callable[[], int]


def test_open_tasks_go_over_to_the_successor_once(office: Office, run_jobs: Jobs) -> None:
    province = office.province
    case_id = office.start(form=leave_form(5)).case_id
    handovers.leave(province, HEAD, run_jobs)
    (item,) = [one for one in handovers.listed(province, HEAD) if one["kind"] == "approvals"]
    assert (item["title"], item["advice"]) == (
        "待处理的审批 1 件", "指定接手人，即自动转交给接手人审批",
    )  # fmt: skip
    said = handovers.settle(province, HEAD, "待处理的审批", STAFF, run_jobs)
    assert said == "已转交审批 1 件"
    assert office.waiting_for(case_id) == [("unit_head", office.id(STAFF))]
    told = province.client(STAFF).get("/api/v1/messaging/notices").json()["items"]
    assert [one["title"] for one in told] == [f"待审批：{OTHER}的申请"]
    timeline = timelines.of_subject(case_id, at=timezone.now())
    assert [(one.headline, one.note) for one in timeline.entries][-1] == (
        "离职交接", f"由{HEAD}转交给{STAFF}",
    )  # fmt: skip
    # The news heard again changes nothing.
    events, entries = CaseEvent.objects.count(), AuditEntry.objects.count()
    held = HandoverItem.objects.get(pk=item["id"])
    handlers.on_handover_settled(
        HandoverSettled(
            item_id=held.pk,
            kind="approvals",
            subject="tasks",
            person_id=office.id(HEAD),
            successor_id=office.id(STAFF),
        ),
        timezone.now(),
    )
    assert (CaseEvent.objects.count(), AuditEntry.objects.count()) == (events, entries)
    office.act("approve", STAFF, case_id)
    assert office.waiting_for(case_id) == [("leader_in_charge", office.id(DEPUTY))]


def test_nobody_inherits_the_decision_about_the_own_request(office: Office, run_jobs: Jobs) -> None:
    province = office.province
    case_id = office.start().case_id
    handovers.leave(province, HEAD, run_jobs)
    said = handovers.settle(province, HEAD, "待处理的审批", OTHER, run_jobs)
    assert said == (
        "已转交审批 0 件；1 件因接手人是发起人或已在同一环节未转交，请发起人撤回后重新发起"
    )
    assert office.waiting_for(case_id) == [("unit_head", office.id(HEAD))]
    handovers.reopen(province, HEAD, "待处理的审批")
    assert handovers.settle(province, HEAD, "待处理的审批", CLERK, run_jobs) == "已转交审批 1 件"
    assert office.waiting_for(case_id) == [("unit_head", office.id(CLERK))]


def test_a_case_that_comes_back_after_its_initiator_left_is_resubmitted_by_the_successor(
    office: Office, run_jobs: Jobs
) -> None:
    province = office.province
    case_id = office.start().case_id
    handovers.leave(province, OTHER, run_jobs)
    office.act("send_back", HEAD, case_id, "请改")
    said = handovers.settle(province, OTHER, "发起后尚未办结", STAFF, run_jobs)
    assert said == "已转交审批 1 件"
    task = office.task_of(STAFF, case_id)
    assert task.kind == "resubmit"
