"""Every act that the product records has words for the auditor."""

import re

from core import audit
from messaging.api import conversations
from tests.contracts import source
from workbench import audit_details, audit_words

RECORDED = re.compile(r'"((?:core|org|messaging|approvals|documents|miniapps)\.[a-z_]+\.[a-z_]+)"')
SCOPES = re.compile(r"\.(read|write|send)$")


def test_every_recorded_act_has_words() -> None:
    recorded = {
        code
        for module in source.modules()
        if module.layer in {"services", "tree", "sign_in", "audit"}
        for code in RECORDED.findall(module.path.read_text(encoding="utf-8"))
        if not SCOPES.search(code)
    }
    assert len(recorded) > 30
    assert recorded - audit_words.ACTIONS.keys() == set()


def test_every_recorded_object_and_detail_has_words() -> None:
    texts = [
        module.path.read_text(encoding="utf-8")
        for module in source.modules()
        if module.layer in {"services", "tree", "sign_in", "audit"}
    ]
    kinds = {kind for text in texts for kind in re.findall(r'object_kind="([a-z._]+)"', text)}
    assert len(kinds) > 10
    assert kinds - audit_words.OBJECTS.keys() == set()


def test_details_leave_out_what_is_empty() -> None:
    values: dict[str, object] = {"name": "一科", "code": "", "units": [3, 5], "subtree": True}
    said = audit_words.details("org.unit.added", values, audit_words.Names())
    assert said == "名称：一科，组织数：3、5，含下级：是"


def test_people_units_and_kinds_are_named_and_strangers_keep_their_numbers() -> None:
    names = audit_words.Names(people={697: "张晓梅"}, units={4: "西湖区", 5: "上城区"})
    values: dict[str, object] = {"person_ids": [697, 702], "kind": "concurrent", "unit_id": 4}
    assert (
        audit_words.details("org.appointment.made", values, names)
        == "人员：张晓梅、702，类型：兼职，组织：西湖区"
    )
    moved: dict[str, object] = {"before": 4, "after": 5, "units": 3}
    assert audit_words.details("org.unit.moved", moved, names) == (
        "改前：西湖区，改后：上城区，组织数：3"
    )
    assert audit_words.details("x", {"sm3": "0123456789abcdef"}, names) == "SM3：0123456789ab…"
    assert audit_words.subject("org.person", "697", names) == "人员 张晓梅"
    assert audit_words.subject("conversation", "3", names) == "会话 3"


def test_what_stood_before_and_after_is_told_in_words() -> None:
    names = audit_words.Names(units={136: "西溪街道", 135: "北山街道"})
    merged: dict[str, object] = {
        "before": {"name": "西溪街道", "code": "330106004"},
        "after": {"into_id": 135, "note": ""},
    }
    assert audit_words.details("org.unit.merged", merged, names) == (
        "改前（名称：西溪街道，编码：330106004），改后（并入：北山街道）"
    )
    told: dict[str, object] = {"method": "password", "second_factor": "totp", "function": "staff"}
    assert audit_words.details("x", told, names) == (
        "方式：密码，双因素认证：动态验证码，岗位类别：工作人员"
    )
    assert audit_words.actor("reorganisations") == "系统（机构改革）"
    assert audit_words.actor("梁小然") == "梁小然"
    until: dict[str, object] = {"valid_until": "2027-05-22T12:51:27.982649+00:00"}
    assert audit_words.details("x", until, names) == "有效期至：2027-05-22 20:51"


def test_every_rule_of_a_group_has_words() -> None:
    rules = conversations.PolicyIn.model_fields
    assert rules.keys() - audit_details.LABELS.keys() == set()
    changed: dict[str, object] = {
        "inviting": "admins",
        "newcomers_see": "nothing",
        "mute_all": False,
    }
    assert audit_words.details("messaging.group.policy_changed", changed, audit_words.Names()) == (
        "邀请权限：仅群主和管理员，新成员可见：不可查看入群前的消息，公告模式：否"
    )


def test_every_fault_that_a_check_can_find_has_words() -> None:
    source_text = "".join(
        (source.ROOT / "core" / "audit" / name).read_text(encoding="utf-8")
        for name in ("verification.py", "seals.py")
    )
    reasons = set(re.findall(r'"((?:the|a) [a-z][^"]+)"', source_text))
    assert len(reasons) == 12
    assert reasons == set(audit_words.FAULTS)
    assert audit_words.fault(audit.Fault(7, 3, "the row was altered")) == (
        "第 7 链第 3 条：记录被篡改"
    )
    assert audit_words.fault(audit.Fault(None, 2, "the seal is missing from the object store")) == (
        "第 2 次封存：对象存储中缺少该封存记录"
    )
