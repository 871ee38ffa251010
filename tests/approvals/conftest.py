"""A district's civil affairs office with the shipped templates, and how its people act."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from approvals.models import Case, Task, TaskState
from approvals.services import cases, decisions, templates
from approvals.services.cases import StartedCase, Subject
from approvals.services.decisions import Decided
from core import actor as actors
from tests import factories

HEAD, DEPUTY, CLERK, STAFF, OTHER = "王伟民", "李建国", "张晓梅", "曾国强", "单小芳"
STRANGER = "赵卫东"
NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
_keys = itertools.count(1)


def fresh_key() -> str:
    """An idempotency key that no other request of the tests has."""
    return f"key-{next(_keys)}"


def leave_form(days: int = 2, **changes: Any) -> dict[str, Any]:
    """A filled form of the template "leave" for so many days, which the server counts itself."""
    form = {
        "kind": "事假",
        "starts_on": "2026-12-01",
        "ends_on": (date(2026, 12, 1) + timedelta(days=days - 1)).isoformat(),
        "reason": "家中有事",
        "leaves_city": False,
    }
    return {**form, **changes}


@dataclass
class Office:
    """The people of 西湖区民政局 acting on cases through the services."""

    province: factories.Province
    published: dict[str, str] = field(default_factory=dict)

    def id(self, name: str) -> int:
        """The person's id."""
        return self.province.person(name)

    def publish(self, key: str, nodes: Sequence[Mapping[str, Any]], *, subject: str = "") -> None:
        """A template of these nodes with a form of one field, `days`."""
        templates.publish(
            actor=actors.system("tests"),
            key=key,
            name=f"模板 {key}",
            definition={
                "subject": subject,
                "nodes": [{"type": "start", "id": "start"}, *nodes],
            },
            form_schema={"type": "object", "properties": {"days": {"type": "integer"}}},
            now=NOW,
        )

    def start(
        self,
        name: str = OTHER,
        template: str = "leave",
        *,
        form: Mapping[str, Any] | None = None,
        chosen: Mapping[str, Sequence[str]] | None = None,
        subject: Subject | None = None,
        key: str = "",
    ) -> StartedCase:
        """The person starts a case."""
        people = {
            node: [self.id(who) for who in who_all] for node, who_all in (chosen or {}).items()
        }
        return cases.start(
            actor=self.province.actor(name),
            template_key=template,
            title=f"{name}的申请",
            form=leave_form() if form is None else form,
            subject=subject,
            chosen=people,
            idempotency_key=key or fresh_key(),
            now=timezone.now(),
        )

    def task_of(self, name: str, case_id: int) -> Task:
        """The person's open task in the case."""
        return Task.objects.get(case=case_id, assignee=self.id(name), state=TaskState.OPEN)

    def act(self, verb: str, name: str, case_id: int, remark: str = "", **more: Any) -> Decided:
        """The person approves, rejects or sends back her open task, seeing the present form."""
        service = {
            "approve": decisions.approve,
            "reject": decisions.reject,
            "send_back": decisions.send_back,
        }[verb]
        return service(
            actor=self.province.actor(name),
            task_id=self.task_of(name, case_id).id,
            remark=remark,
            form_revision=Case.objects.get(id=case_id).form_revision,
            idempotency_key=fresh_key(),
            now=timezone.now(),
            **more,
        )

    def waiting_for(self, case_id: int) -> list[tuple[str, int]]:
        """Step and person of every open task, in order."""
        tasks = Task.objects.filter(case=case_id, state=TaskState.OPEN).order_by("id")
        return list(tasks.values_list("step__node_id", "assignee_id"))

    def state(self, case_id: int) -> str:
        """The state of the case."""
        return Case.objects.get(id=case_id).state


def person(node_id: str, *people: int, **more: Any) -> dict[str, Any]:
    """A step for these people, or for the initiator's choice when none is named."""
    who = [{"kind": "person", "person_ids": list(people)}] if people else [{"kind": "chosen"}]
    return {"type": "approve", "id": node_id, "name": f"环节 {node_id}", "who": who, **more}


@pytest.fixture
def office(db: None) -> Office:
    """The office with the shipped templates published."""
    province = factories.small_province()
    call_command("seed_templates", verbosity=0)
    return Office(province)
