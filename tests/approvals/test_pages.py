"""The screen of approvals, as its forms post."""

import re
import uuid
from collections.abc import Callable
from typing import cast

from django.http import HttpResponse
from django.test import Client

from approvals.models import Case, FormRevision
from approvals.queries import tasks
from messaging.queries import notices
from tests.approvals.conftest import (
    CLERK,
    DEPUTY,
    HEAD,
    OTHER,
    STAFF,
    STRANGER,
    Office,
    leave_form,
)
from tests.conftest import Budget

HTMX = {"HX-Request": "true"}
LEAVE = {
    "title": "请假三天",
    "form.kind": "事假",
    "form.starts_on": "2026-12-01",
    "form.ends_on": "2026-12-03",
    "form.reason": "家中有事",
}


def _post_act(office: Office, name: str, verb: str, case_id: int, **more: str) -> HttpResponse:
    task = tasks.open_task_of(case_id, office.id(name))
    assert task is not None
    body = {"form_revision": "1", "idempotency_key": uuid.uuid4().hex, "tab": "to_do", **more}
    client = office.province.client(name)
    answer = client.post(f"/approvals/tasks/{task.task_id}/{verb}/", body, headers=HTMX)
    return cast(HttpResponse, answer)


def _page(client: Client, path: str, **headers: str) -> str:
    answer = client.get(path, headers=headers)
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_form_filled_in_starts_a_case_and_shows_it(office: Office) -> None:
    client = office.province.client(OTHER)
    assert "请假" in client.get("/approvals/new/").content.decode()
    assert 'name="form.kind"' in client.get("/approvals/new/leave/").content.decode()
    answer = client.post("/approvals/new/leave/", {**LEAVE, "idempotency_key": "k"})
    case = Case.objects.get()
    assert answer.headers["Location"] == f"/approvals/{case.id}/?tab=started"
    page = client.get(f"/approvals/{case.id}/").content.decode()
    assert "请假三天" in page
    assert "撤回" in page
    assert "部门负责人审批" in page


def test_sending_the_form_twice_starts_one_case(office: Office) -> None:
    client = office.province.client(OTHER)
    for _ in range(2):
        client.post("/approvals/new/leave/", {**LEAVE, "idempotency_key": "k"})
    assert Case.objects.count() == 1


def test_the_days_are_counted_here_and_decide_who_is_asked(office: Office) -> None:
    client = office.province.client(OTHER)
    month = {**LEAVE, "form.ends_on": "2026-12-31", "form.days": "1"}
    client.post("/approvals/new/leave/", month)
    case = Case.objects.get()
    assert FormRevision.objects.get(case=case).form["days"] == 31
    office.act("approve", HEAD, case.id)
    assert office.waiting_for(case.id) == [("leader_in_charge", office.id(DEPUTY))]


def test_a_leave_that_ends_before_it_starts_is_refused_at_its_field(office: Office) -> None:
    client = office.province.client(OTHER)
    answer = client.post("/approvals/new/leave/", {**LEAVE, "form.ends_on": "2026-11-30"})
    assert answer.status_code == 422
    shown = answer.content.decode()
    assert '<p class="error" id="f-ends_on-error">不能早于开始日期</p>' in shown
    assert Case.objects.count() == 0


def test_the_days_are_shown_and_not_typed(office: Office) -> None:
    client = office.province.client(OTHER)
    answer = client.post("/approvals/new/leave/", {**LEAVE, "form.reason": ""})
    shown = answer.content.decode()
    assert 'id="f-days" value="3" readonly' in shown
    assert 'name="form.days"' not in shown


def test_a_resubmitted_leave_is_counted_again(office: Office) -> None:
    case_id = office.start(OTHER).case_id
    office.act("send_back", HEAD, case_id, "改日期")
    task = tasks.open_task_of(case_id, office.id(OTHER))
    assert task is not None
    client = office.province.client(OTHER)
    path = f"/approvals/tasks/{task.task_id}/resubmit/"
    refused = client.post(path, {**LEAVE, "form.ends_on": "2026-11-30"})
    assert refused.status_code == 422
    assert "不能早于开始日期" in refused.content.decode()
    client.post(path, {**LEAVE, "form.ends_on": "2026-12-10", "form.days": "2"})
    assert FormRevision.objects.get(case=case_id, number=2).form["days"] == 10
    office.act("approve", HEAD, case_id)
    assert office.waiting_for(case_id) == [("leader_in_charge", office.id(DEPUTY))]


