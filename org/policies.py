"""Who may do what to which unit or person; each answer is one query on live ranges."""

from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Q

from core.actor import Actor, ActorKind
from org.kinds import AdminRole, RequestKind, UnitKind
from org.models import Appointment

# Rights are read from grants joined to the tree in the same statement, by range or by parents: a
# range remembered from an earlier statement may meanwhile belong to another unit.
LIVE = """g.revoked_at IS NULL AND g.valid_from <= %(at)s
  AND (g.valid_until IS NULL OR g.valid_until > %(at)s)"""
"""A condition on a grant `g`: it holds at the instant."""

WITHIN = """(u.id = r.id OR (
  g.subtree AND u.tree_id = r.tree_id AND u.lft BETWEEN r.lft AND r.rght))"""
"""A condition on a unit `u`: it stands where the grant `g` with the root `r` reaches, whatever
its limits."""

_LIMITS = """(g.highest_level IS NULL OR u.level >= g.highest_level)
  AND (g.line_id IS NULL OR org_in_line(u.id, g.line_id, %(at)s))"""

REACHES = f"""{WITHIN} AND {_LIMITS}"""
"""A condition on a unit `u`: the grant `g` with the root `r` covers it."""

ABOVE = """
WITH RECURSIVE above AS (
  SELECT id, parent_id FROM org_unit WHERE id = %(unit)s
  UNION ALL SELECT p.id, p.parent_id FROM org_unit p JOIN above c ON p.id = c.parent_id)"""
"""The unit and all above it: from there grants are found by their roots, a handful of look-ups
where a province has thousands of grants."""

# From the unit upwards: whoever asks may hold hundreds of grants.
_COVERS = f"""{ABOVE}
SELECT EXISTS (SELECT 1 FROM above r JOIN org_unit u ON u.id = %(unit)s
  JOIN org_admingrant g ON g.root_id = r.id AND (g.subtree OR r.id = u.id) AND {_LIMITS}
   AND g.person_id = %(person)s AND g.role = %(role)s AND {LIVE})"""

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

_ADMINISTERS_PERSON = f"""
WITH RECURSIVE above AS (
  SELECT u.id, u.parent_id, u.id AS unit_id
    FROM org_appointment a JOIN org_unit u ON u.id = a.unit_id
   WHERE a.person_id = %(subject)s AND (%(any_post)s OR a.kind = 'main')
     AND a.valid_from <= %(at)s AND (a.valid_to IS NULL OR a.valid_to > %(at)s)
  UNION ALL
  SELECT p.id, p.parent_id, c.unit_id FROM org_unit p JOIN above c ON p.id = c.parent_id)
SELECT EXISTS (SELECT 1 FROM above r JOIN org_unit u ON u.id = r.unit_id
  JOIN org_admingrant g ON g.root_id = r.id AND (g.subtree OR r.id = u.id) AND {_LIMITS}
   AND g.person_id = %(person)s AND g.role = ANY(%(roles)s) AND {LIVE})"""

# A right of the subject that the administrator's own right over people does not cover. Officers'
# rights are never covered: whoever could set their password would be all three of them.
_ABOVE_ADMINISTRATOR = """
SELECT EXISTS (
  SELECT 1 FROM org_admingrant g JOIN org_unit u ON u.id = g.root_id
   WHERE g.person_id = %(subject)s AND g.revoked_at IS NULL
     AND (g.valid_until IS NULL OR g.valid_until > %(at)s)
     AND (g.role IN ('system', 'security', 'audit') OR NOT EXISTS (
       SELECT 1 FROM org_admingrant o JOIN org_unit r ON r.id = o.root_id
        WHERE o.person_id = %(person)s AND o.role = 'people' AND o.revoked_at IS NULL
          AND o.subtree AND o.valid_from <= %(at)s
          AND (o.valid_until IS NULL OR o.valid_until > %(at)s)
          AND (o.line_id IS NULL OR o.line_id = g.line_id)
          AND (o.highest_level IS NULL
               OR GREATEST(u.level, COALESCE(g.highest_level, 1)) >= o.highest_level)
          AND u.tree_id = r.tree_id AND u.lft BETWEEN r.lft AND r.rght)))"""

