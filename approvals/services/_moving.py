"""Moves a locked case: asks the engine what follows from an act and writes that to the rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from approvals import definitions, engine, errors, events
from approvals.definitions import Choice, Mode, Start
from approvals.models import (
    Case,
    CaseEvent,
    CaseEventKind,
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
from approvals.queries import approvers
from core import events as core_events
from core.actor import Actor

_LIVE: Final = (TaskState.WAITING, TaskState.OPEN)


def lock(case_id: int) -> Case:
    """The case with its version and template; its row, the only lock, is held until the commit."""
    return (
        Case.objects.select_for_update(of=("self",))
        .select_related("version__template")
        .get(id=case_id)
    )


def check_running(case: Case) -> None:
    """CaseEnded unless the case still runs."""
    if case.state != CaseState.RUNNING:
        raise errors.CaseEnded(state=case.state)


@dataclass(frozen=True, slots=True)
class Act:
    """What a person does to a case, in the engine's words and in the rows'."""

    action: engine.Action
    event: CaseEventKind
    node_id: str
    task_action: TaskAction | None = None
    remark: str = ""
    detail: Mapping[str, Any] = field(default_factory=dict)


def move(
    *, case: Case, submitted: FormRevision, act: Act, actor: Actor, now: datetime
) -> list[core_events.Event]:
    """The act and all that follows from it are written; the news is left to be published.

    The caller holds the case's lock, saves nothing of the case itself, and audits before it
    publishes.
    """
    definition = definitions.parse(case.version.definition)
    tasks = _live_tasks(case)
    facts = approvers.facts(
        initiator_id=case.initiator_id,
        unit_id=case.unit_id,
        form=submitted.form,
        chosen=submitted.chosen,
        at=now,
    )
    commands = engine.decide(definition, _marking(tasks), act.action, facts)
    writing = _Writing(case, submitted, act, actor, now, definition, tasks)
    writing.note(act.event, node_id=act.node_id, remark=act.remark, **act.detail)
    for command in commands:
        writing.apply(command)
    return writing.finish()


def announce(news: Sequence[core_events.Event]) -> None:
    """What happened is published, after it was audited."""
    for event in news:
        core_events.publish(event)


def _live_tasks(case: Case) -> list[Task]:
    live = Task.objects.filter(case=case, step__state=StepState.ACTIVE, state__in=_LIVE)
    return list(live.select_related("step").order_by("step_id", "seat"))


def _marking(tasks: list[Task]) -> engine.Marking:
    seats: dict[tuple[str, str], list[engine.Seat]] = {}
    for task in tasks:
        seat = engine.Seat(task.assignee_id, is_open=task.state == TaskState.OPEN)
        seats.setdefault((task.step.node_id, task.step.mode), []).append(seat)
    return engine.Marking(
        tuple(
            engine.StepMark(node_id, Mode(mode), tuple(taken))
            for (node_id, mode), taken in seats.items()
        )
    )


@dataclass(slots=True)
class _Writing:
    """One act on its way into the rows."""

    case: Case
    submitted: FormRevision
    act: Act
    actor: Actor
    now: datetime
    definition: definitions.Definition
    tasks: list[Task]
    places: dict[str, definitions.Place] = field(init=False)
    steps: dict[str, Step] = field(init=False)
    noted: list[CaseEvent] = field(default_factory=list)
    opened: list[Task] = field(default_factory=list)
    news: list[core_events.Event] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.places = definitions.places(self.definition)
        self.steps = {task.step.node_id: task.step for task in self.tasks}

    def note(
        self, kind: CaseEventKind, *, node_id: str = "", remark: str = "", **detail: Any
    ) -> None:
        self.case.event_seq += 1
        by_person = kind is self.act.event
        self.noted.append(
            CaseEvent(
                case=self.case,
                seq=self.case.event_seq,
                kind=kind,
                at=self.now,
                person_id=self.actor.person_id if by_person else None,
                appointment_id=self.actor.appointment_id if by_person else None,
                node_id=node_id,
                round=self.case.round,
                remark=remark,
                detail=detail,
            )
        )

    def apply(self, command: engine.Command) -> None:
        match command:
            case engine.CloseSeat():
                self._close_seat(command)
            case engine.OpenSeat():
                self._open_seat(command)
            case engine.CloseStep():
                self._close_step(command)
            case engine.NextRound():
                self.case.round += 1
            case engine.OpenStep():
                self._open_step(command)
            case engine.SkipStep():
                self._skip_step(command)
            case engine.SendCopies():
                self._send_copies(command)
            case engine.TakeBranch():
                self._take_branch(command)
            case engine.EndCase():
                self._end(command)

    def finish(self) -> list[core_events.Event]:
        CaseEvent.objects.bulk_create(self.noted)
        self.case.revision += 1
        self.case.save(
            update_fields=[
                "state", "revision", "form_revision", "round", "event_seq", "ended_at"
            ]
        )  # fmt: skip
        self.news += [self._task_opened(task) for task in self.opened]
        if self.case.ended_at is not None:
            self.news.append(self._case_ended())
        return self.news

    def _task(self, node_id: str, person_id: int) -> Task:
        return next(
            task
            for task in self.tasks
            if task.step.node_id == node_id and task.assignee_id == person_id
        )

    def _close_seat(self, command: engine.CloseSeat) -> None:
        task = self._task(command.node_id, command.person_id)
        # Guarded although the case is locked: a task is never answered twice.
        changed = Task.objects.filter(id=task.id, state=TaskState.OPEN).update(
            state=TaskState.DONE,
            action=self.act.task_action or "",
            remark=self.act.remark,
            form_revision=self.submitted.number,
            appointment_id=self.actor.appointment_id,
            acted_at=self.now,
        )
        if changed != 1:
            raise errors.TaskClosed
        task.state = TaskState.DONE

    def _open_seat(self, command: engine.OpenSeat) -> None:
        task = self._task(command.node_id, command.person_id)
        Task.objects.filter(id=task.id).update(state=TaskState.OPEN, opened_at=self.now)
        self.opened.append(task)

    def _close_step(self, command: engine.CloseStep) -> None:
        step = self.steps.pop(command.node_id)
        Step.objects.filter(id=step.id).update(state=command.how.value, closed_at=self.now)
        left = [task.id for task in self.tasks if task.step == step and task.state in _LIVE]
        if left:
            Task.objects.filter(id__in=left).update(state=TaskState.CANCELLED)

    def _open_step(self, command: engine.OpenStep) -> None:
        step = self._new_step(command.node_id, command.mode, StepState.ACTIVE)
        node = self.places[command.node_id].node
        is_start = isinstance(node, Start)
        tasks = [
            Task(
                case=self.case,
                step=step,
                assignee_id=seat.person_id,
                seat=index,
                kind=TaskKind.RESUBMIT if is_start else TaskKind.APPROVE,
                state=TaskState.OPEN if seat.is_open else TaskState.WAITING,
                opened_at=self.now if seat.is_open else None,
                node_name=TaskKind.RESUBMIT.label if is_start else node.name,
                title=self.case.title,
                template_name=self.case.version.name,
                initiator_id=self.case.initiator_id,
                unit_id=self.case.unit_id,
            )
            for index, seat in enumerate(command.seats)
        ]
        Task.objects.bulk_create(tasks)
        self.tasks += tasks
        self.steps[command.node_id] = step
        self.opened += [task for task in tasks if task.state == TaskState.OPEN]

    def _skip_step(self, command: engine.SkipStep) -> None:
        self._new_step(command.node_id, Mode.ANY_OF, StepState.SKIPPED)
        self.note(CaseEventKind.SKIPPED, node_id=command.node_id, why=command.why.value)

    def _new_step(self, node_id: str, mode: Mode, state: StepState) -> Step:
        closed_at = None if state is StepState.ACTIVE else self.now
        return Step.objects.create(
            case=self.case,
            node_id=node_id,
            round=self.case.round,
            mode=mode,
            state=state,
            opened_at=self.now,
            closed_at=closed_at,
        )

    def _send_copies(self, command: engine.SendCopies) -> None:
        self._new_step(command.node_id, Mode.ANY_OF, StepState.DONE)
        if not command.person_ids:
            return
        Copy.objects.bulk_create(
            [
                Copy(
                    case=self.case,
                    person_id=person_id,
                    node_id=command.node_id,
                    copied_at=self.now,
                )
                for person_id in command.person_ids
            ],
            ignore_conflicts=True,
        )
        person_ids = list(command.person_ids)
        self.note(CaseEventKind.COPIED, node_id=command.node_id, person_ids=person_ids)
        self.news.append(
            events.CaseCopied(
                case_id=self.case.id,
                person_ids=command.person_ids,
                node_id=command.node_id,
                round=self.case.round,
                title=self.case.title,
                template_name=self.case.version.name,
            )
        )

    def _take_branch(self, command: engine.TakeBranch) -> None:
        node = self.places[command.node_id].node
        if isinstance(node, Choice):
            self.note(
                CaseEventKind.BRANCHED,
                node_id=command.node_id,
                index=command.index,
                branch=definitions.branch_names(node)[command.index],
            )

    def _end(self, command: engine.EndCase) -> None:
        self.case.state = command.outcome.value
        self.case.ended_at = self.now
        self.note(CaseEventKind.ENDED, outcome=command.outcome.value)

    def _task_opened(self, task: Task) -> events.TaskOpened:
        is_return = self.act.event is CaseEventKind.SENT_BACK
        return events.TaskOpened(
            task_id=task.id,
            case_id=self.case.id,
            person_id=task.assignee_id,
            kind=task.kind,
            node_name=task.node_name,
            title=self.case.title,
            template_name=self.case.version.name,
            subject_kind=self.case.subject_kind,
            subject_id=self.case.subject_id,
            remark=self.act.remark if is_return else "",
        )

    def _case_ended(self) -> events.CaseEnded:
        return events.CaseEnded(
            case_id=self.case.id,
            serial_number=self.case.serial_number,
            title=self.case.title,
            template_name=self.case.version.name,
            outcome=self.case.state,
            initiator_id=self.case.initiator_id,
            subject_kind=self.case.subject_kind,
            subject_id=self.case.subject_id,
            subject_digest=self.submitted.subject_digest,
            last_decider_id=self.actor.person_id,
            ended_at=self.now,
        )
