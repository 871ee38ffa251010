"""A template's definition: a tree of blocks that cannot deadlock, and the proof made at publishing.

The root is a sequence that opens with the only `start`. `parallel` and `choice` hold sequences of
their own, so every split has its join by construction and no check for dead ends is needed later.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from approvals import conditions, errors

NodeId = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Name = Annotated[str, Field(min_length=1, max_length=40)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Mode(StrEnum):
    """How the seats of one step decide."""

    IN_ORDER = "in_order"
    ALL_OF = "all_of"
    ANY_OF = "any_of"


class Empty(StrEnum):
    """What happens when nobody is found for a step."""

    SKIP = "skip"
    ERROR = "error"
    SUPERIOR = "superior"


class Own(StrEnum):
    """What happens when the initiator is one of the approvers."""

    SKIP = "skip"
    KEEP = "keep"
    SUPERIOR = "superior"


class PersonIs(_Part):
    """These people, by id."""

    kind: Literal["person"]
    person_ids: Annotated[tuple[int, ...], Field(min_length=1, max_length=200)]


class UnitHead(_Part):
    """The head of the initiator's own unit, else of the organ it belongs to."""

    kind: Literal["unit_head"]


class LeaderInCharge(_Part):
    """The deputies of the initiator's organ."""

    kind: Literal["leader_in_charge"]


class Superior(_Part):
    """The heads of the unit `levels` up the tree from the initiator's."""

    kind: Literal["superior"]
    levels: Annotated[int, Field(ge=1, le=10)] = 1


class PostFunction(_Part):
    """Everyone in the initiator's organ whose post has this function."""

    kind: Literal["post_function"]
    function: Literal["head", "deputy", "clerk", "staff"]


class Chosen(_Part):
    """Whom the initiator named for this node when starting the case."""

    kind: Literal["chosen"]


Resolver = Annotated[
    PersonIs | UnitHead | LeaderInCharge | Superior | PostFunction | Chosen,
    Field(discriminator="kind"),
]
Resolvers = Annotated[tuple[Resolver, ...], Field(min_length=1, max_length=10)]


class Start(_Part):
    """The initiator fills in the form; opens again when an approver sends the case back."""

    type: Literal["start"]
    id: NodeId
    name: Name = "发起"


class Approve(_Part):
    """People found by `who`, or by `or_else` when that finds nobody, decide by `mode`."""

    type: Literal["approve"]
    id: NodeId
    name: Name
    who: Resolvers
    or_else: Annotated[tuple[Resolver, ...], Field(max_length=10)] = ()
    mode: Mode = Mode.ANY_OF
    empty: Empty = Empty.ERROR
    own: Annotated[Own, Field(alias="self")] = Own.SKIP
    send_back_to: Annotated[tuple[NodeId, ...], Field(max_length=20)] = ("start",)

    @property
    def is_chosen(self) -> bool:
        """The initiator may name the approvers."""
        return any(isinstance(resolver, Chosen) for resolver in (*self.who, *self.or_else))

    @property
    def must_be_chosen(self) -> bool:
        """Nobody decides here unless the initiator names somebody."""
        only = all(isinstance(resolver, Chosen) for resolver in (*self.who, *self.or_else))
        return only and self.empty is Empty.ERROR


class Cc(_Part):
    """Copies go to these people and the case moves on at once."""

    type: Literal["cc"]
    id: NodeId
    name: Name
    who: Resolvers


class Branch(_Part):
    """One of the sequences that run side by side."""

    name: Name
    nodes: Annotated[tuple["Node", ...], Field(min_length=1, max_length=30)]


class Parallel(_Part):
    """All branches run at once; the block ends when each of them has ended."""

    type: Literal["parallel"]
    id: NodeId
    name: Name = "并行"
    branches: Annotated[tuple[Branch, ...], Field(min_length=2, max_length=8)]


class ChoiceCase(_Part):
    """The sequence taken when `when` holds and no case before it did."""

    name: Name
    when: conditions.Condition
    nodes: Annotated[tuple["Node", ...], Field(max_length=30)] = ()


class Otherwise(_Part):
    """The sequence taken when no case holds; it may be empty."""

    name: Name = "其他"
    nodes: Annotated[tuple["Node", ...], Field(max_length=30)] = ()


class Choice(_Part):
    """Exactly one sequence runs, picked by the form as it stands on arrival."""

    type: Literal["choice"]
    id: NodeId
    name: Name = "条件"
    cases: Annotated[tuple[ChoiceCase, ...], Field(min_length=1, max_length=8)]
    otherwise: Annotated[Otherwise, Field(default_factory=lambda: Otherwise(nodes=()))]


Node = Annotated[Start | Approve | Cc | Parallel | Choice, Field(discriminator="type")]


