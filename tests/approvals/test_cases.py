"""What initiators do: starting, withdrawing, resubmitting."""

import pytest
from django.utils import timezone

from approvals import errors
from approvals.models import Case, CaseEvent, FormRevision, Step, Task, TaskState
from approvals.queries import cases as case_queries
from approvals.queries import tasks as task_queries
from approvals.services import cases, decisions
from approvals.services.cases import Subject
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


def test_short_leave_needs_the_head_only_and_is_recorded_with_the_clerk(office: Office) -> None:
    started = office.start(OTHER, form=leave_form(3))
    assert started.serial_number == f"审2026-{started.case_id:06d}"
    assert office.waiting_for(started.case_id) == [("unit_head", office.id(HEAD))]

    office.act("approve", HEAD, started.case_id, "同意")
    assert office.state(started.case_id) == "approved"
    copied = case_queries.copied(actor=office.province.actor(CLERK), at=timezone.now())
    assert [row.case_id for row in copied.items] == [started.case_id]


def test_long_leave_goes_on_to_the_leader_in_charge(office: Office) -> None:
    started = office.start(OTHER, form=leave_form(4))
    office.act("approve", HEAD, started.case_id)
    assert office.waiting_for(started.case_id) == [("leader_in_charge", office.id(DEPUTY))]
    office.act("approve", DEPUTY, started.case_id)
    assert office.state(started.case_id) == "approved"


def test_nobody_decides_about_the_own_request(office: Office) -> None:
    started = office.start(DEPUTY, form=leave_form(4))
    office.act("approve", HEAD, started.case_id)
    assert office.waiting_for(started.case_id) == [("leader_in_charge", office.id(HEAD))]


def test_a_case_nobody_could_decide_does_not_start(office: Office) -> None:
    with pytest.raises(errors.NobodyToDecide):
        office.start(HEAD)
    assert Case.objects.count() == 0


def test_events_are_numbered_without_gaps(office: Office) -> None:
    started = office.start(form=leave_form(4))
    office.act("approve", HEAD, started.case_id)
    office.act("approve", DEPUTY, started.case_id)
    happened = CaseEvent.objects.filter(case=started.case_id).order_by("seq")
    assert list(happened.values_list("seq", "kind")) == [
        (1, "started"),
        (2, "approved"),
        (3, "branched"),
        (4, "approved"),
        (5, "copied"),
        (6, "ended"),
    ]


def test_the_same_key_starts_one_case_and_gives_the_same_answer(office: Office) -> None:
    first = office.start(key="again")
    second = office.start(key="again")
    assert first == second
    assert Case.objects.count() == 1


def test_a_key_reused_for_another_request_is_refused(office: Office) -> None:
    office.start(key="again")
    with pytest.raises(errors.KeyReused):
        office.start(form=leave_form(9), key="again")
    assert Case.objects.count() == 1


def test_a_form_that_does_not_fit_names_its_fields_and_starts_nothing(office: Office) -> None:
    form = leave_form(starts_on="2026-13-01", kind="旅游", extra="x")
    del form["reason"]
    with pytest.raises(errors.FormInvalid) as refusal:
        office.start(form=form)
    assert refusal.value.details["fields"] == {
        "starts_on": "请填写有效的日期",
        "kind": "请从列出的选项中选择",
        "reason": "此项必填",
        "extra": "表单中没有此项",
    }
    assert Case.objects.count() == 0


def test_a_step_with_a_choice_wants_real_people(office: Office) -> None:
    office.publish("pick", [person("a")])
    with pytest.raises(errors.ChoiceInvalid):
        office.start(template="pick", form={})
    with pytest.raises(errors.ChoiceInvalid):
        cases.start(
            actor=office.province.actor(OTHER),
            template_key="pick",
            title="x",
            form={},
            subject=None,
            chosen={"a": [10**9]},
            idempotency_key=fresh_key(),
            now=timezone.now(),
        )
    with pytest.raises(errors.ChoiceInvalid):
        office.start(template="leave", chosen={"unit_head": [STAFF]})
    assert Case.objects.count() == 0


def test_a_template_about_a_subject_is_not_started_by_hand(office: Office) -> None:
    office.publish("sign_off", [person("a", office.id(HEAD))], subject="document")
    with pytest.raises(errors.TemplateNotFound):
        office.start(template="sign_off", form={})


