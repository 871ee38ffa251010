"""Approving, rejecting and sending back, over HTTP."""

from typing import Any

import pytest
from django.test import Client

from approvals.models import Case, CaseEvent, Task
from tests.approvals.conftest import (
    CLERK,
    DEPUTY,
    HEAD,
    OTHER,
    STAFF,
    STRANGER,
    Office,
    fresh_key,
    leave_form,
    person,
)
from tests.conftest import Budget

API = "/api/v1/approvals"


def _post(client: Client, path: str, body: dict[str, Any], key: str = "") -> Any:
    return client.post(
        f"{API}{path}",
        body,
        content_type="application/json",
        headers={"Idempotency-Key": key or fresh_key()},
    )


def _start(office: Office, name: str = OTHER, **body: Any) -> int:
    answer = _post(
        office.province.client(name),
        "/cases",
        {"template_key": "leave", "title": "请假两天", "form": leave_form(2), **body},
    )
    assert answer.status_code == 200, answer.content
    case_id: int = answer.json()["case_id"]
    return case_id


def _decide(office: Office, name: str, verb: str, task_id: int, **more: Any) -> Any:
    key = more.pop("key", "")
    body = {"form_revision": 1, "remark": "意见", **more}
    return _post(office.province.client(name), f"/tasks/{task_id}/{verb}", body, key)


def test_a_case_walks_from_start_to_approval(office: Office) -> None:
    case_id = _start(office, form=leave_form(5))
    for name, node in ((HEAD, "unit_head"), (DEPUTY, "leader_in_charge")):
        waiting = office.province.client(name).get(f"{API}/tasks/to-do").json()["items"]
        assert [row["case_id"] for row in waiting] == [case_id]
        case = office.province.client(name).get(f"{API}/cases/{case_id}").json()
        assert case["task"]["node_id"] == node
        answer = _decide(office, name, "approve", waiting[0]["task_id"])
        assert answer.status_code == 200
        done = office.province.client(name).get(f"{API}/tasks/done").json()["items"]
        assert [(row["case_id"], row["action"]) for row in done] == [(case_id, "approved")]
    case = office.province.client(OTHER).get(f"{API}/cases/{case_id}").json()
    assert (case["state"], case["state_name"], case["task"]) == ("approved", "已同意", None)


def test_approving_twice_is_a_conflict_and_changes_nothing(office: Office) -> None:
    case_id = _start(office)
    task_id = office.task_of(HEAD, case_id).id
    assert _decide(office, HEAD, "approve", task_id).status_code == 200
    events = CaseEvent.objects.count()

    again = _decide(office, HEAD, "approve", task_id)
    assert (again.status_code, again.json()["code"]) == (409, "APPROVAL_CASE_ENDED")
    assert CaseEvent.objects.count() == events


def test_a_step_done_already_is_a_conflict(office: Office) -> None:
    case_id = _start(office, form=leave_form(5))
    task_id = office.task_of(HEAD, case_id).id
    assert _decide(office, HEAD, "approve", task_id).status_code == 200
    again = _decide(office, HEAD, "reject", task_id)
    assert (again.status_code, again.json()["code"]) == (409, "APPROVAL_TASK_CLOSED")
    assert office.state(case_id) == "running"


def test_the_same_key_gives_the_same_answer(office: Office) -> None:
    task_id = office.task_of(HEAD, _start(office)).id
    first = _decide(office, HEAD, "approve", task_id, key="k")
    second = _decide(office, HEAD, "approve", task_id, key="k")
    assert first.status_code == second.status_code == 200
    assert first.json() == second.json()
    other = _decide(office, HEAD, "reject", task_id, key="k")
    assert (other.status_code, other.json()["code"]) == (409, "APPROVAL_KEY_REUSED")


@pytest.mark.parametrize("verb", ["approve", "reject", "send-back"])
def test_anothers_task_looks_absent(office: Office, verb: str) -> None:
    case_id = _start(office)
    task_id = office.task_of(HEAD, case_id).id
    for name in (OTHER, DEPUTY, STRANGER):
        answer = _decide(office, name, verb, task_id)
        assert (answer.status_code, answer.json()["code"]) == (404, "APPROVAL_NOT_FOUND")
    assert office.waiting_for(case_id) == [("unit_head", office.id(HEAD))]


