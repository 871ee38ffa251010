"""What happened in a case, in words, from its first event to whom it now waits for."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from approvals import definitions
from approvals.models import Case, CaseEvent, CaseEventKind, CaseState, Task, TaskState
from approvals.queries import cases
from core.actor import Actor
from org.queries import people

_SKIPPED: Final = {"empty": "该环节没有需要审批的人员", "self": "审批人是发起人本人"}
_SILENT: Final = frozenset({CaseEventKind.BRANCHED})


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened; `headline` is the whole of it in a few words."""

    seq: int
    kind: str
    headline: str
    node_id: str
    node_name: str
    round: int
    person_id: int | None
    person_name: str
    person_title: str
    remark: str
    note: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Waiting:
    """A person the case waits for."""

    node_id: str
    node_name: str
    person_id: int
    person_name: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Timeline:
    """The events in order, and whom the case waits for."""

    entries: tuple[Entry, ...]
    waiting: tuple[Waiting, ...]


def timeline(*, actor: Actor, case_id: int, at: datetime) -> Timeline:
    """The timeline for somebody who takes part in the case; CaseNotFound otherwise."""
    return _build(cases.readable(case_id, actor.require_person()), at)


def of_subject(case_id: int, *, at: datetime) -> Timeline:
    """The timeline for the app that owns the subject and has checked who reads it."""
    return _build(Case.objects.select_related("version__template").get(id=case_id), at)


def _build(case: Case, at: datetime) -> Timeline:
    happened = list(CaseEvent.objects.filter(case=case).order_by("seq"))
    open_tasks = list(
        Task.objects.filter(case=case, state=TaskState.OPEN).select_related("step").order_by("id")
    )
    person_ids = {event.person_id for event in happened if event.person_id is not None}
    person_ids |= {task.assignee_id for task in open_tasks}
    for event in happened:
        person_ids |= set(event.detail.get("person_ids", ()))
        person_ids |= {event.detail["from_id"]} if "from_id" in event.detail else set()
    names = people.names(person_ids, at=at)
    by_id = definitions.places(definitions.parse(case.version.definition))
    entries = [
        _entry(event, names, by_id)
        for event in happened
        if CaseEventKind(event.kind) not in _SILENT
    ]
    waiting = [
        Waiting(
            node_id=task.step.node_id,
            node_name=task.node_name,
            person_id=task.assignee_id,
            person_name=_name(names, task.assignee_id),
            since=task.opened_at,
        )
        for task in open_tasks
        if task.opened_at is not None
    ]
    return Timeline(tuple(entries), tuple(waiting))


def _entry(
    event: CaseEvent,
    names: Mapping[int, people.PersonName],
    by_id: Mapping[str, definitions.Place],
) -> Entry:
    kind = CaseEventKind(event.kind)
    title = ""
    if event.person_id is not None and event.person_id in names:
        title = names[event.person_id].title
    return Entry(
        seq=event.seq,
        kind=kind.value,
        headline=_headline(kind, event.detail),
        node_id=event.node_id,
        node_name=by_id[event.node_id].node.name if event.node_id in by_id else "",
        round=event.round,
        person_id=event.person_id,
        person_name=_name(names, event.person_id),
        person_title=title,
        remark=event.remark,
        note=_note(kind, event.detail, names, by_id),
        at=event.at,
    )


def _name(names: Mapping[int, people.PersonName], person_id: int | None) -> str:
    return names[person_id].name if person_id is not None and person_id in names else ""


def _headline(kind: CaseEventKind, detail: Mapping[str, Any]) -> str:
    if kind is CaseEventKind.ENDED:
        return f"流程结束：{CaseState(detail['outcome']).label}"
    return str(kind.label)


def _note(
    kind: CaseEventKind,
    detail: Mapping[str, Any],
    names: Mapping[int, people.PersonName],
    by_id: Mapping[str, definitions.Place],
) -> str:
    match kind:
        case CaseEventKind.SENT_BACK:
            target = detail.get("to", "")
            return f"退回到“{by_id[target].node.name}”" if target in by_id else ""
        case CaseEventKind.SKIPPED:
            return _SKIPPED.get(detail.get("why", ""), "")
        case CaseEventKind.HANDED_OVER:
            former = _name(names, detail["from_id"])
            heirs = "、".join(_name(names, person_id) for person_id in detail["person_ids"])
            return f"由{former}转交给{heirs}"
        case CaseEventKind.COPIED:
            return "、".join(_name(names, person_id) for person_id in detail["person_ids"])
        case _:
            return ""
