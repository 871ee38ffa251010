"""Who may pass a right on, and who may take it back."""

from dataclasses import asdict, dataclass
from datetime import datetime

from django.db import connection

from core.actor import Actor, ActorKind
from org.kinds import AdminRole
from org.policies.rights import LIVE, WITHIN

# Levels never fall from a unit to the ones below it, so a root at level 3 stays below a limit
# that says 3. A grant without an end may pass on any; one with an end only what ends no later.
_MAY_PASS_ON = f"""
SELECT g.id FROM org_admingrant g
  JOIN org_unit r ON r.id = g.root_id
  JOIN org_unit u ON u.id = %(root_id)s AND {WITHIN}
 WHERE g.person_id = %(person)s AND g.role = %(role)s AND {LIVE}
   AND g.delegation_depth > %(depth)s AND (g.subtree OR NOT %(subtree)s)
   AND (g.line_id IS NULL OR g.line_id = %(line_id)s)
   AND (g.highest_level IS NULL
        OR GREATEST(u.level, COALESCE(%(highest_level)s, 1)) >= g.highest_level)
   AND (g.valid_until IS NULL OR g.valid_until >= %(until)s::timestamptz)
 ORDER BY g.delegation_depth DESC, g.valid_until DESC NULLS FIRST, r.depth, g.id LIMIT 1"""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A right as somebody would grant it: over which unit and with which limits.

    `highest_level` 4 means townships and what is below; `depth` how often it may be passed on.
    """

    role: AdminRole
    root_id: int
    subtree: bool = True
    line_id: int | None = None
    highest_level: int | None = None
    depth: int = 0
    until: datetime | None = None


def may_grant(actor: Actor, wanted: Wanted, *, at: datetime) -> bool:
    """The actor holds all that would be granted, for as long, and may pass it on."""
    return actor.kind is ActorKind.SYSTEM or passed_on_from(actor, wanted, at=at) is not None


def may_revoke(
    actor: Actor, held: Wanted, *, holder_id: int, grantor_id: int | None, at: datetime
) -> bool:
    """The actor may grant what is held, did grant it, or is the one who holds it."""
    if actor.person_id is not None and actor.person_id in (holder_id, grantor_id):
        return True
    return may_grant(actor, held, at=at)


def passed_on_from(actor: Actor, wanted: Wanted, *, at: datetime) -> int | None:
    """The grant of the actor's from which this one may be passed on; the widest where several."""
    if actor.person_id is None:
        return None
    values = {**asdict(wanted), "role": wanted.role.value, "person": actor.person_id, "at": at}
    with connection.cursor() as cursor:
        cursor.execute(_MAY_PASS_ON, values)
        row = cursor.fetchone()
    return int(row[0]) if row else None
