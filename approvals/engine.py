"""The decision engine: a pure function from a marking and an action to commands.

A marking is the set of open steps. Because the definition is a tree of blocks, that is all there
is to know: a branch has ended exactly when none of its steps is open, so no tokens are counted
and nothing can deadlock. Nothing here touches the database or a clock.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from approvals import conditions, errors
from approvals.definitions import (
    AnyNode,
    Approve,
    Cc,
    Choice,
    Definition,
    Empty,
    Mode,
    Own,
    Parallel,
    Place,
    Start,
    leaves,
    places,
    send_back_targets,
    sequences,
)


class Outcome(StrEnum):
    """How a case ends."""

    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    TERMINATED = "terminated"


class Closing(StrEnum):
    """How a step ends."""

    DONE = "done"
    REJECTED = "rejected"
    SENT_BACK = "sent_back"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Seat:
    """One person's place at an open step; waiting seats have their turn later."""

    person_id: int
    is_open: bool


@dataclass(frozen=True, slots=True)
class StepMark:
    """A step somebody still has to decide, with the seats that are not done, in order."""

    node_id: str
    mode: Mode
    seats: tuple[Seat, ...]


@dataclass(frozen=True, slots=True)
class Marking:
    """Where a running case stands."""

    steps: tuple[StepMark, ...] = ()


