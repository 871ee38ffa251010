"""Somebody must be the first and the last: the platform helps administrators nobody else could."""

from dataclasses import dataclass
from datetime import datetime

from core import db
from core.actor import Actor, ActorKind
from org import errors
from org.credentials import passwords
from org.kinds import AdminRole, PostFunction
from org.policies import Wanted
from org.queries import accounts as account_queries
from org.queries import second_factors as factor_queries
from org.queries import units
from org.services import accounts, authority, people, second_factors


@dataclass(frozen=True, slots=True)
class Newcomer:
    """Somebody whom the directory does not know yet, and the post to be held."""

    name: str
    title: str


@dataclass(frozen=True, slots=True)
class Appointed:
    """Who administers now; `password` is told once, and only of a new account."""

    person_id: int
    password: str | None


@db.service
def appoint(
    *,
    actor: Actor,
    role: AdminRole,
    unit_code: str,
    username: str,
    now: datetime,
    newcomer: Newcomer | None = None,
    depth: int = authority.MOST_DEPTH,
) -> Appointed:
    """The holder of the account administers the unit and all below it.

    With a newcomer the person is admitted to the unit and the account opened. Only the platform
    itself may do this: OutOfScope. UnitNotFound, AccountNotFound, OfficersExclude.
    """
    if actor.kind is not ActorKind.SYSTEM:
        raise errors.OutOfScope
    unit = units.by_code(unit_code)
    if unit is None:
        raise errors.UnitNotFound
    held = account_queries.by_username(username)
    password = None
    if held is not None:
        person_id = held.person_id
    elif newcomer is not None:
        person_id = _admit(actor, newcomer, unit.id, now=now)
        password = passwords.fresh()
        accounts.open_account(
            actor=actor, person_id=person_id, username=username, password=password, now=now
        )
    else:
        raise errors.AccountNotFound
    if person_id is None:
        raise errors.PersonNotFound
    authority.grant(
        actor=actor, person_id=person_id, wanted=Wanted(role, unit.id, depth=depth), now=now
    )
    return Appointed(person_id, password)


def _admit(actor: Actor, newcomer: Newcomer, unit_id: int, *, now: datetime) -> int:
    admitted = people.admit(
        actor=actor,
        name=newcomer.name,
        unit_id=unit_id,
        title=newcomer.title,
        function=PostFunction.STAFF,
        now=now,
    )
    return admitted.person_id


@db.service
def restore(*, actor: Actor, username: str, now: datetime) -> str:
    """The account has the password returned, no second factor, and is signed in nowhere.

    For administrators above whom nobody is left to help. Only the platform itself may do this:
    OutOfScope. AccountNotFound.
    """
    if actor.kind is not ActorKind.SYSTEM:
        raise errors.OutOfScope
    held = account_queries.by_username(username)
    if held is None:
        raise errors.AccountNotFound
    password = passwords.fresh()
    accounts.set_password(actor=actor, account_id=held.id, password=password, now=now)
    if factor_queries.set_up_among([held.id]):
        second_factors.reset(actor=actor, account_id=held.id, now=now)
    return password
