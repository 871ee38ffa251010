"""Administrative rights as tables show them: limits in words, and what the viewer may do."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from core.actor import Actor
from org import policies
from org.queries import authority

ENDS_SOON: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class GrantLine:
    """One right. `inherited` says that it is held above the unit that is looked at."""

    grant: authority.Grant
    limits: list[str]
    may_revoke: bool
    inherited: bool
    days_left: int | None
    """The days until it ends, where that is within a month."""


def lines(
    actor: Actor, grants: Iterable[authority.Grant], *, at: datetime, unit_id: int | None = None
) -> list[GrantLine]:
    """The rights in the order given, seen from the unit where one is looked at."""
    return [line(actor, grant, at=at, unit_id=unit_id) for grant in grants]


def line(
    actor: Actor, grant: authority.Grant, *, at: datetime, unit_id: int | None = None
) -> GrantLine:
    """One right, seen from the unit where one is looked at."""
    return GrantLine(
        grant=grant,
        limits=_limits(grant),
        may_revoke=may_revoke(actor, grant, at=at),
        inherited=unit_id is not None and grant.root_id != unit_id,
        days_left=_days_left(grant.valid_until, at),
    )


def may_revoke(actor: Actor, grant: authority.Grant, *, at: datetime) -> bool:
    """Whether the actor may end the right, by renouncing it or taking it back."""
    return policies.may_revoke(
        actor, grant.wanted, holder_id=grant.person_id, grantor_id=grant.granted_by_id, at=at
    )


def ending(held: Iterable[GrantLine]) -> list[GrantLine]:
    """Those that end within a month."""
    return [one for one in held if one.days_left is not None]


def _limits(grant: authority.Grant) -> list[str]:
    words = [] if grant.subtree else ["仅本级"]
    if grant.line_name:
        words.append(f"{grant.line_name}条线")
    if grant.highest_level_name:
        words.append(f"{grant.highest_level_name}及以下")
    return words


def _days_left(until: datetime | None, at: datetime) -> int | None:
    if until is None or until - at > ENDS_SOON:
        return None
    return max(0, (until - at).days)
