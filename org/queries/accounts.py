"""Accounts and the actor that a signed-in account acts as."""

import itertools
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.contrib.auth import hashers
from django.db import connection
from django.db.models.functions import Coalesce

from core.actor import Actor, ActorKind
from org.models import Account, PasswordPast, Person

# A username has sixty characters at most; some are left for the number.
_STEM_AT_MOST = 50


@dataclass(frozen=True, slots=True)
class AccountOfPerson:
    """An account as administrators see it."""

    id: int
    username: str
    person_id: int | None
    is_active: bool
    auth_version: int


def of_person(person_id: int) -> AccountOfPerson | None:
    """The person's account, if any."""
    row = (
        Account.objects.filter(person_id=person_id)
        .values_list("id", "username", "person_id", "is_active", "auth_version")
        .first()
    )
    return AccountOfPerson(*row) if row else None


def of_people(person_ids: Collection[int]) -> dict[int, AccountOfPerson]:
    """The accounts of those people who have one, by person."""
    rows = Account.objects.filter(person_id__in=person_ids).values_list(
        "id", "username", "person_id", "is_active", "auth_version"
    )
    return {row[2]: AccountOfPerson(*row) for row in rows}


def by_username(username: str) -> AccountOfPerson | None:
    """The account with this username, if any."""
    row = (
        Account.objects.filter(username=username)
        .values_list("id", "username", "person_id", "is_active", "auth_version")
        .first()
    )
    return AccountOfPerson(*row) if row else None


@dataclass(frozen=True, slots=True)
class OwnAccount:
    """An account as its owner sees it."""

    username: str
    password_set_at: datetime


def standing(account_id: int) -> OwnAccount | None:
    """The account's name and since when its password holds."""
    row = (
        Account.objects.filter(pk=account_id)
        .annotate(set_at=Coalesce("password_set_at", "opened_at"))
        .values_list("username", "set_at")
        .first()
    )
    return OwnAccount(*row) if row else None


def remembered() -> int:
    """How many of its last passwords an account may not take again, the present one included."""
    return int(settings.PASSWORD_HISTORY)


def was_used(account_id: int, password: str) -> bool:
    """The password is among the account's last ones; as slow as that many sign-ins."""
    if not remembered():
        return False
    present = list(Account.objects.filter(pk=account_id).values_list("password", flat=True))
    past = PasswordPast.objects.filter(account_id=account_id).order_by("-id")
    sealed = [*present, *past.values_list("sealed", flat=True)[: remembered() - 1]]
    return any(hashers.check_password(password, one) for one in sealed)


def free_username(person_id: int) -> str:
    """The pinyin of the person's name, numbered where others have it; empty where it has none."""
    pinyin = Person.objects.filter(pk=person_id).values_list("pinyin", flat=True).first() or ""
    stem = pinyin[:_STEM_AT_MOST]
    if not stem:
        return ""
    taken = set(
        Account.objects.filter(username__startswith=stem).values_list("username", flat=True)
    )
    numbered = (f"{stem}{number}" for number in itertools.count(2))
    return next(name for name in itertools.chain([stem], numbered) if name not in taken)


def actor(
    account_id: int,
    *,
    at: datetime,
    appointment_id: int | None = None,
    request_id: str = "",
    address: str = "",
) -> Actor | None:
    """The account as an actor from its chosen appointment, else the main one.

    None for an account that is disabled, has no person, or whose person has left.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT p.id, p.name, a.id, a.unit_id
              FROM org_account c JOIN org_person p ON p.id = c.person_id AND p.status = 'active'
              LEFT JOIN org_appointment a ON a.person_id = p.id AND a.valid_from <= %(at)s
               AND (a.valid_to IS NULL OR a.valid_to > %(at)s)
             WHERE c.id = %(id)s AND c.is_active
             ORDER BY a.id IS DISTINCT FROM %(chosen)s::bigint,
                      a.kind IS DISTINCT FROM 'main', a.valid_from, a.id
             LIMIT 1""",
            {"id": account_id, "at": at, "chosen": appointment_id},
        )
        row = cursor.fetchone()
    if row is None:
        return None
    return Actor(
        kind=ActorKind.PERSON,
        name=row[1],
        account_id=account_id,
        person_id=row[0],
        appointment_id=row[2],
        unit_id=row[3],
        request_id=request_id,
        address=address,
    )