def test_after_withdrawal_nothing_is_decided(office: Office) -> None:
    case_id = _start(office)
    task_id = office.task_of(HEAD, case_id).id
    answer = _post(office.province.client(OTHER), f"/cases/{case_id}/withdraw", {})
    assert answer.status_code == 200
    late = _decide(office, HEAD, "approve", task_id)
    assert (late.status_code, late.json()["code"]) == (409, "APPROVAL_CASE_ENDED")
    assert office.state(case_id) == "withdrawn"


def test_nobody_acts_before_the_turn_comes(office: Office) -> None:
    office.publish("two", [person("a", office.id(HEAD), office.id(DEPUTY), mode="in_order")])
    case_id = office.start(template="two", form={}).case_id
    waiting = Task.objects.get(case=case_id, assignee=office.id(DEPUTY))
    early = _decide(office, DEPUTY, "approve", waiting.id)
    assert (early.status_code, early.json()["code"]) == (409, "APPROVAL_TASK_CLOSED")
    assert office.waiting_for(case_id) == [("a", office.id(HEAD))]


def test_rejecting_and_sending_back_are_explained(office: Office) -> None:
    case_id = _start(office)
    task_id = office.task_of(HEAD, case_id).id
    for verb in ("reject", "send-back"):
        answer = _decide(office, HEAD, verb, task_id, remark="  ")
        assert (answer.status_code, answer.json()["code"]) == (422, "APPROVAL_REMARK_REQUIRED")
    assert office.state(case_id) == "running"


def test_rejected_case_is_over(office: Office) -> None:
    case_id = _start(office)
    answer = _decide(office, HEAD, "reject", office.task_of(HEAD, case_id).id, remark="人手不足")
    assert answer.json()["case_state"] == "rejected"
    story = office.province.client(OTHER).get(f"{API}/cases/{case_id}/timeline").json()
    assert [entry["kind"] for entry in story["entries"]] == ["started", "rejected", "ended"]
    assert story["entries"][1]["remark"] == "人手不足"


def test_sent_back_and_resubmitted_case_goes_on(office: Office) -> None:
    case_id = _start(office)
    assert _decide(office, HEAD, "send-back", office.task_of(HEAD, case_id).id).status_code == 200
    mine = office.province.client(OTHER)
    task = mine.get(f"{API}/cases/{case_id}").json()["task"]
    assert task["kind"] == "resubmit"
    refused = _decide(office, OTHER, "approve", task["task_id"])
    assert refused.json()["code"] == "APPROVAL_OTHER_ACT_EXPECTED"

    answer = _post(mine, f"/tasks/{task['task_id']}/resubmit", {"form": leave_form(1)})
    assert answer.json() == {"case_id": case_id, "form_revision": 2, "case_state": "running"}
    seen = office.task_of(HEAD, case_id).id
    stale = _decide(office, HEAD, "approve", seen, form_revision=1)
    assert (stale.status_code, stale.json()["code"]) == (409, "APPROVAL_FORM_MOVED")
    assert stale.json()["form_revision"] == 2
    assert _decide(office, HEAD, "approve", seen, form_revision=2).status_code == 200


def test_sending_back_to_a_step_nobody_did_is_refused(office: Office) -> None:
    nodes = [
        person("skipped", empty="skip"),
        person("a", office.id(HEAD), send_back_to=["skipped", "start"]),
    ]
    office.publish("t", nodes)
    case_id = office.start(template="t", form={}).case_id
    answer = _decide(office, HEAD, "send-back", office.task_of(HEAD, case_id).id, target="skipped")
    assert (answer.status_code, answer.json()["code"]) == (422, "APPROVAL_TARGET_INVALID")
    view = office.province.client(HEAD).get(f"{API}/cases/{case_id}").json()
    assert view["targets"] == [{"node_id": "start", "name": "发起"}]


def test_countersigning_waits_for_all_and_a_document_goes_on_to_its_signatory(
    office: Office,
) -> None:
    """The walk of an official document: review, countersign, sign off, changes in between."""
    nodes = [
        person("review", mode="any_of"),
        person("countersign", mode="all_of", empty="skip"),
        person("sign_off", or_else=[{"kind": "unit_head"}]),
    ]
    office.publish("walk", nodes)
    chosen = {"review": [STAFF], "countersign": [DEPUTY, CLERK]}
    case_id = office.start(OTHER, "walk", form={}, chosen=chosen).case_id
    office.act("approve", STAFF, case_id)
    office.act("approve", CLERK, case_id)
    assert office.waiting_for(case_id) == [("countersign", office.id(DEPUTY))]
    office.act("approve", DEPUTY, case_id)
    assert office.waiting_for(case_id) == [("sign_off", office.id(HEAD))]

    office.act("send_back", HEAD, case_id, "改标题")
    task = office.task_of(OTHER, case_id)
    answer = _post(
        office.province.client(OTHER), f"/tasks/{task.id}/resubmit", {"form": {}, "chosen": None}
    )
    assert answer.status_code == 200
    assert office.waiting_for(case_id) == [("review", office.id(STAFF))]