def test_what_is_wrong_stands_beside_its_field_and_nothing_is_lost(office: Office) -> None:
    client = office.province.client(OTHER)
    typed = {
        **LEAVE,
        "form.ends_on": "2026-12-32",
        "form.starts_on": "",
        "form.reason": "<b>事由</b>",
    }
    answer = client.post("/approvals/new/leave/", typed)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "请填写有效的日期" in page
    assert "此项必填" in page
    assert "&lt;b&gt;事由&lt;/b&gt;" in page
    assert 'value="2026-12-32"' in page
    assert Case.objects.count() == 0


def test_a_missing_choice_of_people_is_named(office: Office) -> None:
    form = {
        "title": "采购",
        "form.items": "打印机",
        "form.amount": "1000",
        "form.method": "询价",
        "form.needed_on": "2026-12-01",
        "form.reason": "旧的坏了",
    }
    client = office.province.client(OTHER)
    refused = client.post("/approvals/new/purchase/", form)
    assert refused.status_code == 422
    assert "请为“经办审核”选择有效的审批人" in refused.content.decode()
    chosen = {"chosen.reviewers": [str(office.id(STAFF))]}
    assert client.post("/approvals/new/purchase/", {**form, **chosen}).status_code == 302
    assert tasks.to_do_count(office.id(STAFF)) == 1


def test_approving_shows_the_case_as_it_now_stands(office: Office) -> None:
    case_id = office.start(OTHER, form=leave_form(5)).case_id
    answer = _post_act(office, HEAD, "approve", case_id, remark="同意")
    page = answer.content.decode()
    assert "分管领导审批" in page
    assert ">同意</button>" not in page
    assert office.waiting_for(case_id) == [("leader_in_charge", office.id(DEPUTY))]


def test_whoever_comes_late_sees_the_case_as_it_is_now(office: Office) -> None:
    case_id = office.start(OTHER).case_id
    task = tasks.open_task_of(case_id, office.id(HEAD))
    assert task is not None
    office.act("reject", HEAD, case_id, "不妥")
    body = {"form_revision": "1", "idempotency_key": "late"}
    path = f"/approvals/tasks/{task.task_id}/approve/"
    late = office.province.client(HEAD).post(path, body, headers=HTMX)
    assert "APPROVAL_CASE_ENDED" in late.headers["HX-Trigger"]
    assert "未同意" in late.content.decode()
    plain = office.province.client(HEAD).post(path, body)
    assert plain.status_code == 409
    assert office.state(case_id) == "rejected"


def test_without_scripts_acting_leads_back_to_the_case(office: Office) -> None:
    case_id = office.start(OTHER).case_id
    task = tasks.open_task_of(case_id, office.id(HEAD))
    assert task is not None
    body = {"form_revision": "1", "remark": "人手不足", "idempotency_key": "k"}
    answer = office.province.client(HEAD).post(f"/approvals/tasks/{task.task_id}/reject/", body)
    assert answer.headers["Location"] == f"/approvals/{case_id}/"
    assert office.state(case_id) == "rejected"


def test_a_returned_case_is_changed_on_its_form_and_resubmitted(office: Office) -> None:
    case_id = office.start(OTHER).case_id
    office.act("send_back", HEAD, case_id, "改日期")
    task = tasks.open_task_of(case_id, office.id(OTHER))
    assert task is not None
    client = office.province.client(OTHER)
    path = f"/approvals/tasks/{task.task_id}/resubmit/"
    assert 'value="2026-12-01"' in client.get(path).content.decode()
    changed = {**LEAVE, "form.starts_on": "2026-12-08", "form.ends_on": "2026-12-10"}
    assert client.post(path, changed).status_code == 302
    page = client.get(f"/approvals/{case_id}/").content.decode()
    assert "第 2 次提交" in page
    assert office.waiting_for(case_id) == [("unit_head", office.id(HEAD))]
    assert client.get(path).status_code == 404


def test_each_tab_lists_what_belongs_to_it(office: Office) -> None:
    case_id = office.start(OTHER, form=leave_form(1)).case_id
    link = f'href="/approvals/{case_id}/?tab='
    assert link in office.province.client(HEAD).get("/approvals/?tab=to_do").content.decode()
    assert link in office.province.client(OTHER).get("/approvals/?tab=started").content.decode()
    office.act("approve", HEAD, case_id)
    done = office.province.client(HEAD).get("/approvals/list/?tab=done").content.decode()
    assert link in done
    assert "同意" in done
    assert link in office.province.client(CLERK).get("/approvals/?tab=copied").content.decode()
    empty = office.province.client(HEAD).get("/approvals/").content.decode()
    assert "没有待办的审批" in empty