# A right of the subject that the administrator does not stand strictly above with a right over
# people, or does not hold himself: by the subject's password he would come to it. Two equals are
# each other's second person, so neither makes the other's password.
_EQUAL_TO_ADMINISTRATOR = f"""
SELECT EXISTS (
  SELECT 1 FROM org_admingrant s JOIN org_unit u ON u.id = s.root_id
   WHERE s.person_id = %(subject)s AND s.revoked_at IS NULL
     AND (s.valid_until IS NULL OR s.valid_until > %(at)s)
     AND (s.role IN ('system', 'security', 'audit') OR EXISTS (
       SELECT 1 FROM unnest(ARRAY['people', s.role]) AS wanted(role) WHERE NOT EXISTS (
         SELECT 1 FROM org_admingrant g JOIN org_unit r ON r.id = g.root_id
          WHERE g.person_id = %(person)s AND g.role = wanted.role AND g.subtree AND {LIVE}
            AND (g.line_id IS NULL OR g.line_id = s.line_id)
            AND (g.highest_level IS NULL
                 OR GREATEST(u.level, COALESCE(s.highest_level, 1)) >= g.highest_level)
            AND u.tree_id = r.tree_id AND u.lft > r.lft AND u.lft < r.rght))))"""

_HOLDS_WHATEVER = """
SELECT EXISTS (
  SELECT 1 FROM org_admingrant g WHERE g.person_id = %(subject)s AND g.revoked_at IS NULL
     AND (g.valid_until IS NULL OR g.valid_until > %(at)s))"""

_TOOK_OVER = """EXISTS (
  SELECT 1 FROM org_credentialreset x
   WHERE x.person_id = {decider} AND x.reset_by_id = {requester}
     AND x.reset_at > %(at)s::timestamptz - interval '7 days')"""

_HOLDS_ANY = f"""
SELECT EXISTS (SELECT 1 FROM org_admingrant g WHERE g.person_id = %(person)s AND {LIVE})"""

ADMINISTERED = f"""EXISTS (
  SELECT 1 FROM org_admingrant g JOIN org_unit r ON r.id = g.root_id AND {REACHES}
   WHERE g.person_id = %(administrator)s AND g.role = %(role)s AND {LIVE})"""
"""A condition on a unit `u`, so that a search leaves out what is not the administrator's before
it stops at its limit. Its values are those of an Administrator and the instant."""

# The second person of a request `q` over the unit `u`: somebody else who holds its role there, or
# the security administrator, whose office it is to authorise. Moves and transfers are for the other
# side alone. Nobody whose password or second factor the requester has made lately: that may be the
# requester at the second person's keyboard.
_SECOND = f"""(g.role = q.role
    OR (g.role = 'security' AND q.kind NOT IN ('move_unit', 'transfer'))) AND {LIVE}
  AND g.person_id <> q.requester_id
  AND (q.kind NOT IN ('grant', 'transfer', 'credentials')
    OR (q.payload ->> 'person_id')::bigint <> g.person_id)
  AND NOT {_TOOK_OVER.format(decider="g.person_id", requester="q.requester_id")}"""

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


@dataclass(frozen=True, slots=True)
class Administrator:
    """A person in one administrative role: whose units a search keeps to."""

    person_id: int
    role: AdminRole

    @property
    def values(self) -> dict[str, int | str]:
        """What ADMINISTERED asks for besides the instant."""
        return {"administrator": self.person_id, "role": self.role.value}


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


def holds(person_id: int, role: AdminRole, unit_id: int, *, at: datetime) -> bool:
    """The person has the role over the unit at that instant."""
    return _is_true(
        _COVERS,
        {"person": person_id, "role": role.value, "unit": unit_id, "at": at},
    )


def may_manage_units(actor: Actor, unit_id: int, *, at: datetime) -> bool:
    """The actor may add, rename, move and abolish units at and below the unit."""
    return _may(actor, AdminRole.ORG, unit_id, at=at)


def names_from(unit_id: int, *, kind: str, parent_id: int | None) -> int:
    """The unit over which a rename takes the right: the one above a region, else the unit."""
    return parent_id or unit_id if kind == UnitKind.REGION else unit_id


def may_manage_people(actor: Actor, unit_id: int, *, at: datetime) -> bool:
    """The actor may appoint people in the unit and end their appointments."""
    return _may(actor, AdminRole.PEOPLE, unit_id, at=at)


def may_reveal_phone(actor: Actor, person_id: int, *, at: datetime) -> bool:
    """The actor is the person, or administers people where that person holds a post."""
    if actor.person_id == person_id:
        return True
    return _administers_person(actor, person_id, any_post=True, at=at)


def may_manage_person(actor: Actor, person_id: int, *, at: datetime) -> bool:
    """The actor administers people where that person holds a post, main or not."""
    return _administers_person(actor, person_id, any_post=True, at=at)


def may_manage_account(actor: Actor, person_id: int | None, *, at: datetime) -> bool:
    """The actor administers people where that person holds the main post.

    A second post in some other county gives that county no hold on the account; and nobody has a
    hold on the account of an administrator who may do more than himself.
    """
    if actor.kind is ActorKind.SYSTEM:
        return True
    if person_id is None or not _administers_person(actor, person_id, any_post=False, at=at):
        return False
    values = {"subject": person_id, "person": actor.person_id, "at": at}
    return not _is_true(_ABOVE_ADMINISTRATOR, values)


