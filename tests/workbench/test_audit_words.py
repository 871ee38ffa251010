"""Every act that the product records has words for the auditor."""

import re

from tests.contracts import source
from workbench import audit_words

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


def test_details_leave_out_what_is_empty() -> None:
    values: dict[str, object] = {"name": "一科", "code": "", "units": [3, 5], "subtree": True}
    assert audit_words.details(values) == "名称：一科，组织数：3、5，subtree：是"
