"""系统管理, 机构改革 and 条线: what an administrator does by dialogs, and what others don't see."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from org.models import AdminGrant, LineUnit, Reorganisation, ReorganisationStep, Unit
from org.queries import lines
from tests import factories
from tests.factories import Province

SECOND = "吕安全"
RunJobs = Callable[[], int]


@pytest.fixture
def second(province: Province) -> Client:
    """A second organisation administrator of 西湖区."""
    AdminGrant.objects.create(
        person_id=province.person(SECOND),
        role="org",
        root_id=province.unit("西湖区"),
        valid_from=factories.FOUNDED,
    )
    return province.client(SECOND)


@pytest.fixture
def plan(province: Province) -> str:
    """The address of a draft of 何管理."""
    form = {"title": "部门调整", "basis": "西政〔2026〕3号", "scope_id": province.unit("西湖区")}
    answer = province.client("何管理").post("/administration/reorganisations/new/", form)
    assert answer.status_code == 204
    return str(answer["HX-Redirect"])


def _page(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return str(answer.content.decode())


def _revision(plan: str) -> int:
    return Reorganisation.objects.get(pk=int(plan.rstrip("/").rpartition("/")[2])).revision


def _add(client: Client, plan: str, kind: str, **fields: Any) -> str:
    form = {"revision": _revision(plan), **fields}
    answer = client.post(f"{plan}steps/new/{kind}/", form)
    assert answer.status_code == 200, answer.content.decode()
    assert answer["HX-Retarget"] == "#plan"
    return str(answer.content.decode())


def _act(client: Client, plan: str, act: str, **fields: Any) -> Any:
    return client.post(f"{plan}{act}/", {"revision": _revision(plan), **fields})


def test_a_plan_is_drafted_submitted_approved_and_done(
    province: Province, second: Client, plan: str, run_jobs: RunJobs, sound_audit: None
) -> None:
    drafter = province.client("何管理")
    section = province.unit("西湖区民政局/一科")
    shown = _add(drafter, plan, "rename", unit=section, name="救助科")
    assert "将“西湖区民政局一科”更名为“救助科”" in shown
    assert "改称救助科" in shown
    assert _act(drafter, plan, "submit").status_code == 204
    waiting_list = _page(second, "/administration/reorganisations/?box=submitted")
    assert "待审批" in waiting_list
    assert 'data-count="plans">1</span>' in waiting_list
    assert 'data-count="administration">1</span>' in waiting_list
    assert f'href="{plan}"' in _page(second, "/today/")
    assert f'href="{plan}"' not in _page(drafter, "/today/")
    assert "您的审批" in _page(second, plan)
    assert "您的审批" not in _page(drafter, plan)
    assert _act(second, plan, "approve", when="now").status_code == 204
    waiting = _page(second, plan)
    assert "正在执行" in waiting
    assert "按当前数据试算" not in waiting
    run_jobs()
    done = _page(drafter, plan)
    assert "全部步骤已于" in done
    assert "将“西湖区民政局一科”更名为“救助科”" in done
    assert Unit.objects.get(pk=section).name == "救助科"


def test_a_unit_of_an_earlier_step_can_be_chosen(province: Province, plan: str) -> None:
    client = province.client("何管理")
    county = province.unit("西湖区")
    _add(client, plan, "create", parent=county, name="西湖区数据局", unit_kind="organ")
    made = ReorganisationStep.objects.get()
    dialog = _page(client, f"{plan}steps/new/move/")
    assert f'<option value="s{made.pk}.0">西湖区数据局（本方案新设）</option>' in dialog
    section = province.unit("西湖区民政局/一科")
    shown = _add(client, plan, "move", unit=section, parent_made=f"s{made.pk}.0")
    assert "将“西湖区民政局一科”划归“西湖区数据局”" in shown
    assert "个步骤不能执行" not in shown


def test_what_cannot_be_done_is_said_at_its_step(province: Province, plan: str) -> None:
    client = province.client("何管理")
    shown = _add(client, plan, "abolish", unit=province.unit("西湖区民政局"))
    assert "有 1 个步骤不能执行" in shown
    assert "不能撤销" in shown
    assert _act(client, plan, "submit").status_code == 422
    assert Reorganisation.objects.get().status == "draft"


def test_what_is_missing_is_said_in_the_dialog(province: Province, plan: str) -> None:
    answer = province.client("何管理").post(f"{plan}steps/new/move/", {"revision": 1})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "请选择划转的组织" in page
    assert "请选择新的上级" in page
    assert ReorganisationStep.objects.count() == 0


def test_an_old_page_changes_nothing(province: Province, plan: str) -> None:
    client = province.client("何管理")
    section = province.unit("西湖区民政局/一科")
    _add(client, plan, "rename", unit=section, name="救助科")
    stale = {"revision": 1, "unit": section, "name": "另一科"}
    answer = client.post(f"{plan}steps/new/rename/", stale)
    assert answer.status_code == 422
    assert "方案已在别处被修改" in answer.content.decode()
    assert ReorganisationStep.objects.count() == 1


def test_steps_change_place_and_go(province: Province, plan: str) -> None:
    client = province.client("何管理")
    for part in ("一科", "办公室"):
        unit = province.unit(f"西湖区民政局/{part}")
        _add(client, plan, "rename", unit=unit, name=f"新{part}")
    first, last = ReorganisationStep.objects.order_by("position").values_list("id", flat=True)
    answer = _act(client, plan, f"steps/{last}/place", position=1)
    assert answer.status_code == 200
    order = ReorganisationStep.objects.order_by("position").values_list("id", "position")
    assert list(order) == [(last, 1), (first, 2)]
    edited = _page(client, f"{plan}steps/{first}/")
    assert 'value="新一科"' in edited
    assert _act(client, plan, f"steps/{last}/remove").status_code == 200
    assert list(order.all()) == [(first, 1)]


def test_a_split_offers_the_parts_and_people_of_the_unit(province: Province, plan: str) -> None:
    client = province.client("何管理")
    organ = province.unit("西湖区民政局")
    dialog = _page(client, f"{plan}steps/new/split/?unit={organ}")
    assert "王伟民" in dialog
    section = province.unit("西湖区民政局/一科")
    shown = _add(
        client, plan, "split", unit=organ, name="西湖区救助局", unit_ids=section, unit_kind="organ"
    )
    assert "从“西湖区民政局”拆出“西湖区救助局”" in shown
    assert "个步骤不能执行" not in shown


def test_the_drafter_and_strangers_do_not_decide(
    province: Province, second: Client, plan: str
) -> None:
    drafter = province.client("何管理")
    _add(drafter, plan, "rename", unit=province.unit("西湖区民政局/一科"), name="救助科")
    _act(drafter, plan, "submit")
    assert _act(drafter, plan, "approve").status_code == 403
    for name, status in (("马科员", 404), ("张晓梅", 404)):
        client = province.client(name)
        assert client.get(plan).status_code == status
        assert _act(client, plan, "approve").status_code == status
        assert _act(client, plan, "withdraw").status_code == status
    assert _act(second, plan, "reject").status_code == 422
    assert Reorganisation.objects.get().status == "submitted"
    assert _act(second, plan, "reject", reason="依据不足").status_code == 204
    assert "依据不足" in _page(drafter, plan)


def test_a_draft_is_its_drafters_own(province: Province, second: Client, plan: str) -> None:
    assert second.get(plan).status_code == 404
    assert second.get(f"{plan}steps/new/rename/").status_code == 404
    assert "部门调整" not in _page(second, "/administration/reorganisations/")
    assert province.client("张晓梅").get("/administration/reorganisations/").status_code == 404


def test_units_of_the_next_county_are_refused(province: Province, plan: str) -> None:
    answer = province.client("何管理").post(
        f"{plan}steps/new/rename/",
        {"revision": 1, "unit": province.unit("上城区民政局"), "name": "改名"},
    )
    assert answer.status_code == 403
    assert ReorganisationStep.objects.count() == 0


def test_names_are_shown_as_text(province: Province, plan: str) -> None:
    script = "<script>alert(1)</script>"
    shown = _add(
        province.client("何管理"), plan, "rename",
        unit=province.unit("西湖区民政局/一科"), name=script,
    )  # fmt: skip
    assert script not in shown
    assert "&lt;script&gt;" in shown


def test_over_the_api_the_same_rules_hold(
    province: Province, second: Client, plan: str, run_jobs: RunJobs
) -> None:
    drafter = province.client("何管理")
    path = f"/api/v1/org/reorganisations/{plan.rstrip('/').rpartition('/')[2]}"
    unit = {"unit_id": province.unit("西湖区民政局/一科")}
    body: dict[str, Any] = {"revision": 1, "kind": "rename"}

    def send(client: Client, act: str, sent: dict[str, Any]) -> Any:
        return client.post(f"{path}/{act}", sent, content_type="application/json")

    beyond = {"unit": {"unit_id": province.unit("上城区民政局")}, "name": "改名"}
    assert send(drafter, "steps", {**body, "payload": beyond}).status_code == 403
    nul = {"unit": unit, "name": "a\x00b"}
    assert send(drafter, "steps", {**body, "payload": nul}).status_code == 422
    added = send(drafter, "steps", {**body, "payload": {"unit": unit, "name": "救助科"}})
    assert added.json()["revision"] == 2
    tried = drafter.get(f"{path}/rehearsal").json()
    assert (tried["counts"]["units"], tried["problems"]) == (1, [])
    assert send(drafter, "submit", {"revision": 2}).status_code == 204
    own = send(drafter, "approve", {"revision": 2})
    assert (own.status_code, own.json()["code"]) == (403, "ORG_OWN_REORGANISATION")
    stranger = send(province.client("马科员"), "approve", {"revision": 2})
    assert stranger.status_code == 404
    assert send(second, "approve", {"revision": 2}).status_code == 204
    run_jobs()
    shown = drafter.get(path).json()
    assert (shown["status"], shown["approver_name"]) == ("effective", SECOND)
    assert send(second, "approve", {"revision": 2}).status_code == 409


def test_a_line_is_defined_filled_by_names_and_read(province: Province) -> None:
    client = province.client("何管理")
    form = {
        "name": "民政",
        "code": "civil",
        "name_endings": "民政局、民政厅",
        "root_id": province.unit("西湖区"),
    }
    made = client.post("/administration/lines/new/", form)
    assert made.status_code == 204
    page = str(made["HX-Redirect"])
    dialog = _page(client, f"{page}place/")
    assert "匹配到 1 个单位" in dialog
    assert "上城区民政局" not in dialog
    assert LineUnit.objects.count() == 0
    assert client.post(f"{page}place/", {"role": "lead"}).status_code == 422
    organ = province.unit("西湖区民政局")
    assert client.post(f"{page}place/", {"unit_id": organ, "role": "lead"}).status_code == 204
    shown = _page(client, page)
    assert "西湖区民政局" in shown
    assert "王伟民" in _page(client, f"{page}people/")
    line = lines.lines_of([organ], at=timezone.now())[organ][0]
    assert (line.line_name, line.role_name) == ("民政", "主管")
    stranger = province.client("马科员")
    assert stranger.get(page).status_code == 404
    assert stranger.post(f"{page}units/{organ}/withdraw/").status_code == 403
    assert client.post(f"{page}units/{organ}/withdraw/").status_code == 204