def test_one_subject_has_one_running_case(office: Office) -> None:
    office.publish("sign_off", [person("a", office.id(HEAD))], subject="document")
    subject = Subject("document", 7, "digest-1")
    first = office.start(template="sign_off", form={}, subject=subject)
    with pytest.raises(errors.SubjectBusy):
        office.start(template="sign_off", form={}, subject=subject)
    office.act("reject", HEAD, first.case_id, "不妥")
    assert office.start(template="sign_off", form={}, subject=subject).state == "running"


def test_sent_back_case_is_changed_and_resubmitted_with_a_new_form_revision(
    office: Office,
) -> None:
    started = office.start(form=leave_form(2))
    office.act("send_back", HEAD, started.case_id, "请补充去向")
    task = office.task_of(OTHER, started.case_id)
    assert task.node_name == "修改后重新提交"

    resubmitted = cases.resubmit(
        actor=office.province.actor(OTHER),
        task_id=task.id,
        form=leave_form(5, reason="回乡探亲"),
        chosen=None,
        subject=None,
        remark="已补充",
        idempotency_key=fresh_key(),
        now=timezone.now(),
    )
    assert resubmitted.form_revision == 2
    forms = FormRevision.objects.filter(case=started.case_id).order_by("number")
    assert [revision.form["days"] for revision in forms] == [2, 5]
    assert office.waiting_for(started.case_id) == [("unit_head", office.id(HEAD))]
    rounds = Step.objects.filter(case=started.case_id).order_by("id")
    assert list(rounds.values_list("node_id", "round", "state")) == [
        ("start", 1, "done"),
        ("unit_head", 1, "sent_back"),
        ("start", 2, "done"),
        ("unit_head", 2, "active"),
    ]


def test_a_decision_about_a_form_that_has_moved_on_is_refused(office: Office) -> None:
    started = office.start()
    with pytest.raises(errors.FormMoved) as refusal:
        decisions.approve(
            actor=office.province.actor(HEAD),
            task_id=office.task_of(HEAD, started.case_id).id,
            remark="",
            form_revision=9,
            idempotency_key=fresh_key(),
            now=timezone.now(),
        )
    assert refusal.value.details == {"form_revision": 1}
    assert office.waiting_for(started.case_id) == [("unit_head", office.id(HEAD))]


def test_withdrawn_case_asks_nobody_any_more(office: Office) -> None:
    started = office.start()
    cases.withdraw(
        actor=office.province.actor(OTHER),
        case_id=started.case_id,
        remark="行程取消",
        idempotency_key=fresh_key(),
        now=timezone.now(),
    )
    assert office.state(started.case_id) == "withdrawn"
    assert office.waiting_for(started.case_id) == []
    assert task_queries.to_do_count(office.id(HEAD)) == 0


def test_only_the_initiator_withdraws(office: Office) -> None:
    started = office.start()
    for name in (HEAD, STRANGER):
        with pytest.raises(errors.CaseNotFound):
            cases.withdraw(
                actor=office.province.actor(name),
                case_id=started.case_id,
                remark="",
                idempotency_key=fresh_key(),
                now=timezone.now(),
            )
    assert office.state(started.case_id) == "running"


def test_an_ended_case_cannot_be_withdrawn(office: Office) -> None:
    started = office.start()
    office.act("approve", HEAD, started.case_id)
    with pytest.raises(errors.CaseEnded):
        cases.withdraw(
            actor=office.province.actor(OTHER),
            case_id=started.case_id,
            remark="",
            idempotency_key=fresh_key(),
            now=timezone.now(),
        )
    assert office.state(started.case_id) == "approved"


def test_a_running_case_keeps_the_version_it_began_under(office: Office) -> None:
    office.publish("t", [person("a", office.id(HEAD)), person("b", office.id(DEPUTY))])
    started = office.start(template="t", form={})
    office.publish("t", [person("a", office.id(HEAD))])
    office.act("approve", HEAD, started.case_id)
    assert office.waiting_for(started.case_id) == [("b", office.id(DEPUTY))]
    newer = office.start(template="t", form={})
    office.act("approve", HEAD, newer.case_id)
    assert office.state(newer.case_id) == "approved"


def test_tasks_of_the_closed_step_are_cancelled_not_deleted(office: Office) -> None:
    office.publish("t", [person("a", office.id(HEAD), office.id(DEPUTY), mode="any_of")])
    started = office.start(template="t", form={})
    office.act("approve", DEPUTY, started.case_id)
    states = Task.objects.filter(case=started.case_id).order_by("seat")
    assert list(states.values_list("state", flat=True)) == [
        TaskState.CANCELLED,
        TaskState.DONE,
    ]
