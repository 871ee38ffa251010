"""Who may do what to a person, to his account and to the means by which he signs in."""

from datetime import datetime

from django.db.models import Q

from core.actor import Actor, ActorKind
from org.kinds import AdminRole
from org.models import Appointment
from org.policies.rights import LIMITS, LIVE, is_true
from org.policies.second_person import TOOK_OVER

_ADMINISTERS_PERSON = f"""
WITH RECURSIVE above AS (
  SELECT u.id, u.parent_id, u.id AS unit_id
    FROM org_appointment a JOIN org_unit u ON u.id = a.unit_id
   WHERE a.person_id = %(subject)s AND (%(any_post)s OR a.kind = 'main')
     AND a.valid_from <= %(at)s AND (a.valid_to IS NULL OR a.valid_to > %(at)s)
  UNION ALL
  SELECT p.id, p.parent_id, c.unit_id FROM org_unit p JOIN above c ON p.id = c.parent_id)
SELECT EXISTS (SELECT 1 FROM above r JOIN org_unit u ON u.id = r.unit_id
  JOIN org_admingrant g ON g.root_id = r.id AND (g.subtree OR r.id = u.id) AND {LIMITS}
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

_HOLDS_ANY = f"""
SELECT EXISTS (SELECT 1 FROM org_admingrant g WHERE g.person_id = %(person)s AND {LIVE})"""


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
    return not is_true(_ABOVE_ADMINISTRATOR, values)


def may_set_credentials(actor: Actor, person_id: int | None, *, at: datetime) -> bool:
    """The actor may give the person other means to sign in.

    Of somebody who administers anything, only whoever stands above all of that person's rights and
    holds each of them himself; see credentials_take_two.
    """
    if not may_manage_account(actor, person_id, at=at):
        return False
    values = {"subject": person_id, "person": actor.person_id, "at": at}
    return actor.kind is ActorKind.SYSTEM or not is_true(_EQUAL_TO_ADMINISTRATOR, values)


def credentials_take_two(actor: Actor, person_id: int | None, *, at: datetime) -> bool:
    """The person administers something: who could sign in as that person could decide as well."""
    if actor.kind is ActorKind.SYSTEM:
        return False
    return is_true(_HOLDS_WHATEVER, {"subject": person_id, "at": at})


def took_over(actor: Actor, person_id: int, *, at: datetime) -> bool:
    """That person has made the actor's password or second factor in the last seven days."""
    sql = f"SELECT {TOOK_OVER.format(decider='%(decider)s', requester='%(requester)s')}"
    return is_true(sql, {"decider": actor.person_id, "requester": person_id, "at": at})


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
    ) and not is_true(_HOLDS_ANY, {"person": person_id, "at": at})


def may_end_sessions(actor: Actor, person_id: int | None, *, at: datetime) -> bool:
    """The actor helps with the account, or is the security administrator above it."""
    if may_help_account(actor, person_id, at=at):
        return True
    if person_id is None or actor.person_id is None:
        return False
    return _administers_person(actor, person_id, any_post=False, roles=(AdminRole.SECURITY,), at=at)


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
    return is_true(
        _ADMINISTERS_PERSON,
        {
            "subject": person_id,
            "person": actor.person_id,
            "roles": [role.value for role in roles],
            "any_post": any_post,
            "at": at,
        },
    )
