"""The engine: what follows from each action, and what holds for every tree and every action."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from approvals import definitions, engine, errors
from approvals.definitions import Approve, Cc, Definition, Mode
from approvals.engine import (
    Agree,
    Begin,
    CloseSeat,
    CloseStep,
    Closing,
    EndCase,
    Facts,
    Marking,
    NextRound,
    OpenSeat,
    OpenStep,
    Outcome,
    Refuse,
    Seat,
    SendBack,
    SendCopies,
    SkipStep,
    StepMark,
    TakeBranch,
    Withdraw,
)
from tests.approvals import trees

LI, WANG, ZHAO, SUN = 2, 3, 4, 5
BOSS = 99


def _approve(node_id: str, *people: int, **more: Any) -> dict[str, Any]:
    who = [{"kind": "person", "person_ids": list(people)}] if people else [{"kind": "chosen"}]
    return {"type": "approve", "id": node_id, "name": node_id, "who": who, **more}


def _define(*nodes: dict[str, Any]) -> Definition:
    return definitions.parse({"nodes": [{"type": "start", "id": "start"}, *nodes]})


def _people(node: Approve | Cc) -> tuple[int, ...]:
    return tuple(
        person
        for resolver in node.who
        if isinstance(resolver, definitions.PersonIs)
        for person in resolver.person_ids
    )


@dataclass
class Running:
    """A case kept in memory: applies commands to a marking as the services do to rows."""

    definition: Definition
    form: Mapping[str, Any] = field(default_factory=dict)
    superiors: tuple[int, ...] = (BOSS,)
    steps: dict[str, StepMark] = field(default_factory=dict)
    round: int = 1
    outcome: Outcome | None = None
    opened: list[tuple[str, int]] = field(default_factory=list)
    commands: tuple[engine.Command, ...] = ()

    def act(self, action: engine.Action) -> tuple[engine.Command, ...]:
        facts = Facts(trees.INITIATOR, self.form, _people, lambda: self.superiors)
        marking = Marking(tuple(self.steps.values()))
        self.commands = engine.decide(self.definition, marking, action, facts)
        for command in self.commands:
            self._apply(command)
        return self.commands

    def _apply(self, command: engine.Command) -> None:
        assert self.outcome is None, "nothing may follow the end"
        match command:
            case OpenStep(node_id, mode, seats):
                assert node_id not in self.steps
                assert (node_id, self.round) not in self.opened
                self.opened.append((node_id, self.round))
                self.steps[node_id] = StepMark(node_id, mode, seats)
            case CloseSeat(node_id, person_id):
                step = self.steps[node_id]
                rest = tuple(seat for seat in step.seats if seat.person_id != person_id)
                self.steps[node_id] = StepMark(node_id, step.mode, rest)
            case OpenSeat(node_id, person_id):
                step = self.steps[node_id]
                seats = tuple(
                    Seat(seat.person_id, seat.is_open or seat.person_id == person_id)
                    for seat in step.seats
                )
                self.steps[node_id] = StepMark(node_id, step.mode, seats)
            case CloseStep(node_id, _):
                del self.steps[node_id]
            case NextRound():
                self.round += 1
            case EndCase(outcome):
                self.outcome = outcome
            case SkipStep() | SendCopies() | TakeBranch():
                pass

    def waiting_for(self) -> list[tuple[str, int]]:
        return [
            (step.node_id, seat.person_id)
            for step in self.steps.values()
            for seat in step.seats
            if seat.is_open
        ]


def _start(*nodes: dict[str, Any], **more: Any) -> Running:
    case = Running(_define(*nodes), **more)
    case.act(Begin())
    return case


def test_in_order_asks_one_after_the_other() -> None:
    case = _start(_approve("a", LI, WANG, mode="in_order"))
    assert case.waiting_for() == [("a", LI)]

    case.act(Agree("a", LI))
    assert case.waiting_for() == [("a", WANG)]
    assert case.outcome is None

    case.act(Agree("a", WANG))
    assert case.outcome is Outcome.APPROVED


def test_in_order_does_not_let_the_second_go_first() -> None:
    case = _start(_approve("a", LI, WANG, mode="in_order"))
    with pytest.raises(errors.TaskClosed):
        case.act(Agree("a", WANG))
    assert case.waiting_for() == [("a", LI)]


def test_all_of_waits_for_everyone() -> None:
    case = _start(_approve("a", LI, WANG, mode="all_of"), _approve("b", ZHAO))
    case.act(Agree("a", WANG))
    assert case.waiting_for() == [("a", LI)]
    case.act(Agree("a", LI))
    assert case.waiting_for() == [("b", ZHAO)]


def test_any_of_closes_the_others() -> None:
    case = _start(_approve("a", LI, WANG, mode="any_of"))
    commands = case.act(Agree("a", WANG))
    assert commands == (
        CloseSeat("a", WANG),
        CloseStep("a", Closing.DONE),
        EndCase(Outcome.APPROVED),
    )


def test_one_refusal_ends_the_case_and_closes_all_steps() -> None:
    case = _start(
        {
            "type": "parallel",
            "id": "p",
            "branches": [
                {"name": "甲", "nodes": [_approve("a", LI, WANG, mode="all_of")]},
                {"name": "乙", "nodes": [_approve("b", ZHAO)]},
            ],
        }
    )
    commands = case.act(Refuse("a", LI))
    assert commands == (
        CloseSeat("a", LI),
        CloseStep("a", Closing.REJECTED),
        CloseStep("b", Closing.CANCELLED),
        EndCase(Outcome.REJECTED),
    )


def test_choice_follows_the_form() -> None:
    choice = {
        "type": "choice",
        "id": "c",
        "cases": [
            {
                "name": "三天以上",
                "when": {"field": "days", "op": "gt", "value": 3},
                "nodes": [_approve("long", WANG)],
            }
        ],
    }
    short = _start(_approve("a", LI), choice, form={"days": 3})
    assert short.act(Agree("a", LI))[-2:] == (TakeBranch("c", 1), EndCase(Outcome.APPROVED))

    long = _start(_approve("a", LI), choice, form={"days": 4})
    assert TakeBranch("c", 0) in long.act(Agree("a", LI))
    assert long.waiting_for() == [("long", WANG)]


def test_parallel_goes_on_when_every_branch_has_ended() -> None:
    case = _start(
        {
            "type": "parallel",
            "id": "p",
            "branches": [
                {"name": "甲", "nodes": [_approve("a1", LI), _approve("a2", WANG)]},
                {"name": "乙", "nodes": [_approve("b", ZHAO)]},
            ],
        },
        _approve("last", SUN),
    )
    assert case.waiting_for() == [("a1", LI), ("b", ZHAO)]
    case.act(Agree("b", ZHAO))
    case.act(Agree("a1", LI))
    assert case.waiting_for() == [("a2", WANG)]
    case.act(Agree("a2", WANG))
    assert case.waiting_for() == [("last", SUN)]


def _beside() -> dict[str, Any]:
    return {
        "type": "parallel",
        "id": "p",
        "branches": [
            {
                "name": "甲",
                "nodes": [
                    _approve("a1", LI),
                    _approve("a2", WANG, send_back_to=["a1", "first", "start"]),
                ],
            },
            {"name": "乙", "nodes": [_approve("b", ZHAO)]},
        ],
    }


def test_sending_back_out_of_a_parallel_block_calls_off_the_other_branch() -> None:
    case = _start(_approve("first", SUN), _beside())
    case.act(Agree("first", SUN))
    case.act(Agree("a1", LI))
    commands = case.act(SendBack("a2", WANG, "first"))
    assert commands[:4] == (
        CloseSeat("a2", WANG),
        CloseStep("a2", Closing.SENT_BACK),
        CloseStep("b", Closing.CANCELLED),
        NextRound(),
    )
    assert case.waiting_for() == [("first", SUN)]

    case.act(Agree("first", SUN))
    assert case.waiting_for() == [("a1", LI), ("b", ZHAO)]


def test_sending_back_inside_a_branch_leaves_the_other_branch_alone() -> None:
    case = _start(_approve("first", SUN), _beside())
    case.act(Agree("first", SUN))
    case.act(Agree("a1", LI))
    case.act(SendBack("a2", WANG, "a1"))
    assert sorted(case.waiting_for()) == [("a1", LI), ("b", ZHAO)]

    case.act(Agree("b", ZHAO))
    case.act(Agree("a1", LI))
    case.act(Agree("a2", WANG))
    assert case.outcome is Outcome.APPROVED


def test_sent_back_to_the_start_waits_for_the_initiator_to_resubmit() -> None:
    case = _start(_approve("a", LI))
    case.act(SendBack("a", LI, "start"))
    assert case.waiting_for() == [("start", trees.INITIATOR)]
    case.act(Agree("start", trees.INITIATOR))
    assert case.waiting_for() == [("a", LI)]
    assert case.round == 2


def test_sending_back_to_where_the_step_may_not_is_refused() -> None:
    case = _start(_approve("a", LI), _approve("b", WANG))
    case.act(Agree("a", LI))
    with pytest.raises(errors.TargetInvalid):
        case.act(SendBack("b", WANG, "a"))
    assert case.waiting_for() == [("b", WANG)]


def test_own_step_is_skipped_kept_or_handed_up_by_policy() -> None:
    me = trees.INITIATOR
    assert SkipStep("a", engine.Skipping.SELF) in _start(_approve("a", me)).commands
    assert _start(_approve("a", me, self="keep")).waiting_for() == [("a", me)]
    assert _start(_approve("a", me, self="superior")).waiting_for() == [("a", BOSS)]
    shared = _start(_approve("a", me, LI, mode="all_of"))
    assert shared.waiting_for() == [("a", LI)]


def test_empty_step_is_skipped_handed_up_or_refused_by_policy() -> None:
    assert _start(_approve("a", empty="skip")).outcome is Outcome.APPROVED
    assert _start(_approve("a", empty="superior")).waiting_for() == [("a", BOSS)]
    with pytest.raises(errors.NobodyToDecide):
        _start(_approve("a", empty="error"))


def test_copies_do_not_hold_the_case_up() -> None:
    case = _start(
        {"type": "cc", "id": "k", "name": "抄送", "who": [{"kind": "person", "person_ids": [SUN]}]},
        _approve("a", LI),
    )
    assert case.commands[0] == SendCopies("k", (SUN,))
    assert case.waiting_for() == [("a", LI)]


@settings(max_examples=400, deadline=None)
@given(tree=trees.trees, form=trees.forms, data=st.data())
def test_no_tree_is_ever_stuck_and_each_ends_once(
    tree: Definition, form: dict[str, Any], data: st.DataObject
) -> None:
    case = Running(tree, form)
    case.act(Begin())
    sendings = 0
    while case.outcome is None:
        waiting = case.waiting_for()
        assert waiting, "a running case waits for somebody"
        node_id, person_id = data.draw(st.sampled_from(waiting))
        node = definitions.places(tree)[node_id].node
        targets = node.send_back_to if isinstance(node, Approve) else ()
        if targets and sendings < 5 and data.draw(st.integers(0, 3)) == 0:
            sendings += 1
            case.act(SendBack(node_id, person_id, data.draw(st.sampled_from(targets))))
        elif isinstance(node, Approve) and data.draw(st.integers(0, 30)) == 0:
            case.act(Refuse(node_id, person_id))
        else:
            case.act(Agree(node_id, person_id))
    assert case.steps == {}


@settings(max_examples=200, deadline=None)
@given(tree=trees.trees, form=trees.forms, steps=st.integers(0, 8), data=st.data())
def test_every_running_case_can_be_withdrawn(
    tree: Definition, form: dict[str, Any], steps: int, data: st.DataObject
) -> None:
    case = Running(tree, form)
    case.act(Begin())
    for _ in range(steps):
        if case.outcome is None:
            case.act(Agree(*data.draw(st.sampled_from(case.waiting_for()))))
    if case.outcome is None:
        case.act(Withdraw())
        assert case.outcome is Outcome.WITHDRAWN
    assert case.steps == {}


@settings(max_examples=200, deadline=None)
@given(tree=trees.trees, form=trees.forms, data=st.data())
def test_an_approved_case_saw_every_step_outside_choices_in_its_last_round(
    tree: Definition, form: dict[str, Any], data: st.DataObject
) -> None:
    """All branches of every parallel block ran: no join let the case through early."""
    case = Running(tree, form)
    met: set[str] = set()

    def note() -> None:
        for command in case.commands:
            if isinstance(command, OpenStep | SkipStep | SendCopies):
                met.add(command.node_id)

    case.act(Begin())
    note()
    while case.outcome is None:
        case.act(Agree(*data.draw(st.sampled_from(case.waiting_for()))))
        note()
    by_id = definitions.places(tree)
    for node_id, place in by_id.items():
        block = place.block
        inside_choice = False
        while block is not None:
            inside_choice = inside_choice or isinstance(by_id[block].node, definitions.Choice)
            block = by_id[block].block
        if isinstance(place.node, Approve | Cc) and not inside_choice:
            assert node_id in met


def test_modes_are_the_three_of_the_glossary() -> None:
    assert {mode.value for mode in Mode} == {"in_order", "all_of", "any_of"}