def test_countersigning_with_nobody_chosen_is_passed_over(office: Office) -> None:
    nodes = [
        person("countersign", mode="all_of", empty="skip"),
        person("sign_off", office.id(HEAD)),
    ]
    office.publish("walk", nodes)
    case_id = office.start(OTHER, "walk", form={}).case_id
    assert office.waiting_for(case_id) == [("sign_off", office.id(HEAD))]


def test_hidden_and_absent_cases_look_alike(office: Office) -> None:
    case_id = _start(office)
    client = office.province.client(STRANGER)
    for path in ("", "/timeline", "/picture.svg"):
        hidden = client.get(f"{API}/cases/{case_id}{path}")
        absent = client.get(f"{API}/cases/{10**12}{path}")
        assert hidden.status_code == absent.status_code == 404
        assert hidden.json()["code"] == absent.json()["code"]


def test_lists_are_read_page_by_page(office: Office) -> None:
    case_ids = [_start(office) for _ in range(3)]
    client = office.province.client(HEAD)
    first = client.get(f"{API}/tasks/to-do?limit=2").json()
    rest = client.get(f"{API}/tasks/to-do?limit=2&cursor={first['next_cursor']}").json()
    rows = [row["case_id"] for row in first["items"] + rest["items"]]
    assert rows == case_ids[::-1]
    assert rest["next_cursor"] is None
    mine = office.province.client(OTHER)
    started = mine.get(f"{API}/cases/started?limit=2").json()
    assert [row["case_id"] for row in started["items"]] == [case_ids[2], case_ids[1]]
    assert client.get(f"{API}/tasks/count").json() == {"to_do": 3}


def test_the_cursor_of_another_list_is_refused(office: Office) -> None:
    for _ in range(2):
        _start(office)
    mine, his = office.province.client(OTHER), office.province.client(HEAD)
    of_cases = mine.get(f"{API}/cases/started?limit=1").json()["next_cursor"]
    of_tasks = his.get(f"{API}/tasks/to-do?limit=1").json()["next_cursor"]
    for path, cursor in (
        ("/tasks/to-do", of_cases),
        ("/cases/started", of_tasks),
        ("/cases/copied", of_tasks),
        ("/tasks/done", "x"),
    ):
        answer = his.get(f"{API}{path}?cursor={cursor}")
        assert (answer.status_code, answer.json()["code"]) == (400, "BAD_CURSOR")


def test_nothing_nested_gets_into_a_form(office: Office) -> None:
    nested: Any = 1
    for _ in range(500):
        nested = [nested]
    body = {"template_key": "leave", "title": "x", "form": {"days": nested}}
    answer = _post(office.province.client(OTHER), "/cases", body)
    assert answer.status_code == 422
    assert Case.objects.count() == 0


def test_budgets(office: Office, budget: Budget) -> None:
    case_id = _start(office, form=leave_form(5))
    _start(office)
    client = office.province.client(HEAD)
    client.get(f"{API}/tasks/count")
    for name, path in (
        ("to_do", "/tasks/to-do"),
        ("case", f"/cases/{case_id}"),
        ("timeline", f"/cases/{case_id}/timeline"),
        ("picture", f"/cases/{case_id}/picture.svg"),
        ("templates", "/templates"),
    ):
        with budget(f"approvals.{name}"):
            client.get(f"{API}{path}")
    task_id = office.task_of(HEAD, case_id).id
    body = {"form_revision": 1, "remark": ""}
    with budget("approvals.approve"):
        _post(client, f"/tasks/{task_id}/approve", body)
    mine = office.province.client(OTHER)
    mine.get(f"{API}/tasks/count")
    start = {"template_key": "leave", "title": "请假", "form": leave_form(2)}
    with budget("approvals.start"):
        _post(mine, "/cases", start)