def may_set_credentials(actor: Actor, person_id: int | None, *, at: datetime) -> bool:
    """The actor may give the person other means to sign in.

    Of somebody who administers anything, only whoever stands above all of that person's rights and
    holds each of them himself; see credentials_take_two.
    """
    if not may_manage_account(actor, person_id, at=at):
        return False
    values = {"subject": person_id, "person": actor.person_id, "at": at}
    return actor.kind is ActorKind.SYSTEM or not _is_true(_EQUAL_TO_ADMINISTRATOR, values)


def credentials_take_two(actor: Actor, person_id: int | None, *, at: datetime) -> bool:
    """The person administers something: who could sign in as that person could decide as well."""
    if actor.kind is ActorKind.SYSTEM:
        return False
    return _is_true(_HOLDS_WHATEVER, {"subject": person_id, "at": at})


def took_over(actor: Actor, person_id: int, *, at: datetime) -> bool:
    """That person has made the actor's password or second factor in the last seven days."""
    sql = f"SELECT {_TOOK_OVER.format(decider='%(decider)s', requester='%(requester)s')}"
    return _is_true(sql, {"decider": actor.person_id, "requester": person_id, "at": at})


def may_see_rights(actor: Actor, person_id: int, *, at: datetime) -> bool:
    """The actor is the person, or administers anything where that person holds a post."""
    if actor.person_id == person_id:
        return True
    return _administers_person(actor, person_id, any_post=True, roles=tuple(AdminRole), at=at)


def may_appoint(actor: Actor, person_id: int, *, at: datetime) -> bool:
    """The person serves nowhere yet, or where the actor administers people."""
    serves = Appointment.objects.filter(
        Q(valid_to__isnull=True) | Q(valid_to__gt=at), person_id=person_id
    ).exists()
    return not serves or _administers_person(actor, person_id, any_post=True, at=at)


def may_help_account(actor: Actor, person_id: int | None, *, at: datetime) -> bool:
    """The actor may unlock and end sign-ins: manages the account, or is its helpdesk."""
    return may_manage_account(actor, person_id, at=at) or _is_helpdesk_of(actor, person_id, at=at)


def may_set_password(actor: Actor, person_id: int | None, *, at: datetime) -> bool:
    """The actor may give the account another password: sets credentials, or is its helpdesk."""
    return may_set_credentials(actor, person_id, at=at) or _is_helpdesk_of(actor, person_id, at=at)


def _is_helpdesk_of(actor: Actor, person_id: int | None, *, at: datetime) -> bool:
    """A helpdesk has no hold on the account of anybody who administers anything."""
    if person_id is None or actor.person_id is None:
        return False
    return _administers_person(
        actor, person_id, any_post=False, roles=(AdminRole.HELPDESK,), at=at
    ) and not _is_true(_HOLDS_ANY, {"person": person_id, "at": at})


def may_end_sessions(actor: Actor, person_id: int | None, *, at: datetime) -> bool:
    """The actor helps with the account, or is the security administrator above it."""
    if may_help_account(actor, person_id, at=at):
        return True
    if person_id is None or actor.person_id is None:
        return False
    return _administers_person(actor, person_id, any_post=False, roles=(AdminRole.SECURITY,), at=at)


def may_decide(person_id: int, request_id: int, *, at: datetime) -> bool:
    """The person is somebody else than who asked and holds what the second person needs."""
    sql = f"""SELECT EXISTS (SELECT 1 FROM org_reviewrequest q JOIN org_unit u ON u.id = q.unit_id
               WHERE q.id = %(request)s AND {DECIDES})"""
    return _is_true(sql, {"request": request_id, "person": person_id, "at": at})


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


def _may(actor: Actor, role: AdminRole, unit_id: int, *, at: datetime) -> bool:
    if actor.kind is ActorKind.SYSTEM:
        return True
    if actor.person_id is None:
        return False
    return holds(actor.person_id, role, unit_id, at=at)


def _administers_person(
    actor: Actor,
    person_id: int,
    *,
    any_post: bool,
    at: datetime,
    roles: tuple[AdminRole, ...] = (AdminRole.PEOPLE,),
) -> bool:
    if actor.kind is ActorKind.SYSTEM:
        return True
    if actor.person_id is None:
        return False
    return _is_true(
        _ADMINISTERS_PERSON,
        {
            "subject": person_id,
            "person": actor.person_id,
            "roles": [role.value for role in roles],
            "any_post": any_post,
            "at": at,
        },
    )


def _is_true(sql: str, values: dict[str, Any]) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return bool(cursor.fetchone()[0])