class Definition(_Part):
    """The whole process; `subject` names the kind of thing it decides about, "" for none."""

    description: Annotated[str, Field(max_length=200)] = ""
    category: Annotated[str, Field(max_length=20)] = "其他"
    subject: Annotated[str, Field(max_length=40)] = ""
    nodes: Annotated[tuple[Node, ...], Field(min_length=2, max_length=50)]


Branch.model_rebuild()
ChoiceCase.model_rebuild()
Otherwise.model_rebuild()
Parallel.model_rebuild()
Choice.model_rebuild()
Definition.model_rebuild()

Leaf = Start | Approve | Cc
AnyNode = Start | Approve | Cc | Parallel | Choice


@dataclass(frozen=True, slots=True)
class Place:
    """Where a node stands: its sequence, its index there, and the block that holds the sequence."""

    node: AnyNode
    sequence: tuple[AnyNode, ...]
    index: int
    block: str | None


def sequences(node: AnyNode) -> tuple[tuple[AnyNode, ...], ...]:
    """The sequences directly inside a block; none for a leaf."""
    match node:
        case Parallel():
            return tuple(branch.nodes for branch in node.branches)
        case Choice():
            return (*(case.nodes for case in node.cases), node.otherwise.nodes)
        case _:
            return ()


def branch_names(node: Parallel | Choice) -> list[str]:
    """The names of a block's sequences, in the order of `sequences`."""
    if isinstance(node, Parallel):
        return [branch.name for branch in node.branches]
    return [*(case.name for case in node.cases), node.otherwise.name]


def places(definition: Definition) -> dict[str, Place]:
    """Every node by id; of two nodes with one id the later is kept."""
    return {place.node.id: place for place in _walk(definition.nodes, None)}


def _walk(sequence: tuple[AnyNode, ...], block: str | None) -> Iterator[Place]:
    for index, node in enumerate(sequence):
        yield Place(node, sequence, index, block)
        for inner in sequences(node):
            yield from _walk(inner, node.id)


def leaves(node: AnyNode) -> Iterator[Leaf]:
    """The leaves at or below a node, in reading order."""
    if isinstance(node, Start | Approve | Cc):
        yield node
    for sequence in sequences(node):
        for inner in sequence:
            yield from leaves(inner)


def approve_nodes(definition: Definition) -> Iterator[Approve]:
    """All steps people decide in, in reading order."""
    for node in definition.nodes:
        yield from (leaf for leaf in leaves(node) if isinstance(leaf, Approve))


def send_back_targets(definition: Definition, node_id: str) -> tuple[str, ...]:
    """The start and steps before a node whose block encloses it, nearest first."""
    by_id = places(definition)
    found: list[str] = []
    here: str | None = node_id
    while here is not None:
        place = by_id[here]
        before = reversed(place.sequence[: place.index])
        found += [node.id for node in before if isinstance(node, Start | Approve)]
        here = place.block
    return tuple(found)


def parse(raw: Mapping[str, Any]) -> Definition:
    """Read a stored or offered definition; DefinitionInvalid tells where it is malformed."""
    try:
        return Definition.model_validate(raw)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise errors.DefinitionInvalid(problems=[f"{where}：{first['msg']}"]) from error


def prove(definition: Definition, form_schema: Mapping[str, Any]) -> None:
    """Refuse with DefinitionInvalid, naming every fault, a definition that could go wrong later."""
    faults = [*_start_faults(definition), *_id_faults(definition)]
    if not faults:
        properties = form_schema.get("properties", {})
        for place in places(definition).values():
            faults += _node_faults(definition, place.node, properties)
    if faults:
        raise errors.DefinitionInvalid(problems=faults)


def _start_faults(definition: Definition) -> list[str]:
    starts = [place for place in _walk(definition.nodes, None) if isinstance(place.node, Start)]
    if len(starts) != 1 or not isinstance(definition.nodes[0], Start):
        return ["流程须以唯一的发起节点开头"]
    if not any(True for _ in approve_nodes(definition)):
        return ["流程中没有审批节点"]
    return []


def _id_faults(definition: Definition) -> list[str]:
    seen: set[str] = set()
    doubled: list[str] = []
    for place in _walk(definition.nodes, None):
        if place.node.id in seen:
            doubled.append(f"节点编号“{place.node.id}”重复")
        seen.add(place.node.id)
    return doubled


def _node_faults(definition: Definition, node: AnyNode, properties: Mapping[str, Any]) -> list[str]:
    if isinstance(node, Approve):
        legal = send_back_targets(definition, node.id)
        return [
            f"节点“{node.name}”不能退回到“{target}”"
            for target in node.send_back_to
            if target not in legal
        ]
    if isinstance(node, Choice):
        return [text for case in node.cases for text in conditions.problems(case.when, properties)]
    return []
