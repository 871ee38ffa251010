"""What may be published: the proof of a definition, its conditions and its form."""

import json
from pathlib import Path
from typing import Any

import pytest

from approvals import conditions, definitions, errors, forms
from approvals.definitions import Choice
from tests.approvals.conftest import person

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "days": {"type": "integer"},
        "kind": {"type": "string", "enum": ["a", "b"]},
        "on": {"type": "string", "format": "date"},
        "urgent": {"type": "boolean"},
    },
}
SHIPPED = sorted((Path(__file__).parents[2] / "approvals" / "templates_json").glob("*.json"))


def _faults(*nodes: dict[str, Any], start: bool = True) -> list[str]:
    first = [{"type": "start", "id": "start"}] if start else []
    try:
        definition = definitions.parse({"nodes": [*first, *nodes]})
        definitions.prove(definition, SCHEMA)
    except errors.DefinitionInvalid as refusal:
        problems: Any = refusal.details["problems"]
        return list(problems)
    return []


def _choice(when: dict[str, Any], **more: Any) -> dict[str, Any]:
    case = {"name": "情形", "when": when, "nodes": [person("inner", 1)]}
    return {"type": "choice", "id": "c", "cases": [case], **more}


def test_a_sound_definition_has_no_faults() -> None:
    when = {"all": [{"field": "days", "op": "gt", "value": 3}, {"field": "kind", "op": "present"}]}
    assert _faults(_choice(when), person("a", 1, send_back_to=["start"])) == []


def test_the_start_stands_first_and_alone() -> None:
    assert _faults(person("a", 1), person("b", 1), start=False) == ["流程须以唯一的发起节点开头"]
    assert _faults(person("a", 1), {"type": "start", "id": "again"}) == [
        "流程须以唯一的发起节点开头"
    ]


def test_a_flow_decides_something() -> None:
    cc = {"type": "cc", "id": "k", "name": "抄送", "who": [{"kind": "unit_head"}]}
    assert _faults(cc) == ["流程中没有审批节点"]


def test_ids_are_used_once_also_across_branches() -> None:
    branches = [
        {"name": "甲", "nodes": [person("a", 1)]},
        {"name": "乙", "nodes": [person("a", 1)]},
    ]
    assert _faults({"type": "parallel", "id": "p", "branches": branches}) == ["节点编号“a”重复"]


@pytest.mark.parametrize(
    ("when", "fault"),
    [
        ({"field": "weeks", "op": "gt", "value": 1}, "条件引用了表单中没有的字段“weeks”"),
        ({"field": "kind", "op": "gt", "value": "a"}, "字段“kind”不能比较大小"),
        ({"field": "days", "op": "eq", "value": "3"}, "字段“days”的取值与类型 integer 不符"),
        ({"field": "days", "op": "in", "value": []}, "字段“days”的 in 条件需要一个非空列表"),
        ({"field": "urgent", "op": "eq", "value": 1}, "字段“urgent”的取值与类型 boolean 不符"),
    ],
)
def test_conditions_fit_the_form(when: dict[str, Any], fault: str) -> None:
    assert _faults(_choice(when)) == [fault]
    assert _faults(_choice({"not": {"any": [when]}})) == [fault]


@pytest.mark.parametrize("target", ["beside", "later", "inner", "nowhere", "a"])
def test_nothing_is_sent_back_sideways_forwards_or_into_a_block(target: str) -> None:
    inside = {
        "type": "parallel",
        "id": "q",
        "branches": [
            {"name": "甲", "nodes": [person("inner", 1)]},
            {"name": "乙", "nodes": [person("other", 1)]},
        ],
    }
    branches = [
        {"name": "甲", "nodes": [inside, person("a", 1, send_back_to=[target])]},
        {"name": "乙", "nodes": [person("beside", 1)]},
    ]
    block = {"type": "parallel", "id": "p", "branches": branches}
    assert len(_faults(block, person("later", 1))) == 1


def test_what_is_no_definition_is_named_by_its_place() -> None:
    assert _faults({"type": "approve", "id": "A B", "name": "x", "who": []})[0].startswith(
        "nodes.1.approve.id"
    )
    assert _faults({"type": "script", "id": "a", "code": "1"}) != []


@pytest.mark.parametrize(
    ("when", "form", "expected"),
    [
        ({"field": "days", "op": "ge", "value": 3}, {"days": 3}, True),
        ({"field": "days", "op": "lt", "value": 3}, {"days": 3}, False),
        ({"field": "days", "op": "ne", "value": 3}, {}, False),
        ({"field": "days", "op": "eq", "value": 1}, {"days": True}, False),
        ({"field": "kind", "op": "in", "value": ["a", "b"]}, {"kind": "b"}, True),
        ({"field": "on", "op": "gt", "value": "2026-01-31"}, {"on": "2026-02-01"}, True),
        ({"not": {"field": "kind", "op": "present"}}, {}, True),
        (
            {
                "any": [
                    {"field": "days", "op": "gt", "value": 9},
                    {"field": "urgent", "op": "eq", "value": True},
                ]
            },
            {"days": 1, "urgent": True},
            True,
        ),
    ],
)
def test_conditions_hold_or_not(when: dict[str, Any], form: dict[str, Any], expected: bool) -> None:
    definition = definitions.parse(
        {"nodes": [{"type": "start", "id": "start"}, _choice(when), person("z", 1)]}
    )
    choice = definition.nodes[1]
    assert isinstance(choice, Choice)
    assert conditions.holds(choice.cases[0].when, form) is expected


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "array"},
        {"type": "object", "properties": {"a": {"type": "object"}}},
        {"type": "object", "properties": {"a": {"$ref": "http://127.0.0.1/x"}}},
        {"type": "object", "properties": {"a": {"type": "string", "x-widget": "person"}}},
        {"type": "object", "required": ["b"], "properties": {}},
        {"type": "nonsense"},
    ],
)
def test_forms_outside_the_subset_are_refused(schema: dict[str, Any]) -> None:
    with pytest.raises(errors.DefinitionInvalid):
        forms.check_schema(schema)


def test_a_typed_form_is_read_from_text_and_blanks_are_left_out() -> None:
    schema = {
        "type": "object",
        "properties": {
            "days": {"type": "integer"},
            "amount": {"type": "number"},
            "note": {"type": "string"},
            "urgent": {"type": "boolean"},
        },
    }
    text = {"days": " 3 ", "amount": "1.5", "note": "", "urgent": "true"}
    assert forms.read_text(schema, text) == {"days": 3, "amount": 1.5, "urgent": True}
    assert forms.read_text(schema, {"days": "three"}) == {"days": "three", "urgent": False}


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "\ud800", "x" * 70_000, "a\x00b"])
def test_what_cannot_be_stored_is_refused(value: Any) -> None:
    schema = {"type": "object", "properties": {"a": {}}}
    with pytest.raises(errors.FormInvalid):
        forms.checked(schema, {"a": value})


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_shipped_templates_are_sound(path: Path) -> None:
    shipped = json.loads(path.read_text(encoding="utf-8"))
    forms.check_schema(shipped["form_schema"])
    definitions.prove(definitions.parse(shipped["definition"]), shipped["form_schema"])


def test_shipped_templates_show_every_mode_and_block() -> None:
    text = " ".join(path.read_text(encoding="utf-8") for path in SHIPPED)
    for word in ("in_order", "all_of", "any_of", "choice", "parallel", "cc"):
        assert f'"{word}"' in text
