"""What follows from news of approvals: people are told in their work notices."""

from datetime import datetime
from typing import Final

from approvals import events, told
from approvals.queries import handovers
from approvals.services import handovers as handover_services
from approvals.services import sharing
from core import actor as actors
from messaging.services import notices
from org.events import HandoverSettled, PersonLeft
from org.kinds import HandoverKind
from org.services import departures

_ACTOR: Final = actors.system("approvals.handlers")
_TASKS_ADVICE: Final = "指定接手人，即自动转交给接手人审批"
_CASES_ADVICE: Final = "审批照常进行；如被退回修改，届时重开本项并指定接手人，由其修改后重新提交"
_OUTCOMES: Final = {
    "approved": "已审批通过",
    "rejected": "未获同意",
    "terminated": "已被终止",
}


def on_task_opened(event: events.TaskOpened, now: datetime) -> None:
    """The person asked to act has a work notice that leads to the case."""
    is_returned = event.kind == "resubmit"
    body = f"{event.template_name} · {event.node_name}"
    if event.remark:
        body = f"{body}\n退回意见：{event.remark}"
    notices.send(
        actor=_ACTOR,
        source=told.SOURCE,
        source_name=told.SOURCE_NAME,
        key=told.task_key(event.task_id, event.person_id),
        person_ids=[event.person_id],
        title=f"{'退回修改' if is_returned else '待审批'}：{event.title}",
        body=body,
        link=link_to(event.case_id),
        now=now,
    )


def renew_card_of_task(event: events.TaskOpened, now: datetime) -> None:
    """Conversations that were shown the case see how far it has come."""
    sharing.renew(actor=_ACTOR, case_id=event.case_id, now=now)


def renew_card_of_ended(event: events.CaseEnded, now: datetime) -> None:
    """Conversations that were shown the case see how it ended."""
    sharing.renew(actor=_ACTOR, case_id=event.case_id, now=now)


def on_case_copied(event: events.CaseCopied, now: datetime) -> None:
    """The people who got a copy have a work notice."""
    notices.send(
        actor=_ACTOR,
        source=told.SOURCE,
        source_name=told.SOURCE_NAME,
        key=f"copy:{event.case_id}:{event.node_id}:{event.round}",
        person_ids=list(event.person_ids),
        title=f"抄送：{event.title}",
        body=event.template_name,
        link=link_to(event.case_id),
        now=now,
    )


def on_case_ended(event: events.CaseEnded, now: datetime) -> None:
    """The initiator knows how it ended, unless she withdrew it herself."""
    if event.outcome not in _OUTCOMES:
        return
    notices.send(
        actor=_ACTOR,
        source=told.SOURCE,
        source_name=told.SOURCE_NAME,
        key=f"ended:{event.case_id}",
        person_ids=[event.initiator_id],
        title=f"{_OUTCOMES[event.outcome]}：{event.title}",
        body=f"{event.template_name} · {event.serial_number}",
        link=link_to(event.case_id),
        now=now,
    )


def on_person_left(event: PersonLeft, now: datetime) -> None:
    """The handover says what waits for the person, and what the person began."""
    # Counts, not titles: who sees to a handover has no part in the cases.
    waiting = handovers.open_tasks(event.person_id)
    running = handovers.running_cases(event.person_id)
    owned = []
    if waiting:
        owned.append(departures.Owned("tasks", f"待处理的审批 {waiting} 件", advice=_TASKS_ADVICE))
    if running:
        owned.append(
            departures.Owned("cases", f"发起后尚未办结的审批 {running} 件", advice=_CASES_ADVICE)
        )
    departures.add_owned(
        actor=_ACTOR,
        handover_id=event.handover_id,
        kind=HandoverKind.APPROVALS,
        owned=owned,
        now=now,
    )


def on_handover_settled(event: HandoverSettled, now: datetime) -> None:
    """What waited for the person who left waits for the successor."""
    if event.kind != HandoverKind.APPROVALS:
        return
    handover_services.take_over(
        actor=_ACTOR,
        succession=handover_services.Succession(event.item_id, event.person_id, event.successor_id),
        now=now,
    )


def link_to(case_id: int) -> str:
    """The address of the case's page."""
    return f"/approvals/{case_id}/"