@dataclass(frozen=True, slots=True)
class Facts:
    """What the engine may know of the world, asked only for nodes that are entered."""

    initiator_id: int
    form: Mapping[str, Any]
    people: Callable[[Approve | Cc], tuple[int, ...]]
    superiors: Callable[[], tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Begin:
    """The initiator starts the case."""


@dataclass(frozen=True, slots=True)
class Agree:
    """The person approves at the node, or resubmits when it is the start."""

    node_id: str
    person_id: int


@dataclass(frozen=True, slots=True)
class Refuse:
    """The person rejects at the node, which ends the case."""

    node_id: str
    person_id: int


@dataclass(frozen=True, slots=True)
class SendBack:
    """The person returns the case to an earlier step."""

    node_id: str
    person_id: int
    target: str


@dataclass(frozen=True, slots=True)
class Withdraw:
    """The initiator takes the case back for good."""


Action = Begin | Agree | Refuse | SendBack | Withdraw


@dataclass(frozen=True, slots=True)
class CloseSeat:
    """The acting person's seat is done."""

    node_id: str
    person_id: int


@dataclass(frozen=True, slots=True)
class OpenSeat:
    """A waiting seat's turn has come."""

    node_id: str
    person_id: int


@dataclass(frozen=True, slots=True)
class CloseStep:
    """The step ends, and the seats it still has are cancelled."""

    node_id: str
    how: Closing


@dataclass(frozen=True, slots=True)
class NextRound:
    """Steps opened from here on belong to a new round."""


@dataclass(frozen=True, slots=True)
class OpenStep:
    """A step opens with these seats."""

    node_id: str
    mode: Mode
    seats: tuple[Seat, ...]


class Skipping(StrEnum):
    """Why a step needed nobody."""

    EMPTY = "empty"
    SELF = "self"


@dataclass(frozen=True, slots=True)
class SkipStep:
    """The step is passed over."""

    node_id: str
    why: Skipping


@dataclass(frozen=True, slots=True)
class SendCopies:
    """The case is shown to these people."""

    node_id: str
    person_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class TakeBranch:
    """The choice takes the case at this index; the count of cases stands for "otherwise"."""

    node_id: str
    index: int


@dataclass(frozen=True, slots=True)
class EndCase:
    """The case is over."""

    outcome: Outcome


Command = (
    CloseSeat
    | OpenSeat
    | CloseStep
    | NextRound
    | OpenStep
    | SkipStep
    | SendCopies
    | TakeBranch
    | EndCase
)


def decide(
    definition: Definition, marking: Marking, action: Action, facts: Facts
) -> tuple[Command, ...]:
    """Say what follows from the action, in the order in which it is to be applied.

    TaskClosed when the acting person has no open seat at the node; TargetInvalid for an illegal
    target; NobodyToDecide when the case would arrive at a step that must not be empty.
    """
    move = _Move(definition, marking, facts)
    match action:
        case Begin():
            move.begin()
        case Agree():
            move.agree(action)
        case Refuse():
            move.refuse(action)
        case SendBack():
            move.send_back(action)
        case Withdraw():
            move.end(Outcome.WITHDRAWN, Closing.CANCELLED)
    return tuple(move.commands)


@dataclass(slots=True)
class _Move:
    """One action under way: the steps still open and the commands so far."""

    definition: Definition
    marking: Marking
    facts: Facts
    commands: list[Command] = field(default_factory=list)
    open: dict[str, StepMark] = field(init=False)
    places: dict[str, Place] = field(init=False)

    def __post_init__(self) -> None:
        self.open = {step.node_id: step for step in self.marking.steps}
        self.places = places(self.definition)

    def begin(self) -> None:
        self._go_on_from(self.definition.nodes[0].id)

    def agree(self, action: Agree) -> None:
        step = self._take_seat(action.node_id, action.person_id)
        rest = tuple(seat for seat in step.seats if seat.person_id != action.person_id)
        if step.mode is Mode.ANY_OF or not rest:
            self._close(action.node_id, Closing.DONE)
            self._go_on_from(action.node_id)
        elif step.mode is Mode.IN_ORDER:
            self.commands.append(OpenSeat(action.node_id, rest[0].person_id))

    def refuse(self, action: Refuse) -> None:
        self._take_seat(action.node_id, action.person_id)
        self._close(action.node_id, Closing.REJECTED)
        self.end(Outcome.REJECTED, Closing.CANCELLED)

    def send_back(self, action: SendBack) -> None:
        self._take_seat(action.node_id, action.person_id)
        node = self.places[action.node_id].node
        legal = send_back_targets(self.definition, action.node_id)
        if not isinstance(node, Approve) or action.target not in node.send_back_to:
            raise errors.TargetInvalid(target=action.target)
        if action.target not in legal:
            raise errors.TargetInvalid(target=action.target)
        self._close(action.node_id, Closing.SENT_BACK)
        # Whatever runs beside it inside the blocks being left is called off.
        place = self.places[action.target]
        for later in place.sequence[place.index :]:
            self._close_all(leaves(later), Closing.CANCELLED)
        self.commands.append(NextRound())
        if not self._enter(place.node):
            self._go_on_from(action.target)

    def end(self, outcome: Outcome, how: Closing) -> None:
        for node_id in list(self.open):
            self._close(node_id, how)
        self.commands.append(EndCase(outcome))

    def _take_seat(self, node_id: str, person_id: int) -> StepMark:
        step = self.open.get(node_id)
        if step is None or Seat(person_id, is_open=True) not in step.seats:
            raise errors.TaskClosed
        self.commands.append(CloseSeat(node_id, person_id))
        return step

    def _close(self, node_id: str, how: Closing) -> None:
        del self.open[node_id]
        self.commands.append(CloseStep(node_id, how))

    def _close_all(self, nodes: Iterable[AnyNode], how: Closing) -> None:
        for node in nodes:
            if node.id in self.open:
                self._close(node.id, how)

    def _go_on_from(self, node_id: str) -> None:
        """Continue behind a finished node, climbing out of every block that has ended with it."""
        place = self.places[node_id]
        if self._enter_all(place.sequence[place.index + 1 :]):
            return
        if place.block is None:
            self.commands.append(EndCase(Outcome.APPROVED))
        elif not self._is_open(self.places[place.block].node):
            self._go_on_from(place.block)

    def _is_open(self, node: AnyNode) -> bool:
        return any(leaf.id in self.open for leaf in leaves(node))

    def _enter_all(self, sequence: Iterable[AnyNode]) -> bool:
        """Enter nodes until one waits for people; answer whether one does."""
        return any(self._enter(node) for node in sequence)

    def _enter(self, node: AnyNode) -> bool:
        match node:
            case Start():
                return self._open(node.id, Mode.ANY_OF, (self.facts.initiator_id,))
            case Approve():
                return self._enter_approve(node)
            case Cc():
                self.commands.append(SendCopies(node.id, self.facts.people(node)))
                return False
            case Parallel():
                # Every branch is entered, whatever the first one answers.
                entered = [self._enter_all(branch) for branch in sequences(node)]
                return any(entered)
            case Choice():
                index = _branch_of(node, self.facts.form)
                self.commands.append(TakeBranch(node.id, index))
                return self._enter_all(sequences(node)[index])

    def _enter_approve(self, node: Approve) -> bool:
        people = self.facts.people(node)
        others = tuple(person for person in people if person != self.facts.initiator_id)
        is_own = len(others) < len(people)
        if node.own is Own.KEEP or not is_own:
            others = people
        wants_superior = node.own is Own.SUPERIOR if is_own else node.empty is Empty.SUPERIOR
        if not others and wants_superior:
            others = tuple(p for p in self.facts.superiors() if p != self.facts.initiator_id)
        if others:
            return self._open(node.id, node.mode, others)
        if is_own and node.own is Own.SKIP:
            self.commands.append(SkipStep(node.id, Skipping.SELF))
            return False
        if node.empty is Empty.SKIP:
            self.commands.append(SkipStep(node.id, Skipping.EMPTY))
            return False
        raise errors.NobodyToDecide(step=node.name)

    def _open(self, node_id: str, mode: Mode, people: tuple[int, ...]) -> bool:
        seats = tuple(
            Seat(person, is_open=mode is not Mode.IN_ORDER or index == 0)
            for index, person in enumerate(dict.fromkeys(people))
        )
        self.open[node_id] = StepMark(node_id, mode, seats)
        self.commands.append(OpenStep(node_id, mode, seats))
        return True


def _branch_of(node: Choice, form: Mapping[str, Any]) -> int:
    for index, case in enumerate(node.cases):
        if conditions.holds(case.when, form):
            return index
    return len(node.cases)
