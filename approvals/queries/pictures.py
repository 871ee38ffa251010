"""The flow's picture of a case, and of a template before anything has begun."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from approvals import definitions, pictures
from approvals.models import Case, CaseEvent, CaseEventKind, CaseState, StepState, TaskState
from approvals.pictures import NodeState, Progress
from approvals.queries import cases
from core.actor import Actor
from org.queries import people


def of_case(*, actor: Actor, case_id: int, at: datetime) -> str:
    """The picture as SVG for somebody who takes part in the case; CaseNotFound otherwise."""
    return _draw(cases.readable(case_id, actor.require_person()), at)


def of_subject(case_id: int, *, at: datetime) -> str:
    """The picture for the app that owns the subject and has checked who reads it."""
    return _draw(Case.objects.select_related("version__template").get(id=case_id), at)


def of_template(definition: definitions.Definition) -> str:
    """The picture of a flow that nobody has started."""
    return pictures.draw(definition, pictures.State())


def _draw(case: Case, at: datetime) -> str:
    definition = definitions.parse(case.version.definition)
    happened = list(
        CaseEvent.objects.filter(
            case=case, kind__in=[CaseEventKind.BRANCHED, CaseEventKind.SENT_BACK]
        ).order_by("seq")
    )
    starter = people.names([case.initiator_id], at=at)
    nodes = _nodes(cases.steps(case.id, at=at), _stale_before(definition, happened))
    first = definition.nodes[0].id
    if first in nodes and not nodes[first].people and case.initiator_id in starter:
        nodes[first] = replace(nodes[first], people=(starter[case.initiator_id].name,))
    is_running = case.state == CaseState.RUNNING
    state = pictures.State(
        nodes=nodes,
        taken={
            event.node_id: event.detail["index"]
            for event in happened
            if event.kind == CaseEventKind.BRANCHED
        },
        end="结束" if is_running else CaseState(case.state).label,
        is_ended=not is_running,
    )
    return pictures.draw(definition, state)


def _stale_before(definition: definitions.Definition, happened: list[CaseEvent]) -> dict[str, int]:
    """For each node the last round that a sending back has made void."""
    by_id = definitions.places(definition)
    void: dict[str, int] = {}
    for event in happened:
        if event.kind != CaseEventKind.SENT_BACK:
            continue
        place = by_id[event.detail["to"]]
        for node in place.sequence[place.index :]:
            for leaf in definitions.leaves(node):
                void[leaf.id] = event.round
    return void


def _nodes(
    steps: Mapping[str, cases.StepView],
    void: Mapping[str, int],
) -> dict[str, NodeState]:
    shown: dict[str, NodeState] = {}
    for node_id, step in steps.items():
        progress = Progress(step.state)
        is_void = step.round <= void.get(node_id, 0)
        # Who sent it back stays visible until the case comes to that step again.
        if is_void and progress is not Progress.SENT_BACK:
            continue
        shown[node_id] = NodeState(progress, tuple(seat.name for seat in step.seats), _words(step))
    return shown


def _words(step: cases.StepView) -> str:
    """ "2/3 已同意" while several people decide side by side."""
    acted = sum(seat.state == TaskState.DONE for seat in step.seats)
    if step.state == StepState.ACTIVE and step.mode != "any_of" and len(step.seats) > 1:
        return f"办理中 · {acted}/{len(step.seats)} 已同意"
    return ""
