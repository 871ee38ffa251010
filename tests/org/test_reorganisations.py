"""机构改革 taking effect: at its time, once, as a whole or not at all."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from core.actor import system
from org.kinds import StepKind
from org.models import AdminGrant, OrgChange, ReorganisationEvent, Unit
from org.queries import rehearsals, tree
from org.queries import reorganisations as queries
from org.services import reorganisation_decisions
from tests import factories
from tests.org import reorganising
from tests.org.reorganising import DRAFTER, SECOND, Plan

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sound_audit")]

RunJobs = Callable[[], int]


def test_two_townships_become_one(
    province: factories.Province, plan: Plan, run_jobs: RunJobs
) -> None:
    plan.merge()
    plan.step(StepKind.RENAME, unit=plan.unit("西溪街道"), name="北溪街道")
    before = reorganising.tree()
    plan.submit()
    plan.approve()
    assert (plan.status, reorganising.tree()) == ("approved", before)
    run_jobs()
    assert plan.status == "effective"
    assert Unit.objects.get(pk=province.unit("西溪街道")).name == "北溪街道"
    assert Unit.objects.get(pk=province.unit("北山街道")).valid_to is not None
    assert set(reorganising.below(province, "西溪街道")) >= {
        "北山1社区", "北山2社区", "西溪1社区", "西溪2社区",
    }  # fmt: skip
    assert rehearsals.successors([province.unit("北山街道")]) == {
        province.unit("北山街道"): [province.unit("西溪街道")]
    }
    changes = OrgChange.objects.filter(reorganisation_id=plan.id)
    assert set(changes.values_list("actor_person_id", "approved_by_id", "basis")) == {
        (province.person(DRAFTER), province.person(SECOND), "杭政函〔2026〕1号")
    }
    assert set(changes.values_list("kind", flat=True)) >= {"merge", "rename"}
    assert tree.check().faults == ()
    kept = plan.row.outcome
    assert kept is not None
    assert kept["counts"]["units"] == 8  # both townships with all below them
    assert list(kept["sentences"].values()) == [
        "将“北山街道”并入“西溪街道”",
        "将“西溪街道”更名为“北溪街道”",
    ]


def test_it_waits_for_its_time_and_is_done_once(
    province: factories.Province, plan: Plan, run_jobs: RunJobs
) -> None:
    plan.merge()
    plan.submit()
    due = timezone.now() + timedelta(hours=2)
    plan.approve(at=due)
    before = reorganising.tree()
    run_jobs()
    assert (plan.status, reorganising.tree()) == ("approved", before)

    def arrive(now: datetime, at: datetime = due) -> bool:
        return reorganisation_decisions.take_effect(
            actor=system("test"), reorganisation_id=plan.id, effective_at=at, now=now
        )

    assert not arrive(due - timedelta(seconds=1))
    assert not arrive(due, due - timedelta(hours=1))
    assert arrive(due)
    changes = OrgChange.objects.filter(reorganisation_id=plan.id).count()
    after = reorganising.tree()
    assert not arrive(due + timedelta(minutes=5))
    assert OrgChange.objects.filter(reorganisation_id=plan.id).count() == changes
    assert (plan.status, reorganising.tree()) == ("effective", after)
    assert Unit.objects.get(pk=province.unit("北山街道")).valid_to == due


def test_a_failure_leaves_nothing_done_and_may_be_mended(
    province: factories.Province, plan: Plan, run_jobs: RunJobs
) -> None:
    plan.step(StepKind.RENAME, unit=plan.unit("西湖区民政局/一科"), name="救助科")
    plan.step(StepKind.ABOLISH, unit=plan.unit("北山1社区"))
    plan.submit()
    plan.approve()
    # Meanwhile something comes to stand in the community.
    reorganising.add(province, "北山1社区", "第一小组", "group", "330106001001001")
    before = reorganising.tree()
    run_jobs()
    held = plan.row
    assert (held.status, held.failed_step, reorganising.tree()) == ("failed", 2, before)
    assert held.reason
    assert OrgChange.objects.filter(reorganisation_id=plan.id).count() == 0
    last = queries.timeline(plan.id)[-1]
    assert (last.status, last.remark) == ("failed", f"第 2 步：{held.reason}")
    bad = queries.steps(plan.id)[1].id
    plan.remove(bad)
    assert plan.status == "draft"
    plan.submit()
    plan.approve()
    run_jobs()
    assert plan.status == "effective"
    assert Unit.objects.get(pk=province.unit("西湖区民政局/一科")).name == "救助科"
    assert list(
        ReorganisationEvent.objects.filter(reorganisation_id=plan.id)
        .order_by("id")
        .values_list("status", flat=True)
    ) == [
        "draft", "submitted", "approved", "failed", "submitted", "approved", "effective",
    ]  # fmt: skip


@pytest.mark.parametrize("loser", [DRAFTER, SECOND])
def test_rights_are_judged_again_when_it_takes_effect(
    province: factories.Province, plan: Plan, run_jobs: RunJobs, loser: str
) -> None:
    plan.merge()
    plan.submit()
    plan.approve()
    AdminGrant.objects.filter(person_id=province.person(loser), role="org").update(
        revoked_at=timezone.now()
    )
    before = reorganising.tree()
    run_jobs()
    held = plan.row
    assert (held.status, held.failed_step, reorganising.tree()) == ("failed", None, before)
    assert held.reason == f"{loser}已不再是方案范围的组织管理员，须重新提交审批"
