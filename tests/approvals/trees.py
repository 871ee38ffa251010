"""Random process trees and actions for the property tests."""

from typing import Any

from hypothesis import strategies as st

from approvals import definitions
from approvals.definitions import Definition

INITIATOR = 1
PEOPLE = tuple(range(1, 7))
FORM_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"days": {"type": "integer"}, "urgent": {"type": "boolean"}},
}

_conditions = st.one_of(
    st.builds(
        lambda op, value: {"field": "days", "op": op, "value": value},
        st.sampled_from(["eq", "ne", "gt", "ge", "lt", "le"]),
        st.integers(0, 5),
    ),
    st.just({"not": {"field": "urgent", "op": "eq", "value": True}}),
)

_approve = st.fixed_dictionaries(
    {
        "type": st.just("approve"),
        "name": st.just("审批"),
        "who": st.lists(st.sampled_from(PEOPLE), min_size=1, max_size=3).map(
            lambda ids: [{"kind": "person", "person_ids": ids}]
        ),
        "mode": st.sampled_from(["in_order", "all_of", "any_of"]),
        "self": st.sampled_from(["skip", "keep", "superior"]),
        "empty": st.sampled_from(["skip", "superior"]),
    }
)
_cc = st.just(
    {"type": "cc", "name": "抄送", "who": [{"kind": "person", "person_ids": [PEOPLE[-1]]}]}
)


def _blocks(children: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    sequence = st.lists(children, min_size=1, max_size=3)
    parallel = st.lists(sequence, min_size=2, max_size=3).map(
        lambda branches: {
            "type": "parallel",
            "branches": [{"name": "分支", "nodes": nodes} for nodes in branches],
        }
    )
    choice = st.builds(
        lambda when, nodes, otherwise: {
            "type": "choice",
            "cases": [{"name": "情形", "when": when, "nodes": nodes}],
            "otherwise": {"name": "其他", "nodes": otherwise},
        },
        _conditions,
        sequence,
        st.lists(children, max_size=2),
    )
    return st.one_of(parallel, choice)


_nodes = st.recursive(st.one_of(_approve, _approve, _cc), _blocks, max_leaves=10)


def _number(nodes: list[dict[str, Any]], seen: list[int]) -> list[dict[str, Any]]:
    """Give every node an id of its own; the strategies may hand out one node twice."""
    numbered = []
    for node in nodes:
        seen.append(len(seen))
        copy = {**node, "id": f"n{seen[-1]}"}
        for key in ("branches", "cases"):
            if key in copy:
                copy[key] = [{**part, "nodes": _number(part["nodes"], seen)} for part in copy[key]]
        if "otherwise" in copy:
            copy["otherwise"] = {
                **copy["otherwise"],
                "nodes": _number(copy["otherwise"]["nodes"], seen),
            }
        numbered.append(copy)
    return numbered


def _allow_sending_back(raw: dict[str, Any]) -> Definition:
    """Let every step send back to each of its legal targets."""
    definition = definitions.parse(raw)

    def widen(nodes: list[dict[str, Any]]) -> None:
        for node in nodes:
            if node["type"] == "approve":
                targets = definitions.send_back_targets(definition, node["id"])
                node["send_back_to"] = list(targets)
            for part in (*node.get("branches", ()), *node.get("cases", ())):
                widen(part["nodes"])
            if "otherwise" in node:
                widen(node["otherwise"]["nodes"])

    widen(raw["nodes"])
    return definitions.parse(raw)


def _tree(nodes: list[dict[str, Any]]) -> Definition:
    raw = {"nodes": [{"type": "start", "id": "start"}, *_number(nodes, [])]}
    return _allow_sending_back(raw)


trees = st.builds(
    lambda nodes, last: _tree([*nodes, last]),
    st.lists(_nodes, max_size=4),
    _approve,
)
forms = st.fixed_dictionaries({}, optional={"days": st.integers(0, 6), "urgent": st.booleans()})