def test_a_returned_case_is_called_so_wherever_it_is_shown(office: Office) -> None:
    case_id = office.start(OTHER).case_id
    client = office.province.client(OTHER)
    assert '<span class="tag blue">审批中</span>' in _page(client, f"/approvals/{case_id}/")
    office.act("send_back", HEAD, case_id, "改日期")
    tag = '<span class="tag amber">退回修改</span>'
    shown = {
        "detail": _page(client, f"/approvals/{case_id}/", **HTMX),
        "to do": _page(client, "/approvals/list/?tab=to_do"),
        "started": _page(client, "/approvals/list/?tab=started"),
        "his": _page(office.province.client(HEAD), f"/approvals/{case_id}/", **HTMX),
    }
    assert [where for where, page in shown.items() if tag not in page] == []
    assert [where for where, page in shown.items() if "审批中" in page] == []


def test_a_box_not_ticked_reads_no_however_it_was_sent(office: Office) -> None:
    unsaid = leave_form()
    del unsaid["leaves_city"]
    for form in (leave_form(), unsaid):
        page = _page(
            office.province.client(OTHER), f"/approvals/{office.start(form=form).case_id}/"
        )
        assert "<dt>离开本市</dt><dd>否</dd>" in page


def test_a_notice_is_read_once_its_task_is_done(
    office: Office, run_jobs: Callable[[], int]
) -> None:
    case_id = office.start(OTHER).case_id
    run_jobs()
    assert notices.unread_count(office.id(HEAD)) == 1
    _post_act(office, HEAD, "send-back", case_id, remark="改日期")
    assert notices.unread_count(office.id(HEAD)) == 0
    run_jobs()
    assert notices.unread_count(office.id(OTHER)) == 1
    task = tasks.open_task_of(case_id, office.id(OTHER))
    assert task is not None
    path = f"/approvals/tasks/{task.task_id}/resubmit/"
    assert office.province.client(OTHER).post(path, LEAVE).status_code == 302
    assert notices.unread_count(office.id(OTHER)) == 0


def test_the_tabs_are_named_in_full(office: Office) -> None:
    page = _page(office.province.client(OTHER), "/approvals/")
    names = re.findall(r'<a class="tab" [^>]*>([^<]+)', page)
    assert names == ["待办", "已办", "抄送我的", "我发起的"]


def test_a_stranger_finds_no_page_and_no_task(office: Office) -> None:
    case_id = office.start(OTHER).case_id
    client = office.province.client(STRANGER)
    assert client.get(f"/approvals/{case_id}/").status_code == 404
    task = tasks.open_task_of(case_id, office.id(HEAD))
    assert task is not None
    for verb in ("approve", "terminate"):
        answer = client.post(f"/approvals/tasks/{task.task_id}/{verb}/", {"form_revision": "1"})
        assert answer.status_code == 404
    assert office.waiting_for(case_id) == [("unit_head", office.id(HEAD))]


def test_people_are_offered_by_search_and_colleagues_first(office: Office) -> None:
    client = office.province.client(OTHER)
    colleagues = client.get("/picker/people/").content.decode()
    assert HEAD in colleagues
    assert OTHER not in colleagues
    found = client.get("/picker/people/?q=zwd").content.decode()
    assert STRANGER in found
    assert HEAD not in found


def test_hostile_titles_are_text(office: Office) -> None:
    client = office.province.client(OTHER)
    client.post("/approvals/new/leave/", {**LEAVE, "title": "<script>alert(1)</script>"})
    case = Case.objects.get()
    page = client.get(f"/approvals/{case.id}/").content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_budgets_of_the_pages(office: Office, budget: Budget) -> None:
    case_id = office.start(OTHER, form=leave_form(5)).case_id
    client = office.province.client(HEAD)
    client.get("/approvals/new/")
    with budget("approvals.page"):
        client.get("/approvals/")
    with budget("approvals.page_case"):
        client.get(f"/approvals/{case_id}/", headers=HTMX)
    with budget("approvals.page_form"):
        client.get("/approvals/new/leave/")
