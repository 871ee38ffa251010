"""机构改革 being drafted: step by step, within the drafter's scope, rehearsed without a trace."""

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from core import redis
from core.models import AuditEntry
from org import errors
from org.kinds import StepKind
from org.models import AdminGrant, Reorganisation, ReorganisationStep, Unit
from org.queries import people, units
from org.queries import reorganisations as queries
from org.queries.visibility import EVERYTHING
from org.services import reorganisation_decisions, reorganisations
from tests import factories
from tests.org import calls, reorganising
from tests.org.reorganising import DRAFTER, SECOND, Plan

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sound_audit")]

RunJobs = Callable[[], int]


def test_a_step_may_speak_of_a_unit_that_an_earlier_one_sets_up(
    province: factories.Province, plan: Plan, run_jobs: RunJobs
) -> None:
    new = plan.set_up_a_bureau()
    part = plan.step(
        StepKind.CREATE, parent={"step_id": new}, name="数据资源科", unit_kind="department"
    )
    plan.step(StepKind.MOVE, unit=plan.unit("西湖区民政局/一科"), parent={"step_id": new})
    plan.step(
        StepKind.TRANSFER,
        person_id=province.person("钱医"),
        unit={"step_id": part},
        title="科长",
        function="staff",
    )
    AdminGrant.objects.create(
        person_id=province.person(SECOND),
        role="people",
        root_id=province.unit("西湖区"),
        valid_from=factories.FOUNDED,
    )
    sentences = [row.sentence for row in queries.steps(plan.id)]
    assert sentences == [
        "在“西湖区”下设立“西湖区数据局”",
        "在“西湖区数据局”下设立“数据资源科”",
        "将“西湖区民政局一科”划归“西湖区数据局”",
        "将钱医调任“数据资源科”科长",
    ]
    plan.submit()
    plan.approve()
    run_jobs()
    assert plan.row.reason == ""
    assert plan.status == "effective"
    bureau = Unit.objects.get(name="西湖区数据局")
    parts = units.children(bureau.pk, at=timezone.now(), viewer=EVERYTHING).items
    assert {unit.name for unit in parts} == {"数据资源科", "一科"}
    office = Unit.objects.get(name="数据资源科")
    serving = people.in_unit(office.pk, at=timezone.now(), viewer=EVERYTHING).items
    assert [(person.name, person.title) for person in serving] == [("钱医", "科长")]


def test_a_rehearsal_shows_both_trees_and_changes_nothing(
    province: factories.Province, plan: Plan
) -> None:
    plan.merge()
    plan.set_up_a_bureau()
    before, audited = reorganising.tree(), AuditEntry.objects.count()
    tried = plan.rehearse()
    assert (reorganising.tree(), AuditEntry.objects.count()) == (before, audited)
    assert tried.problems == ()
    old = {line.name: (line.marks, line.note) for line in tried.trees.before}
    new = {line.name: (line.marks, line.note) for line in tried.trees.after}
    assert old["北山街道"] == (("合并",), "并入西溪街道")
    assert old["北山1社区"] == (("划转",), "划归西溪街道")
    assert "西湖区数据局" not in old
    assert new["西湖区数据局"] == (("新设",), "")
    assert new["北山1社区"] == (("划转",), "原属北山街道")
    assert new["西溪街道"] == ((), "由北山街道并入")
    assert "北山街道" not in new
    assert (tried.counts.people, tried.counts.appointments) == (0, 0)
    assert tried.counts.units == 5  # 北山街道, its organ, its two communities, and the new bureau


def test_a_step_that_cannot_be_done_is_named_and_not_submitted(
    province: factories.Province, plan: Plan
) -> None:
    plan.step(
        StepKind.MOVE, unit=plan.unit("西湖区民政局"), parent=plan.unit("西湖区卫生健康局/一科")
    )
    wrong = plan.step(StepKind.ABOLISH, unit=plan.unit("西湖区民政局/一科"))
    tried = plan.rehearse()
    assert [problem.position for problem in tried.problems] == [1, 2]
    assert tried.by_step[wrong].code == "ORG_UNIT_IN_USE"
    with pytest.raises(errors.ReorganisationFaulty) as refused:
        plan.submit()
    assert refused.value.text.startswith("第 1 步不能执行：")
    assert plan.status == "draft"


def test_removing_a_step_leaves_those_that_need_it_broken(
    province: factories.Province, plan: Plan
) -> None:
    new = plan.set_up_a_bureau()
    needs = plan.step(StepKind.MOVE, unit=plan.unit("西湖区民政局/一科"), parent={"step_id": new})
    actor, now = province.actor(DRAFTER), timezone.now()
    reorganisations.move_step(
        actor=actor,
        reorganisation_id=plan.id,
        revision=plan.revision,
        step_id=needs,
        position=1,
        now=now,
    )
    assert [row.id for row in queries.steps(plan.id)] == [needs, new]
    tried = plan.rehearse()
    assert tried.by_step[needs].code == "ORG_STEP_REFERENCE_BROKEN"
    plan.remove(new)
    assert [(row.position, row.sentence) for row in queries.steps(plan.id)] == [
        (1, "将“西湖区民政局一科”划归“（已删除的步骤所设组织）”")
    ]
    plan.merge()
    plan.remove(needs)
    assert [(row.position, row.sentence) for row in queries.steps(plan.id)] == [
        (1, "将“北山街道”并入“西溪街道”")
    ]


