"""A case as its participants see it, and the lists of cases."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from approvals import definitions, errors, policies
from approvals.models import (
    Case,
    CaseState,
    Copy,
    FormRevision,
    Step,
    StepState,
    Task,
    TaskAction,
    TaskKind,
    TaskState,
)
from approvals.queries import tasks as task_queries
from core import paging
from core.actor import Actor
from org.queries import people, units

_STARTED: Final = paging.Cursors("approvals.started", tuple[int])
_COPIED: Final = paging.Cursors("approvals.copied", tuple[int])


@dataclass(frozen=True, slots=True)
class CaseRow:
    """One line of a list of cases."""

    case_id: int
    serial_number: str
    title: str
    template_name: str
    state: str
    state_name: str
    is_returned: bool
    """It waits for its initiator to change and resubmit it; the name of the state says so."""
    initiator_id: int
    initiator_name: str
    unit_name: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Target:
    """A step an approver may send the case back to."""

    node_id: str
    name: str


@dataclass(frozen=True, slots=True)
class Seat:
    """A person at a step of the picture, and what has become of it."""

    person_id: int
    name: str
    state: str
    action: str


@dataclass(frozen=True, slots=True)
class StepView:
    """How far the newest round has come at one node."""

    node_id: str
    round: int
    state: str
    mode: str
    seats: tuple[Seat, ...]


@dataclass(frozen=True, slots=True)
class CaseView:
    """A case in full, for somebody who takes part in it."""

    case_id: int
    serial_number: str
    title: str
    template_key: str
    template_name: str
    template_version: int
    state: str
    state_name: str
    is_returned: bool
    """It waits for its initiator to change and resubmit it; the name of the state says so."""
    revision: int
    form_revision: int
    form: Mapping[str, Any]
    form_schema: Mapping[str, Any]
    definition: definitions.Definition
    chosen: Mapping[str, Sequence[int]]
    initiator_id: int
    initiator_name: str
    unit_name: str
    subject_kind: str
    subject_id: int | None
    subject_digest: str
    started_at: datetime
    ended_at: datetime | None
    task: task_queries.OpenTask | None
    targets: tuple[Target, ...]
    may_withdraw: bool


@dataclass(frozen=True, slots=True)
class Decision:
    """What one person said at one step."""

    node_id: str
    node_name: str
    round: int
    person_id: int
    person_name: str
    action: str
    remark: str
    form_revision: int
    at: datetime


def view(*, actor: Actor, case_id: int, at: datetime) -> CaseView:
    """The case with its present form; CaseNotFound for whoever takes no part in it."""
    person_id = actor.require_person()
    case = readable(case_id, person_id)
    submitted = FormRevision.objects.get(case=case, number=case.form_revision)
    names = people.names([case.initiator_id], at=at)
    task = task_queries.open_task_of(case_id, person_id)
    returned = _returned([case])
    definition = definitions.parse(case.version.definition)
    return CaseView(
        case_id=case.id,
        serial_number=case.serial_number,
        title=case.title,
        template_key=case.version.template.key,
        template_name=case.version.name,
        template_version=case.version.number,
        state=case.state,
        state_name=_state_name(case, returned),
        is_returned=case.id in returned,
        revision=case.revision,
        form_revision=case.form_revision,
        form=submitted.form,
        form_schema=case.version.form_schema,
        definition=definition,
        chosen=submitted.chosen,
        initiator_id=case.initiator_id,
        initiator_name=names[case.initiator_id].name if case.initiator_id in names else "",
        unit_name=_full_unit_name(case.unit_id),
        subject_kind=case.subject_kind,
        subject_id=case.subject_id,
        subject_digest=submitted.subject_digest,
        started_at=case.started_at,
        ended_at=case.ended_at,
        task=task,
        targets=_targets(case, definition, task),
        may_withdraw=case.initiator_id == person_id and case.state == CaseState.RUNNING,
    )


def _full_unit_name(unit_id: int | None) -> str:
    """The unit with the organ it belongs to: 西湖区民政局 一科."""
    way = units.path(unit_id) if unit_id is not None else []
    tops = [place for place, unit in enumerate(way) if unit.kind in units.ORGAN_LIKE]
    return " ".join(unit.name for unit in way[tops[-1] if tops else 0 :])


def view_by_task(*, actor: Actor, task_id: int, at: datetime) -> CaseView:
    """The case of the actor's own open task; CaseNotFound for another's or a closed one."""
    own = Task.objects.filter(id=task_id, assignee=actor.require_person(), state=TaskState.OPEN)
    case_id = own.values_list("case_id", flat=True).first()
    if case_id is None:
        raise errors.CaseNotFound
    return view(actor=actor, case_id=case_id, at=at)


def readable(case_id: int, person_id: int) -> Case:
    """The case row with its version; CaseNotFound when absent or hidden."""
    cases = Case.objects.filter(policies.readable_cases(person_id), id=case_id)
    case = cases.select_related("version__template").first()
    if case is None:
        raise errors.CaseNotFound
    return case


def row(case_id: int, *, at: datetime) -> CaseRow:
    """How the case stands, for those who are told of it."""
    case = Case.objects.select_related("version").get(pk=case_id)
    return _rows([case], {case.id: case.started_at}, at)[0]


def started(*, actor: Actor, at: datetime, cursor: str | None = None, limit: int = 30) -> (
    paging.Page[CaseRow]
):  # fmt: skip
    """Cases the actor started, the newest first."""
    cases = Case.objects.filter(initiator=actor.require_person())
    if (after := _STARTED.decode(cursor)) is not None:
        cases = cases.filter(id__lt=after[0])
    rows = list(cases.select_related("version").order_by("-id")[: limit + 1])
    moments = {case.id: case.started_at for case in rows}
    next_cursor = _STARTED.encode((rows[limit - 1].id,)) if len(rows) > limit else None
    return paging.Page(_rows(rows[:limit], moments, at), next_cursor)


def copied(*, actor: Actor, at: datetime, cursor: str | None = None, limit: int = 30) -> (
    paging.Page[CaseRow]
):  # fmt: skip
    """Cases the actor got a copy of, the newest first."""
    copies = Copy.objects.filter(person=actor.require_person())
    if (after := _COPIED.decode(cursor)) is not None:
        copies = copies.filter(id__lt=after[0])
    rows = list(copies.select_related("case__version").order_by("-id")[: limit + 1])
    moments = {copy.case_id: copy.copied_at for copy in rows}
    next_cursor = _COPIED.encode((rows[limit - 1].id,)) if len(rows) > limit else None
    return paging.Page(_rows([copy.case for copy in rows[:limit]], moments, at), next_cursor)


def decisions(case_id: int, *, at: datetime) -> list[Decision]:
    """Everything people decided, in order: the opinions on a document's sheet."""
    acted = Task.objects.filter(case=case_id, state=TaskState.DONE).select_related("step")
    rows = list(acted.exclude(action=TaskAction.RESUBMITTED).order_by("acted_at", "id"))
    names = people.names({task.assignee_id for task in rows}, at=at)
    return [
        Decision(
            node_id=task.step.node_id,
            node_name=task.node_name,
            round=task.step.round,
            person_id=task.assignee_id,
            person_name=names[task.assignee_id].name if task.assignee_id in names else "",
            action=task.action,
            remark=task.remark,
            form_revision=task.form_revision or 0,
            at=task.acted_at,
        )
        for task in rows
        if task.acted_at is not None
    ]


