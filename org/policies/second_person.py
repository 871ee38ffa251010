"""What takes two people, and who may be the second one."""

from collections.abc import Collection
from datetime import datetime

from core.actor import Actor, ActorKind
from org.kinds import AdminRole, RequestKind, UnitKind
from org.policies.rights import LIVE, REACHES, is_true

TOOK_OVER = """EXISTS (
  SELECT 1 FROM org_credentialreset x
   WHERE x.person_id = {decider} AND x.reset_by_id = {requester}
     AND x.reset_at > %(at)s::timestamptz - interval '7 days')"""

# The second person of a request `q` over the unit `u`: somebody else who holds its role there, or
# the security administrator, whose office it is to authorise. Moves and transfers are for the other
# side alone. Nobody whose password or second factor the requester has made lately: that may be the
# requester at the second person's keyboard.
_SECOND = f"""(g.role = q.role
    OR (g.role = 'security' AND q.kind NOT IN ('move_unit', 'transfer'))) AND {LIVE}
  AND g.person_id <> q.requester_id
  AND (q.kind NOT IN ('grant', 'transfer', 'credentials')
    OR (q.payload ->> 'person_id')::bigint <> g.person_id)
  AND NOT {TOOK_OVER.format(decider="g.person_id", requester="q.requester_id")}"""

SECONDS = f"""JOIN org_admingrant g ON g.root_id = r.id AND {_SECOND} AND {REACHES}"""
"""Joins to a request `q`, its unit `u` and each unit `r` at or above it every grant `g` whose
holder may decide."""

DECIDES = f"""EXISTS (
  SELECT 1 FROM org_admingrant g JOIN org_unit r ON r.id = g.root_id AND {REACHES}
   WHERE g.person_id = %(person)s AND {_SECOND})"""
"""A condition on a request `q` and its unit `u`: the person may decide."""

MANY_PEOPLE = 50
"""An act that touches more people takes a second person."""

_OFFICERS = frozenset({AdminRole.SYSTEM, AdminRole.SECURITY, AdminRole.AUDIT})
_HIGH_LEVEL = 2


def may_decide(person_id: int, request_id: int, *, at: datetime) -> bool:
    """The person is somebody else than who asked and holds what the second person needs."""
    sql = f"""SELECT EXISTS (SELECT 1 FROM org_reviewrequest q JOIN org_unit u ON u.id = q.unit_id
               WHERE q.id = %(request)s AND {DECIDES})"""
    return is_true(sql, {"request": request_id, "person": person_id, "at": at})


def needs_second_person(
    actor: Actor,
    kind: RequestKind,
    *,
    people: int = 0,
    unit_kind: str = "",
    has_history: bool = False,
    role: AdminRole | None = None,
    level: int | None = None,
) -> bool:
    """The act takes two people: say what it touches, as far as its kind asks for it.

    More than fifty people; a unit abolished that is an organ or a region or has a history; a right
    of one of the three officers, or any right at level 1 or 2. The platform itself needs nobody.
    A move is asked of the other side where the actor has no right there, not by this rule alone.
    """
    if actor.kind is ActorKind.SYSTEM:
        return False
    if people > MANY_PEOPLE:
        return True
    if kind is RequestKind.ABOLISH_UNIT:
        return has_history or unit_kind in (UnitKind.ORGAN, UnitKind.REGION)
    if kind is RequestKind.GRANT:
        return role in _OFFICERS or (level is not None and level <= _HIGH_LEVEL)
    return False


def merger_takes_two(actor: Actor, kinds: Collection[str], *, people: int) -> bool:
    """Units of these kinds stand no longer, and the people go over: two decide, as each asks."""
    return any(
        needs_second_person(actor, RequestKind.ABOLISH_UNIT, people=people, unit_kind=kind)
        for kind in kinds
    )
