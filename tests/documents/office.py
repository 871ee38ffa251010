"""A small province in which one organ issues documents, and papers on their way."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.utils import timezone

from approvals.queries import tasks
from approvals.services import decisions
from org.kinds import AppointmentKind, PostFunction, UnitKind
from org.services import appointments, units
from tests.factories import Province

API = "/api/v1/documents/"
BODY = "为做好本年度居家养老服务工作，现就有关事项通知如下。\n一、总体要求\n坚持以人民为中心。"


@dataclass
class Office:
    """西湖区民政局 at work: 曾国强 drafts, 张晓梅 reviews, 王伟民 signs."""

    province: Province
    run_jobs: Callable[[], int]

    def get(self, who: str, path: str) -> HttpResponse:
        """GET below /api/v1/documents/."""
        return self.province.client(who).get(API + path)  # type: ignore[return-value]  # test client

    def send(self, who: str, path: str, body: Any = None, *, method: str = "post") -> HttpResponse:
        """POST or PUT of JSON below /api/v1/documents/."""
        call = getattr(self.province.client(who), method)
        answer: HttpResponse = call(
            API + path, json.dumps(body or {}), content_type="application/json"
        )
        return answer

    def draft(self, **changes: Any) -> dict[str, Any]:
        """The fields of a sound draft to two organs."""
        return {
            "title": "关于做好2026年度居家养老服务工作的通知",
            "body": BODY,
            "main_unit_ids": [
                self.province.unit("西湖区卫生健康局"),
                self.province.unit("上城区民政局"),
            ],
            **changes,
        }

    def drafted(self, **changes: Any) -> int:
        """A draft's id."""
        answer = self.send("曾国强", "", self.draft(**changes))
        assert answer.status_code == 201, answer.content
        return int(json.loads(answer.content)["id"])

    def route(self, **changes: Any) -> dict[str, Any]:
        """A sound route of sign-off."""
        return {
            "reviewer_ids": [self.province.person("张晓梅")],
            "signatory_id": self.province.person("王伟民"),
            **changes,
        }

    def submitted(self, **changes: Any) -> tuple[int, int]:
        """A document with its reviewers, and its case."""
        document_id = self.drafted(**changes)
        answer = self.send("曾国强", f"{document_id}/submission", self.route())
        assert answer.status_code == 200, answer.content
        return document_id, int(json.loads(answer.content)["case_id"])

    def decide(self, who: str, case_id: int, act: str = "approve") -> None:
        """The person's open task in the case is decided."""
        person_id = self.province.person(who)
        task = tasks.open_task_of(case_id, person_id)
        assert task is not None, f"{who} is not asked"
        decision: dict[str, Any] = {
            "actor": self.province.actor(who),
            "task_id": task.task_id,
            "remark": "同意。" if act == "approve" else "请修改。",
            "form_revision": task.form_revision,
            "idempotency_key": f"{act}-{task.task_id}",
            "now": timezone.now(),
        }
        getattr(decisions, act)(**decision)
        self.run_jobs()

    def signed(self, **changes: Any) -> int:
        """A signed document."""
        document_id, case_id = self.submitted(**changes)
        self.decide("张晓梅", case_id)
        self.decide("王伟民", case_id)
        return document_id

    def issued(self, **changes: Any) -> int:
        """An issued document."""
        document_id = self.signed(**changes)
        assert self.send("曾国强", f"{document_id}/issue").status_code == 200
        self.run_jobs()
        return document_id

    def dispatched(self, **changes: Any) -> int:
        """A document sent to 西湖区卫生健康局 and 上城区民政局."""
        document_id = self.issued(**changes)
        unit_ids = self.draft()["main_unit_ids"]
        answer = self.send("曾国强", f"{document_id}/dispatches", {"unit_ids": unit_ids})
        assert answer.status_code == 200, answer.content
        self.run_jobs()
        return document_id

    def appoint(self, who: str, unit: str, function: PostFunction = PostFunction.CLERK) -> None:
        """The person of 西湖区 holds a second post."""
        appointments.appoint(
            actor=self.province.actor("何管理"),
            person_id=self.province.person(who),
            unit_id=self.province.unit(unit),
            title="兼任",
            function=function,
            kind=AppointmentKind.CONCURRENT,
            now=timezone.now(),
        )

    def transfer(self, who: str, unit: str) -> None:
        """The person of 西湖区 leaves the main post for one of staff elsewhere in 西湖区."""
        admin = self.province.actor("何管理")
        appointments.end(
            actor=admin, appointment_id=self.province.appointments[who], now=timezone.now()
        )
        appointments.appoint(
            actor=admin,
            person_id=self.province.person(who),
            unit_id=self.province.unit(unit),
            title="科员",
            function=PostFunction.STAFF,
            now=timezone.now(),
        )

    def abolished(self, name: str) -> int:
        """An organ of 西湖区 that stands no longer."""
        admin = self.province.actor("何管理")
        unit_id = units.add(
            actor=admin,
            parent_id=self.province.unit("西湖区"),
            kind=UnitKind.ORGAN,
            name=name,
            code="11330106MB0000000D",
            now=timezone.now(),
        )
        units.abolish(
            actor=admin,
            unit_id=unit_id,
            now=timezone.now(),
            approved_by=self.province.person("曾国强"),
        )
        return unit_id

    def state(self, document_id: int) -> str:
        """The state as its drafter sees it."""
        return str(json.loads(self.get("曾国强", str(document_id)).content)["state"])


def content(answer: HttpResponse) -> Any:
    """The JSON of an answer."""
    return json.loads(answer.content)