def steps(case_id: int, *, at: datetime) -> dict[str, StepView]:
    """The newest round of every node the case has come to, with its people by name."""
    newest: dict[str, Step] = {}
    for step in Step.objects.filter(case=case_id).order_by("round", "id"):
        newest[step.node_id] = step
    seats: dict[int, list[Task]] = {}
    taken = Task.objects.filter(step__in=[step.id for step in newest.values()])
    for task in taken.order_by("step_id", "seat"):
        seats.setdefault(task.step_id, []).append(task)
    names = people.names({task.assignee_id for row in seats.values() for task in row}, at=at)
    return {
        node_id: StepView(
            node_id=node_id,
            round=step.round,
            state=step.state,
            mode=step.mode,
            seats=tuple(_seat(task, names) for task in seats.get(step.id, ())),
        )
        for node_id, step in newest.items()
    }


def _seat(task: Task, names: Mapping[int, people.PersonName]) -> Seat:
    name = names[task.assignee_id].name if task.assignee_id in names else ""
    return Seat(task.assignee_id, name, task.state, task.action)


def _targets(
    case: Case, definition: definitions.Definition, task: task_queries.OpenTask | None
) -> tuple[Target, ...]:
    """Where the task may send back to: allowed by the definition and done at least once."""
    if task is None or task.kind != "approve":
        return ()
    by_id = definitions.places(definition)
    node = by_id[task.node_id].node
    if not isinstance(node, definitions.Approve):
        return ()
    done = Step.objects.filter(case=case, node_id__in=node.send_back_to, state=StepState.DONE)
    done_ids = set(done.values_list("node_id", flat=True))
    return tuple(
        Target(node_id, by_id[node_id].node.name)
        for node_id in node.send_back_to
        if node_id in done_ids
    )


def _returned(cases: Collection[Case]) -> set[int]:
    """Of these cases the ones that wait for their initiators to resubmit them."""
    running = [case.id for case in cases if case.state == CaseState.RUNNING]
    waiting = Task.objects.filter(case__in=running, kind=TaskKind.RESUBMIT, state=TaskState.OPEN)
    return set(waiting.values_list("case_id", flat=True)) if running else set()


def _state_name(case: Case, returned: set[int]) -> str:
    return "退回修改" if case.id in returned else CaseState(case.state).label


def _rows(cases: Collection[Case], moments: Mapping[int, datetime], at: datetime) -> list[CaseRow]:
    names = people.names({case.initiator_id for case in cases}, at=at)
    unit_names = units.names({case.unit_id for case in cases if case.unit_id is not None})
    returned = _returned(cases)
    return [
        CaseRow(
            case_id=case.id,
            serial_number=case.serial_number,
            title=case.title,
            template_name=case.version.name,
            state=case.state,
            state_name=_state_name(case, returned),
            is_returned=case.id in returned,
            initiator_id=case.initiator_id,
            initiator_name=names[case.initiator_id].name if case.initiator_id in names else "",
            unit_name=unit_names[case.unit_id].name if case.unit_id in unit_names else "",
            at=moments[case.id],
        )
        for case in cases
    ]