def test_units_of_the_next_county_are_out_of_reach(
    province: factories.Province, plan: Plan
) -> None:
    attempts: list[tuple[StepKind, dict[str, object]]] = [
        (StepKind.RENAME, {"unit": plan.unit("上城区民政局"), "name": "改名"}),
        (
            StepKind.MOVE,
            {
                "unit": plan.unit("西湖区民政局/一科"),
                "parent": plan.unit("上城区民政局"),
            },
        ),
        (StepKind.ABOLISH, {"unit": plan.unit("西湖区")}),
        (
            StepKind.MERGE,
            {
                "units": [plan.unit("上城区民政局")],
                "into": plan.unit("西湖区民政局"),
            },
        ),
    ]
    for kind, payload in attempts:
        with pytest.raises(errors.StepOutsideScope):
            plan.step(kind, DRAFTER, **payload)
    assert ReorganisationStep.objects.count() == 0
    with pytest.raises(errors.OutOfScope):
        reorganisations.draft(
            actor=province.actor(DRAFTER),
            title="越界",
            basis="",
            scope_id=province.unit("上城区"),
            now=timezone.now(),
        )
    assert Reorganisation.objects.count() == 1


def test_two_tabs_do_not_overwrite_each_other(province: factories.Province, plan: Plan) -> None:
    seen = plan.revision
    plan.merge()
    with pytest.raises(errors.ReorganisationChanged):
        reorganisations.add_step(
            actor=province.actor(DRAFTER),
            reorganisation_id=plan.id,
            revision=seen,
            kind=StepKind.ABOLISH,
            payload={"unit": plan.unit("西溪1社区")},
            now=timezone.now(),
        )
    assert ReorganisationStep.objects.count() == 1
    plan.submit()
    with pytest.raises(errors.ReorganisationChanged):
        reorganisation_decisions.approve(
            actor=province.actor(SECOND),
            reorganisation_id=plan.id,
            revision=seen,
            effective_at=None,
            now=timezone.now(),
        )
    assert plan.status == "submitted"


def test_an_empty_or_unfounded_plan_is_not_submitted(
    province: factories.Province, plan: Plan
) -> None:
    with pytest.raises(errors.ReorganisationEmpty):
        plan.submit()
    plan.merge()
    reorganisations.edit(
        actor=province.actor(DRAFTER),
        reorganisation_id=plan.id,
        revision=plan.revision,
        title="街道合并",
        basis="",
        now=timezone.now(),
    )
    with pytest.raises(errors.ReorganisationBasisMissing):
        plan.submit()
    assert plan.status == "draft"


@pytest.mark.parametrize(
    ("kind", "payload", "said"),
    [
        (StepKind.RENAME, {}, "组织缺少内容"),
        (StepKind.RENAME, {"unit": {"unit_id": 1}, "name": " "}, "名称不能为空"),
        (StepKind.RENAME, {"unit": {"unit_id": 1}, "name": "科" * 121}, "名称过长"),
        (StepKind.RENAME, {"unit": {"unit_id": 1}, "name": "a\x00b"}, "文本中不能含有空字符"),
        (StepKind.MERGE, {"units": [], "into": {"unit_id": 1}}, "组织至少选择一项"),
        (
            StepKind.MERGE,
            {"units": [{"unit_id": 1}], "into": {"unit_id": 1}},
            "不能把组织并入它自己",
        ),
        (StepKind.ABOLISH, {"unit": {"unit_id": 1}, "force": True}, "不正确"),
    ],
)
def test_a_malformed_step_is_refused(
    province: factories.Province, plan: Plan, kind: StepKind, payload: dict[str, Any], said: str
) -> None:
    with pytest.raises(errors.StepMalformed) as refused:
        plan.step(kind, **payload)
    assert refused.value.text == f"步骤内容不完整：{said}"
    assert ReorganisationStep.objects.count() == 0


def test_a_draft_is_gone_only_before_it_was_submitted(
    province: factories.Province, plan: Plan
) -> None:
    other = reorganisations.draft(
        actor=province.actor(DRAFTER),
        title="另一份",
        basis="",
        scope_id=province.unit("西湖区"),
        now=timezone.now(),
    )
    reorganisations.discard(
        actor=province.actor(DRAFTER), reorganisation_id=other, now=timezone.now()
    )
    assert not queries.exists(other)
    plan.merge()
    plan.submit()
    reorganisation_decisions.withdraw(
        actor=province.actor(DRAFTER), reorganisation_id=plan.id, now=timezone.now()
    )
    with pytest.raises(errors.ReorganisationNotOpen):
        reorganisations.discard(
            actor=province.actor(DRAFTER), reorganisation_id=plan.id, now=timezone.now()
        )
    assert queries.exists(plan.id)


def test_nobody_holds_off_all_moves_by_rehearsing_again_and_again(
    province: factories.Province, plan: Plan
) -> None:
    key, store = f"org:rehearsed:{plan.id}", redis.connection()
    path = f"/api/v1/org/reorganisations/{plan.id}/rehearsal"
    client = province.client(DRAFTER)
    store.set(key, 29, ex=60)
    try:
        assert client.get(path).status_code == 200
        refused = client.get(path)
        assert calls.refused(refused) == (429, "ORG_REHEARSED_OFTEN")
        assert refused.headers["Retry-After"] == "60"
    finally:
        store.delete(key)
