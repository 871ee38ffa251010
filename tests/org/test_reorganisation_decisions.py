"""机构改革 being decided: by somebody else than the drafter, of what was submitted."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from org import errors
from org.kinds import StepKind
from org.models import CredentialReset, Reorganisation
from org.services import reorganisation_decisions
from tests import factories
from tests.org import calls, reorganising
from tests.org.reorganising import DRAFTER, SECOND, Plan

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sound_audit")]

RunJobs = Callable[[], int]


def test_the_drafter_does_not_approve_his_own(province: factories.Province, plan: Plan) -> None:
    plan.merge()
    plan.submit()
    before = reorganising.tree()
    with pytest.raises(errors.OwnReorganisation):
        plan.approve(by=DRAFTER)
    with pytest.raises(errors.ReorganisationNotFound):
        plan.approve(by="马科员")
    assert (plan.status, reorganising.tree()) == ("submitted", before)


def test_what_is_submitted_is_edited_no_more(province: factories.Province, plan: Plan) -> None:
    plan.merge()
    plan.submit()
    with pytest.raises(errors.ReorganisationNotOpen) as refused:
        plan.merge()
    assert refused.value.text == "方案当前为“待审批”，不能进行该操作"
    reorganisation_decisions.reject(
        actor=province.actor(SECOND),
        reorganisation_id=plan.id,
        revision=plan.revision,
        reason="依据不足",
        now=timezone.now(),
    )
    assert plan.status == "rejected"
    with pytest.raises(errors.ReorganisationNotOpen):
        plan.approve()
    plan.submit()
    assert plan.row.reason == ""


def test_a_withdrawn_approval_takes_no_effect(
    province: factories.Province, plan: Plan, run_jobs: RunJobs
) -> None:
    plan.merge()
    plan.submit()
    plan.approve()
    with pytest.raises(errors.ReorganisationNotFound):
        reorganisation_decisions.withdraw(
            actor=province.actor("马科员"), reorganisation_id=plan.id, now=timezone.now()
        )
    reorganisation_decisions.withdraw(
        actor=province.actor(DRAFTER), reorganisation_id=plan.id, now=timezone.now()
    )
    before = reorganising.tree()
    run_jobs()
    assert (plan.status, reorganising.tree()) == ("withdrawn", before)


def test_a_time_that_has_passed_is_refused(province: factories.Province, plan: Plan) -> None:
    plan.merge()
    plan.submit()
    for at in (timezone.now() - timedelta(minutes=1), timezone.now() + timedelta(days=800)):
        with pytest.raises(errors.EffectiveTimePast):
            plan.approve(at=at)
    assert plan.status == "submitted"


def test_the_database_knows_no_drafter_as_approver(
    province: factories.Province, plan: Plan
) -> None:
    held = Reorganisation.objects.filter(pk=plan.id)
    with pytest.raises(IntegrityError, match="second_person"), transaction.atomic():
        held.update(approved_by=F("drafted_by"))


def test_approvers_and_drafter_are_told(
    province: factories.Province, plan: Plan, run_jobs: RunJobs
) -> None:
    plan.merge()
    plan.submit()
    run_jobs()
    page = province.client(SECOND).get("/api/v1/messaging/notices").json()["items"]
    assert [notice["title"] for notice in page] == ["待审批：街道合并"]
    assert page[0]["link"] == f"/administration/reorganisations/{plan.id}/"
    plan.approve()
    run_jobs()
    told = province.client(DRAFTER).get("/api/v1/messaging/notices").json()["items"]
    assert [notice["title"] for notice in told] == [
        "机构改革已生效：街道合并", "机构改革待生效：街道合并",
    ]  # fmt: skip


def test_nobody_approves_a_plan_that_gives_him_another_post(
    province: factories.Province, plan: Plan
) -> None:
    calls.grant(province, "王伟民", "org", "西湖区")
    plan.step(
        StepKind.TRANSFER,
        person_id=province.person("王伟民"),
        unit=plan.unit("西湖区人民政府办公室"),
        title="主任",
        function="head",
    )
    plan.submit()
    with pytest.raises(errors.OwnAppointment):
        plan.approve(by="王伟民")
    assert plan.status == "submitted"


def test_nobody_approves_with_a_password_that_the_drafter_made(
    province: factories.Province, plan: Plan
) -> None:
    plan.merge()
    plan.submit()
    made = CredentialReset.objects.create(
        person_id=province.person(SECOND),
        reset_by_id=province.person(DRAFTER),
        reset_at=timezone.now() - timedelta(days=6),
    )
    with pytest.raises(errors.OutOfScope):
        plan.approve()
    assert plan.status == "submitted"
    made.delete()
    plan.approve()
    assert plan.status == "approved"
