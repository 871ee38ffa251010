"""The flow's picture says in words how far a case has come."""

import re
from xml.etree import ElementTree as ET

from hypothesis import given, settings

from approvals import definitions, pictures
from approvals.definitions import Definition
from approvals.pictures import NodeState, Progress, State
from tests.approvals import trees
from tests.approvals.conftest import DEPUTY, HEAD, OTHER, Office, leave_form, person


def _words(svg: str) -> list[str]:
    root = ET.fromstring(svg)  # noqa: S314  # our own drawing
    return [text.text or "" for text in root.iter("{http://www.w3.org/2000/svg}text")]


def _svg(office: Office, name: str, case_id: int) -> str:
    answer = office.province.client(name).get(f"/api/v1/approvals/cases/{case_id}/picture.svg")
    assert answer.headers["Content-Type"] == "image/svg+xml"
    return answer.content.decode()


def test_picture_shows_people_and_states_in_words(office: Office) -> None:
    case_id = office.start(OTHER, form=leave_form(5)).case_id
    office.act("approve", HEAD, case_id)
    words = _words(_svg(office, OTHER, case_id))
    assert words[:3] == ["填写申请", OTHER, "已提交"]
    assert words[words.index("部门负责人审批") + 1 :][:2] == [HEAD, "已同意"]
    assert words[words.index("分管领导审批") + 1 :][:2] == [DEPUTY, "办理中"]
    assert words[-1] == "结束"


def test_a_branch_not_taken_says_so(office: Office) -> None:
    case_id = office.start(OTHER, form=leave_form(1)).case_id
    office.act("approve", HEAD, case_id)
    words = _words(_svg(office, OTHER, case_id))
    assert words[words.index("分管领导审批") + 2] == "不经过"
    assert words[-1] == "已同意"


def test_a_step_that_was_sent_back_past_is_open_again(office: Office) -> None:
    nodes = [
        person("a", office.id(HEAD)),
        person("b", office.id(DEPUTY), send_back_to=["start"]),
    ]
    office.publish("t", nodes)
    case_id = office.start(OTHER, "t", form={}).case_id
    office.act("approve", HEAD, case_id)
    office.act("send_back", DEPUTY, case_id, "重写")
    words = _words(_svg(office, OTHER, case_id))
    assert words[words.index("发起") + 2] == "待修改"
    assert words[words.index("环节 a") + 2] == "未开始 · 或签"
    assert words[words.index("环节 b") + 2] == "已退回"


def test_names_are_text_never_markup() -> None:
    raw = {"nodes": [{"type": "start", "id": "start"}, person("a", 1)]}
    state = State(nodes={"a": NodeState(Progress.ACTIVE, ("<script>alert(1)</script>",))})
    svg = pictures.draw(definitions.parse(raw), state)
    assert "<script" not in svg
    assert "style=" not in svg


@settings(max_examples=100, deadline=None)
@given(tree=trees.trees)
def test_every_tree_is_drawn_with_all_its_steps(tree: Definition) -> None:
    svg = pictures.draw(tree, State())
    leaves = [leaf for node in tree.nodes for leaf in definitions.leaves(node)]
    assert svg.count("<rect") == len(leaves) + 1
    width = float(re.search(r'width="([\d.]+)"', svg)[1])  # type: ignore[index]  # it is there
    assert width >= pictures.WIDTH
    for x, wide in re.findall(r'<rect x="([-\d.]+)" y="[\d.]+" width="([\d.]+)"', svg):
        assert 0 <= float(x) <= float(x) + float(wide) <= width
