"""Two connections at once: the case row's lock lets exactly one move the case."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Barrier
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection

from approvals import errors
from approvals.models import Case, CaseEvent, Step, Task
from approvals.services import cases, decisions
from tests import factories
from tests.approvals.conftest import (
    CLERK,
    DEPUTY,
    HEAD,
    NOW,
    OTHER,
    Office,
    fresh_key,
    leave_form,
    person,
)

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.live]
AT = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)


@pytest.fixture
def office(transactional_db: None) -> Office:
    """The office, committed, so that every connection sees it."""
    province = factories.small_province()
    call_command("seed_templates", verbosity=0)
    return Office(province)


def _at_once(*calls: Callable[[], Any]) -> list[Any]:
    """Run each call on a connection of its own, all let go together; refusals are results."""
    gate = Barrier(len(calls))

    def run(call: Callable[[], Any]) -> Any:
        try:
            gate.wait(timeout=10)
            return call()
        except errors.CaseEnded as refusal:
            return refusal
        except errors.TaskClosed as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def _approving(office: Office, name: str, task_id: int, key: str = "") -> Callable[[], Any]:
    actor = office.province.actor(name)

    def approve() -> decisions.Decided:
        return decisions.approve(
            actor=actor,
            task_id=task_id,
            remark="同意",
            form_revision=1,
            idempotency_key=key or fresh_key(),
            now=AT,
        )

    return approve


def test_two_for_the_last_seats_move_the_case_once(office: Office) -> None:
    nodes = [
        person("a", office.id(HEAD), office.id(DEPUTY), mode="all_of"),
        person("b", office.id(CLERK)),
    ]
    office.publish("both", nodes)
    for _ in range(10):
        case_id = office.start(OTHER, "both", form={}).case_id
        answers = _at_once(
            _approving(office, HEAD, office.task_of(HEAD, case_id).id),
            _approving(office, DEPUTY, office.task_of(DEPUTY, case_id).id),
        )
        assert all(isinstance(answer, decisions.Decided) for answer in answers)
        assert office.waiting_for(case_id) == [("b", office.id(CLERK))]
        assert Step.objects.filter(case=case_id, node_id="b").count() == 1


def test_two_of_any_of_leave_one_decision(office: Office) -> None:
    office.publish("any", [person("a", office.id(HEAD), office.id(DEPUTY), mode="any_of")])
    for _ in range(10):
        case_id = office.start(OTHER, "any", form={}).case_id
        answers = _at_once(
            _approving(office, HEAD, office.task_of(HEAD, case_id).id),
            _approving(office, DEPUTY, office.task_of(DEPUTY, case_id).id),
        )
        refused = [answer for answer in answers if isinstance(answer, errors.CaseEnded)]
        assert len(refused) == 1
        assert Task.objects.filter(case=case_id, state="done").count() == 1
        assert office.state(case_id) == "approved"


def test_the_same_request_many_times_at_once_is_one_decision(office: Office) -> None:
    case_id = office.start(OTHER).case_id
    task_id = office.task_of(HEAD, case_id).id
    answers = _at_once(*[_approving(office, HEAD, task_id, key="one") for _ in range(8)])
    assert len({str(answer) for answer in answers}) == 1
    assert CaseEvent.objects.filter(case=case_id, kind="approved").count() == 1


def test_approving_and_withdrawing_at_once_leave_one_outcome(office: Office) -> None:
    for _ in range(10):
        case_id = office.start(OTHER, key=fresh_key()).case_id
        actor = office.province.actor(OTHER)

        def withdraw(case_id: int = case_id, actor: Any = actor) -> cases.Withdrawn:
            return cases.withdraw(
                actor=actor, case_id=case_id, remark="", idempotency_key=fresh_key(), now=AT
            )

        answers = _at_once(_approving(office, HEAD, office.task_of(HEAD, case_id).id), withdraw)
        assert sum(isinstance(answer, errors.CaseEnded) for answer in answers) == 1
        seqs = CaseEvent.objects.filter(case=case_id).order_by("seq")
        numbers = list(seqs.values_list("seq", flat=True))
        assert numbers == list(range(1, len(numbers) + 1))
        assert CaseEvent.objects.filter(case=case_id, kind="ended").count() == 1


def test_cases_started_at_once_get_numbers_of_their_own(office: Office) -> None:
    actor = office.province.actor(OTHER)

    def start() -> cases.StartedCase:
        return cases.start(
            actor=actor,
            template_key="leave",
            title="请假",
            form=leave_form(),
            subject=None,
            chosen={},
            idempotency_key=fresh_key(),
            now=NOW,
        )

    answers = _at_once(*[start for _ in range(8)])
    assert len({answer.serial_number for answer in answers}) == 8
    assert Case.objects.count() == 8
