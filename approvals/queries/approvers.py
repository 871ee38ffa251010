"""Who is asked at a node: resolvers turned into people, as the organisation stands now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from approvals import engine
from approvals.definitions import (
    Approve,
    Cc,
    Chosen,
    LeaderInCharge,
    PersonIs,
    PostFunction,
    Resolver,
    Superior,
    UnitHead,
)
from org.queries import appointments, people, units


@dataclass(frozen=True, slots=True)
class _Standing:
    """Whose case it is, and whom the initiator chose."""

    unit_id: int | None
    chosen: Mapping[str, Sequence[int]]
    at: datetime


def facts(
    *,
    initiator_id: int,
    unit_id: int | None,
    form: Mapping[str, Any],
    chosen: Mapping[str, Sequence[int]],
    at: datetime,
) -> engine.Facts:
    """What the engine may know of a case; people are looked up when it asks."""
    standing = _Standing(unit_id, chosen, at)
    return engine.Facts(
        initiator_id=initiator_id,
        form=form,
        people=lambda node: people_for(node, standing),
        superiors=lambda: _nearest_other_head(standing, initiator_id),
    )


def people_for(node: Approve | Cc, standing: _Standing) -> tuple[int, ...]:
    """The people for a node in the order of its resolvers, nobody twice, nobody who left."""
    found = _united(node.id, node.who, standing)
    if not found and isinstance(node, Approve):
        found = _united(node.id, node.or_else, standing)
    return found


def _united(node_id: str, resolvers: Sequence[Resolver], standing: _Standing) -> tuple[int, ...]:
    named = [person for resolver in resolvers for person in _resolve(node_id, resolver, standing)]
    return tuple(dict.fromkeys(named))


def _resolve(node_id: str, resolver: Resolver, standing: _Standing) -> Sequence[int]:
    match resolver:
        case PersonIs():
            return active(resolver.person_ids, at=standing.at)
        case Chosen():
            return active(standing.chosen.get(node_id, ()), at=standing.at)
        case UnitHead():
            return _unit_head(standing)
        case LeaderInCharge():
            return _in_organ(standing, "deputy")
        case Superior():
            return _heads_above(standing, levels=resolver.levels)
        case PostFunction():
            return _in_organ(standing, resolver.function)


def _unit_head(standing: _Standing) -> Sequence[int]:
    """The head of the initiator's unit, or of the nearest one above that has a head."""
    if standing.unit_id is None:
        return ()
    return appointments.heads_above(standing.unit_id, 1, at=standing.at)


def _nearest_other_head(standing: _Standing, initiator_id: int) -> tuple[int, ...]:
    """The nearest head at or above the initiator's unit who is somebody else."""
    if standing.unit_id is None:
        return ()
    heads = appointments.heads_above(standing.unit_id, 2, at=standing.at)
    return tuple([head for head in heads if head != initiator_id][:1])


def _heads_above(standing: _Standing, *, levels: int) -> tuple[int, ...]:
    """The head that stands `levels` up from the initiator's unit, counting units with a head."""
    if standing.unit_id is None:
        return ()
    above = units.path(standing.unit_id)[:-1]
    if not above:
        return ()
    return tuple(appointments.heads_above(above[-1].id, levels, at=standing.at)[levels - 1 :])


def _in_organ(standing: _Standing, function: str) -> Sequence[int]:
    if standing.unit_id is None:
        return ()
    organ = units.organ_of(standing.unit_id)
    return appointments.function_holders(organ.id, function, at=standing.at)


def active(person_ids: Sequence[int], *, at: datetime) -> list[int]:
    """Those of the people who hold a post at that instant, in the given order."""
    if not person_ids:
        return []
    known = people.names(person_ids, at=at)
    return [
        person_id
        for person_id in person_ids
        if person_id in known and known[person_id].unit_id is not None
    ]
