"""机构改革: drafted by one administrator, approved by another, done as a whole or not at all."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from core import redis
from core.actor import system
from core.models import AuditEntry
from org import errors
from org.kinds import StepKind, UnitKind
from org.models import (
    AdminGrant,
    CredentialReset,
    OrgChange,
    Reorganisation,
    ReorganisationEvent,
    ReorganisationStep,
    Unit,
)
from org.queries import people, rehearsals, tree, units
from org.queries import reorganisations as queries
from org.queries.visibility import EVERYTHING
from org.services import rehearsals as rehearsing
from org.services import reorganisation_decisions, reorganisations
from org.services import units as unit_services
from tests import factories
from tests.org import calls

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sound_audit")]

DRAFTER, SECOND = "何管理", "吕安全"
RunJobs = Callable[[], int]


@pytest.fixture
def province() -> factories.Province:
    """The small province with a second administrator of 西湖区 and two townships in it."""
    province = factories.small_province()
    AdminGrant.objects.create(
        person_id=province.person(SECOND),
        role="org",
        root_id=province.unit("西湖区"),
        valid_from=factories.FOUNDED,
    )
    for name, code in (("北山街道", "330106001"), ("西溪街道", "330106002")):
        province.units[name] = _add(province, "西湖区", name, "region", f"{code}000")
        province.units[f"{name}办"] = _add(province, name, f"{name}办事处", "organ", "")
        for number in (1, 2):
            village = f"{name[:2]}{number}社区"
            province.units[village] = _add(province, name, village, "region", f"{code}00{number}")
    return province


def _add(province: factories.Province, parent: str, name: str, kind: str, code: str) -> int:
    return unit_services.add(
        actor=system("test"),
        parent_id=province.unit(parent),
        name=name,
        kind=UnitKind(kind),
        code=code,
        now=timezone.now() - timedelta(days=1),
    )


@pytest.fixture
def plan(province: factories.Province) -> int:
    """A draft of 何管理 for 西湖区."""
    return reorganisations.draft(
        actor=province.actor(DRAFTER),
        title="街道合并",
        basis="杭政函〔2026〕1号",
        scope_id=province.unit("西湖区"),
        now=timezone.now(),
    )


def _revision(plan: int) -> int:
    return Reorganisation.objects.get(pk=plan).revision


def _ref(province: factories.Province, name: str) -> dict[str, int]:
    return {"unit_id": province.unit(name)}


def _step(
    province: factories.Province, plan: int, kind: StepKind, by: str = DRAFTER, **payload: object
) -> int:
    return reorganisations.add_step(
        actor=province.actor(by),
        reorganisation_id=plan,
        revision=_revision(plan),
        kind=kind,
        payload=payload,
        now=timezone.now(),
    ).step_id


def _merge(province: factories.Province, plan: int) -> None:
    _step(
        province,
        plan,
        StepKind.MERGE,
        units=[_ref(province, "北山街道")],
        into=_ref(province, "西溪街道"),
    )


def _submit(province: factories.Province, plan: int, by: str = DRAFTER) -> None:
    reorganisation_decisions.submit(
        actor=province.actor(by),
        reorganisation_id=plan,
        revision=_revision(plan),
        now=timezone.now(),
    )


def _approve(
    province: factories.Province, plan: int, by: str = SECOND, at: datetime | None = None
) -> None:
    reorganisation_decisions.approve(
        actor=province.actor(by),
        reorganisation_id=plan,
        revision=_revision(plan),
        effective_at=at,
        now=timezone.now(),
    )


def _status(plan: int) -> str:
    return Reorganisation.objects.get(pk=plan).status


def _tree() -> list[tuple[object, ...]]:
    fields = ("id", "parent_id", "name", "code", "valid_to")
    return list(Unit.objects.order_by("id").values_list(*fields))


def _below(province: factories.Province, name: str) -> list[str]:
    page = units.children(province.unit(name), at=timezone.now(), viewer=EVERYTHING)
    return [unit.name for unit in page.items]


def test_two_townships_become_one(
    province: factories.Province, plan: int, run_jobs: RunJobs
) -> None:
    _merge(province, plan)
    _step(
        province,
        plan,
        StepKind.RENAME,
        unit=_ref(province, "西溪街道"),
        name="北溪街道",
    )
    before = _tree()
    _submit(province, plan)
    _approve(province, plan)
    assert (_status(plan), _tree()) == ("approved", before)
    run_jobs()
    assert _status(plan) == "effective"
    assert Unit.objects.get(pk=province.unit("西溪街道")).name == "北溪街道"
    assert Unit.objects.get(pk=province.unit("北山街道")).valid_to is not None
    assert set(_below(province, "西溪街道")) >= {
        "北山1社区", "北山2社区", "西溪1社区", "西溪2社区",
    }  # fmt: skip
    assert rehearsals.successors([province.unit("北山街道")]) == {
        province.unit("北山街道"): [province.unit("西溪街道")]
    }
    changes = OrgChange.objects.filter(reorganisation_id=plan)
    assert set(changes.values_list("actor_person_id", "approved_by_id", "basis")) == {
        (province.person(DRAFTER), province.person(SECOND), "杭政函〔2026〕1号")
    }
    assert set(changes.values_list("kind", flat=True)) >= {"merge", "rename"}
    assert tree.check().faults == ()
    kept = Reorganisation.objects.get(pk=plan).outcome
    assert kept is not None
    assert kept["counts"]["units"] == 8  # both townships with all below them
    assert list(kept["sentences"].values()) == [
        "将“北山街道”并入“西溪街道”",
        "将“西溪街道”更名为“北溪街道”",
    ]


def test_a_step_may_speak_of_a_unit_that_an_earlier_one_sets_up(
    province: factories.Province, plan: int, run_jobs: RunJobs
) -> None:
    new = _step(
        province,
        plan,
        StepKind.CREATE,
        parent=_ref(province, "西湖区"),
        name="西湖区数据局",
        unit_kind="organ",
    )
    part = _step(
        province,
        plan,
        StepKind.CREATE,
        parent={"step_id": new},
        name="数据资源科",
        unit_kind="department",
    )
    _step(
        province,
        plan,
        StepKind.MOVE,
        unit=_ref(province, "西湖区民政局/一科"),
        parent={"step_id": new},
    )
    _step(
        province,
        plan,
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
    sentences = [row.sentence for row in queries.steps(plan)]
    assert sentences == [
        "在“西湖区”下设立“西湖区数据局”",
        "在“西湖区数据局”下设立“数据资源科”",
        "将“西湖区民政局一科”划归“西湖区数据局”",
        "将钱医调任“数据资源科”科长",
    ]
    _submit(province, plan)
    _approve(province, plan)
    run_jobs()
    assert Reorganisation.objects.get(pk=plan).reason == ""
    assert _status(plan) == "effective"
    bureau = Unit.objects.get(name="西湖区数据局")
    parts = units.children(bureau.pk, at=timezone.now(), viewer=EVERYTHING).items
    assert {unit.name for unit in parts} == {"数据资源科", "一科"}
    office = Unit.objects.get(name="数据资源科")
    serving = people.in_unit(office.pk, at=timezone.now(), viewer=EVERYTHING).items
    assert [(person.name, person.title) for person in serving] == [("钱医", "科长")]


def test_a_rehearsal_shows_both_trees_and_changes_nothing(
    province: factories.Province, plan: int
) -> None:
    _merge(province, plan)
    _step(
        province,
        plan,
        StepKind.CREATE,
        parent=_ref(province, "西湖区"),
        name="西湖区数据局",
        unit_kind="organ",
    )
    before, audited = _tree(), AuditEntry.objects.count()
    tried = rehearsing.rehearse(
        actor=province.actor(DRAFTER), reorganisation_id=plan, now=timezone.now()
    )
    assert (_tree(), AuditEntry.objects.count()) == (before, audited)
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
    province: factories.Province, plan: int
) -> None:
    _step(
        province,
        plan,
        StepKind.MOVE,
        unit=_ref(province, "西湖区民政局"),
        parent=_ref(province, "西湖区卫生健康局/一科"),
    )
    wrong = _step(province, plan, StepKind.ABOLISH, unit=_ref(province, "西湖区民政局/一科"))
    tried = rehearsing.rehearse(
        actor=province.actor(DRAFTER), reorganisation_id=plan, now=timezone.now()
    )
    assert [problem.position for problem in tried.problems] == [1, 2]
    assert tried.by_step[wrong].code == "ORG_UNIT_IN_USE"
    with pytest.raises(errors.ReorganisationFaulty) as refused:
        _submit(province, plan)
    assert refused.value.text.startswith("第 1 步不能执行：")
    assert _status(plan) == "draft"


def test_removing_a_step_leaves_those_that_need_it_broken(
    province: factories.Province, plan: int
) -> None:
    new = _step(
        province,
        plan,
        StepKind.CREATE,
        parent=_ref(province, "西湖区"),
        name="西湖区数据局",
        unit_kind="organ",
    )
    needs = _step(
        province,
        plan,
        StepKind.MOVE,
        unit=_ref(province, "西湖区民政局/一科"),
        parent={"step_id": new},
    )
    actor, now = province.actor(DRAFTER), timezone.now()
    reorganisations.move_step(
        actor=actor,
        reorganisation_id=plan,
        revision=_revision(plan),
        step_id=needs,
        position=1,
        now=now,
    )
    assert [row.id for row in queries.steps(plan)] == [needs, new]
    tried = rehearsing.rehearse(actor=actor, reorganisation_id=plan, now=now)
    assert tried.by_step[needs].code == "ORG_STEP_REFERENCE_BROKEN"
    reorganisations.remove_step(
        actor=actor, reorganisation_id=plan, revision=_revision(plan), step_id=new, now=now
    )
    assert [(row.position, row.sentence) for row in queries.steps(plan)] == [
        (1, "将“西湖区民政局一科”划归“（已删除的步骤所设组织）”")
    ]
    _merge(province, plan)
    reorganisations.remove_step(
        actor=actor, reorganisation_id=plan, revision=_revision(plan), step_id=needs, now=now
    )
    assert [(row.position, row.sentence) for row in queries.steps(plan)] == [
        (1, "将“北山街道”并入“西溪街道”")
    ]


def test_the_drafter_does_not_approve_his_own(province: factories.Province, plan: int) -> None:
    _merge(province, plan)
    _submit(province, plan)
    before = _tree()
    with pytest.raises(errors.OwnReorganisation):
        _approve(province, plan, by=DRAFTER)
    with pytest.raises(errors.ReorganisationNotFound):
        _approve(province, plan, by="马科员")
    assert (_status(plan), _tree()) == ("submitted", before)


def test_units_of_the_next_county_are_out_of_reach(province: factories.Province, plan: int) -> None:
    attempts: list[tuple[StepKind, dict[str, object]]] = [
        (StepKind.RENAME, {"unit": _ref(province, "上城区民政局"), "name": "改名"}),
        (
            StepKind.MOVE,
            {
                "unit": _ref(province, "西湖区民政局/一科"),
                "parent": _ref(province, "上城区民政局"),
            },
        ),
        (StepKind.ABOLISH, {"unit": _ref(province, "西湖区")}),
        (
            StepKind.MERGE,
            {
                "units": [_ref(province, "上城区民政局")],
                "into": _ref(province, "西湖区民政局"),
            },
        ),
    ]
    for kind, payload in attempts:
        with pytest.raises(errors.StepOutsideScope):
            _step(province, plan, kind, DRAFTER, **payload)
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


def test_it_waits_for_its_time_and_is_done_once(
    province: factories.Province, plan: int, run_jobs: RunJobs
) -> None:
    _merge(province, plan)
    _submit(province, plan)
    due = timezone.now() + timedelta(hours=2)
    _approve(province, plan, at=due)
    before = _tree()
    run_jobs()
    assert (_status(plan), _tree()) == ("approved", before)

    def arrive(now: datetime, at: datetime = due) -> bool:
        return reorganisation_decisions.take_effect(
            actor=system("test"), reorganisation_id=plan, effective_at=at, now=now
        )

    assert not arrive(due - timedelta(seconds=1))
    assert not arrive(due, due - timedelta(hours=1))
    assert arrive(due)
    changes = OrgChange.objects.filter(reorganisation_id=plan).count()
    after = _tree()
    assert not arrive(due + timedelta(minutes=5))
    assert OrgChange.objects.filter(reorganisation_id=plan).count() == changes
    assert (_status(plan), _tree()) == ("effective", after)
    assert Unit.objects.get(pk=province.unit("北山街道")).valid_to == due


def test_a_failure_leaves_nothing_done_and_may_be_mended(
    province: factories.Province, plan: int, run_jobs: RunJobs
) -> None:
    _step(province, plan, StepKind.RENAME, unit=_ref(province, "西湖区民政局/一科"), name="救助科")
    _step(province, plan, StepKind.ABOLISH, unit=_ref(province, "北山1社区"))
    _submit(province, plan)
    _approve(province, plan)
    # Meanwhile something comes to stand in the community.
    _add(province, "北山1社区", "第一小组", "group", "330106001001001")
    before = _tree()
    run_jobs()
    held = Reorganisation.objects.get(pk=plan)
    assert (held.status, held.failed_step, _tree()) == ("failed", 2, before)
    assert held.reason
    assert OrgChange.objects.filter(reorganisation_id=plan).count() == 0
    last = queries.timeline(plan)[-1]
    assert (last.status, last.remark) == ("failed", f"第 2 步：{held.reason}")
    bad = queries.steps(plan)[1].id
    reorganisations.remove_step(
        actor=province.actor(DRAFTER),
        reorganisation_id=plan,
        revision=held.revision,
        step_id=bad,
        now=timezone.now(),
    )
    assert _status(plan) == "draft"
    _submit(province, plan)
    _approve(province, plan)
    run_jobs()
    assert _status(plan) == "effective"
    assert Unit.objects.get(pk=province.unit("西湖区民政局/一科")).name == "救助科"
    assert list(
        ReorganisationEvent.objects.filter(reorganisation_id=plan)
        .order_by("id")
        .values_list("status", flat=True)
    ) == [
        "draft", "submitted", "approved", "failed", "submitted", "approved", "effective",
    ]  # fmt: skip


@pytest.mark.parametrize("loser", [DRAFTER, SECOND])
def test_rights_are_judged_again_when_it_takes_effect(
    province: factories.Province, plan: int, run_jobs: RunJobs, loser: str
) -> None:
    _merge(province, plan)
    _submit(province, plan)
    _approve(province, plan)
    AdminGrant.objects.filter(person_id=province.person(loser), role="org").update(
        revoked_at=timezone.now()
    )
    before = _tree()
    run_jobs()
    held = Reorganisation.objects.get(pk=plan)
    assert (held.status, held.failed_step, _tree()) == ("failed", None, before)
    assert held.reason == f"{loser}已不再是方案范围的组织管理员，须重新提交审批"


def test_two_tabs_do_not_overwrite_each_other(province: factories.Province, plan: int) -> None:
    seen = _revision(plan)
    _merge(province, plan)
    with pytest.raises(errors.ReorganisationChanged):
        reorganisations.add_step(
            actor=province.actor(DRAFTER),
            reorganisation_id=plan,
            revision=seen,
            kind=StepKind.ABOLISH,
            payload={"unit": _ref(province, "西溪1社区")},
            now=timezone.now(),
        )
    assert ReorganisationStep.objects.count() == 1
    _submit(province, plan)
    with pytest.raises(errors.ReorganisationChanged):
        reorganisation_decisions.approve(
            actor=province.actor(SECOND),
            reorganisation_id=plan,
            revision=seen,
            effective_at=None,
            now=timezone.now(),
        )
    assert _status(plan) == "submitted"


def test_what_is_submitted_is_edited_no_more(province: factories.Province, plan: int) -> None:
    _merge(province, plan)
    _submit(province, plan)
    with pytest.raises(errors.ReorganisationNotOpen) as refused:
        _merge(province, plan)
    assert refused.value.text == "方案当前为“待审批”，不能进行该操作"
    reorganisation_decisions.reject(
        actor=province.actor(SECOND),
        reorganisation_id=plan,
        revision=_revision(plan),
        reason="依据不足",
        now=timezone.now(),
    )
    assert _status(plan) == "rejected"
    with pytest.raises(errors.ReorganisationNotOpen):
        _approve(province, plan)
    _submit(province, plan)
    assert Reorganisation.objects.get(pk=plan).reason == ""


def test_a_withdrawn_approval_takes_no_effect(
    province: factories.Province, plan: int, run_jobs: RunJobs
) -> None:
    _merge(province, plan)
    _submit(province, plan)
    _approve(province, plan)
    with pytest.raises(errors.ReorganisationNotFound):
        reorganisation_decisions.withdraw(
            actor=province.actor("马科员"), reorganisation_id=plan, now=timezone.now()
        )
    reorganisation_decisions.withdraw(
        actor=province.actor(DRAFTER), reorganisation_id=plan, now=timezone.now()
    )
    before = _tree()
    run_jobs()
    assert (_status(plan), _tree()) == ("withdrawn", before)


def test_an_empty_or_unfounded_plan_is_not_submitted(
    province: factories.Province, plan: int
) -> None:
    with pytest.raises(errors.ReorganisationEmpty):
        _submit(province, plan)
    _merge(province, plan)
    reorganisations.edit(
        actor=province.actor(DRAFTER),
        reorganisation_id=plan,
        revision=_revision(plan),
        title="街道合并",
        basis="",
        now=timezone.now(),
    )
    with pytest.raises(errors.ReorganisationBasisMissing):
        _submit(province, plan)
    assert _status(plan) == "draft"


def test_a_time_that_has_passed_is_refused(province: factories.Province, plan: int) -> None:
    _merge(province, plan)
    _submit(province, plan)
    for at in (timezone.now() - timedelta(minutes=1), timezone.now() + timedelta(days=800)):
        with pytest.raises(errors.EffectiveTimePast):
            _approve(province, plan, at=at)
    assert _status(plan) == "submitted"


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
    province: factories.Province, plan: int, kind: StepKind, payload: dict[str, Any], said: str
) -> None:
    with pytest.raises(errors.StepMalformed) as refused:
        _step(province, plan, kind, **payload)
    assert refused.value.text == f"步骤内容不完整：{said}"
    assert ReorganisationStep.objects.count() == 0


def test_the_database_knows_no_drafter_as_approver(province: factories.Province, plan: int) -> None:
    held = Reorganisation.objects.filter(pk=plan)
    with pytest.raises(IntegrityError, match="second_person"), transaction.atomic():
        held.update(approved_by=F("drafted_by"))


def test_a_draft_is_gone_only_before_it_was_submitted(
    province: factories.Province, plan: int
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
    _merge(province, plan)
    _submit(province, plan)
    reorganisation_decisions.withdraw(
        actor=province.actor(DRAFTER), reorganisation_id=plan, now=timezone.now()
    )
    with pytest.raises(errors.ReorganisationNotOpen):
        reorganisations.discard(
            actor=province.actor(DRAFTER), reorganisation_id=plan, now=timezone.now()
        )
    assert queries.exists(plan)


def test_approvers_and_drafter_are_told(
    province: factories.Province, plan: int, run_jobs: RunJobs
) -> None:
    _merge(province, plan)
    _submit(province, plan)
    run_jobs()
    page = province.client(SECOND).get("/api/v1/messaging/notices").json()["items"]
    assert [notice["title"] for notice in page] == ["待审批：街道合并"]
    assert page[0]["link"] == f"/administration/reorganisations/{plan}/"
    _approve(province, plan)
    run_jobs()
    told = province.client(DRAFTER).get("/api/v1/messaging/notices").json()["items"]
    assert [notice["title"] for notice in told] == [
        "机构改革已生效：街道合并", "机构改革待生效：街道合并",
    ]  # fmt: skip


def test_nobody_approves_a_plan_that_gives_him_another_post(
    province: factories.Province, plan: int
) -> None:
    calls.grant(province, "王伟民", "org", "西湖区")
    _step(
        province,
        plan,
        StepKind.TRANSFER,
        person_id=province.person("王伟民"),
        unit=_ref(province, "西湖区人民政府办公室"),
        title="主任",
        function="head",
    )
    _submit(province, plan)
    with pytest.raises(errors.OwnAppointment):
        _approve(province, plan, by="王伟民")
    assert _status(plan) == "submitted"


def test_nobody_approves_with_a_password_that_the_drafter_made(
    province: factories.Province, plan: int
) -> None:
    _merge(province, plan)
    _submit(province, plan)
    made = CredentialReset.objects.create(
        person_id=province.person(SECOND),
        reset_by_id=province.person(DRAFTER),
        reset_at=timezone.now() - timedelta(days=6),
    )
    with pytest.raises(errors.OutOfScope):
        _approve(province, plan)
    assert _status(plan) == "submitted"
    made.delete()
    _approve(province, plan)
    assert _status(plan) == "approved"


def test_nobody_holds_off_all_moves_by_rehearsing_again_and_again(
    province: factories.Province, plan: int
) -> None:
    key, store = f"org:rehearsed:{plan}", redis.connection()
    path = f"/api/v1/org/reorganisations/{plan}/rehearsal"
    client = province.client(DRAFTER)
    store.set(key, 29, ex=60)
    try:
        assert client.get(path).status_code == 200
        refused = client.get(path)
        assert calls.refused(refused) == (429, "ORG_REHEARSED_OFTEN")
        assert refused.headers["Retry-After"] == "60"
    finally:
        store.delete(key)
