"""Sign-ins: who is behind one, whether it still holds, and which others there are."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import chain
from typing import Any, Final

from django.conf import settings
from django.contrib import auth
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db import connection
from django.db.models import Count, QuerySet
from django.utils.crypto import constant_time_compare

from core.actor import Actor, ActorKind
from org.credentials import devices
from org.kinds import SignInMethod
from org.models import Account, AccountSession

SESSION_KEY: Final = "account_session_id"
"""Where Django's session points to the row of its sign-in."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """One live sign-in: who acts in it, and what is still asked of her."""

    id: int
    actor: Actor
    seen_at: datetime
    second_factor: str
    is_administrator: bool
    must_change_password: bool
    """Somebody else chose the password that was signed in with."""
    password_expired: bool


@dataclass(frozen=True, slots=True)
class OpenSession:
    """One line of 登录设备."""

    id: int
    device: devices.Device
    address: str
    started_at: datetime
    seen_at: datetime
    method: str
    second_factor: str


@dataclass(frozen=True, slots=True)
class Hold:
    """What a socket was opened with; it is closed as soon as one of it does not hold."""

    session_id: int
    session_key: str
    appointment_id: int | None


@dataclass(frozen=True, slots=True)
class Standing:
    """How the holds stand: those still signed in, and those of them still at their post."""

    signed_in: frozenset[Hold]
    at_post: frozenset[Hold]


_LIVE: Final = """s.ended_at IS NULL AND s.seen_at > %(idle_since)s AND s.started_at > %(oldest)s
  AND c.is_active AND p.status = 'active'"""

# The appointment that a sign-in acts from: the one chosen, else the main one, else the oldest.
_POST: Final = """SELECT a.id, a.unit_id FROM org_appointment a
   WHERE a.person_id = p.id AND a.valid_from <= %(at)s
     AND (a.valid_to IS NULL OR a.valid_to > %(at)s)
   ORDER BY a.id IS DISTINCT FROM s.appointment_id, a.kind IS DISTINCT FROM 'main',
            a.valid_from, a.id
   LIMIT 1"""

_SIGNED_IN: Final = f"""
SELECT s.id, c.id, p.id, p.name, a.id, a.unit_id, s.seen_at, s.second_factor,
       EXISTS (SELECT 1 FROM org_admingrant g WHERE g.person_id = p.id AND g.revoked_at IS NULL
                  AND g.valid_from <= %(at)s
                  AND (g.valid_until IS NULL OR g.valid_until > %(at)s)),
       c.must_change_password, COALESCE(c.password_set_at, c.opened_at), s.method,
       c.password, c.auth_version
  FROM unnest(%(ids)s::bigint[], %(accounts)s::bigint[]) AS h(session_id, account_id)
  JOIN org_accountsession s ON s.id = h.session_id AND s.account_id = h.account_id
  JOIN org_account c ON c.id = s.account_id
  JOIN org_person p ON p.id = c.person_id
  LEFT JOIN LATERAL ({_POST}) a ON TRUE
 WHERE {_LIVE}"""

_STANDING: Final = f"""
SELECT h.session_id, h.session_key, NULLIF(h.appointment_id, 0),
       COALESCE(a.id, 0) = h.appointment_id
  FROM unnest(%(ids)s::bigint[], %(keys)s::varchar[], %(posts)s::bigint[])
       AS h(session_id, session_key, appointment_id)
  JOIN django_session d ON d.session_key = h.session_key AND d.expire_date > %(at)s
  JOIN org_accountsession s ON s.id = h.session_id
  JOIN org_account c ON c.id = s.account_id
  JOIN org_person p ON p.id = c.person_id
  LEFT JOIN LATERAL ({_POST}) a ON TRUE
 WHERE {_LIVE}"""


def current(
    session_id: object, *, account_id: int, at: datetime, request_id: str = "", address: str = ""
) -> SignedIn | None:
    """The live sign-in of the account under this number; None where it has ended.

    It has ended with its account, with its person's leaving, half an hour after it was last used,
    twelve hours after it began (settings), or because somebody ended it.
    """
    if not isinstance(session_id, int):
        return None
    for found in _signed_in([(session_id, account_id)], at=at):
        actor = replace(found.signed_in.actor, request_id=request_id, address=address)
        return replace(found.signed_in, actor=actor)
    return None


def opened_by(session_keys: Collection[str], *, at: datetime) -> dict[str, SignedIn]:
    """The live sign-ins that these keys of Django's sessions stand for; two queries for them all.

    A key is absent for the reasons that `current` names, and for those of Django's `get_user`: the
    session has run out, or its password or `auth_version` is not the account's any more.
    """
    held = Session.objects.filter(session_key__in=session_keys, expire_date__gt=at)
    notes = {
        key: note
        for key, sealed in held.values_list("session_key", "session_data")
        if (note := _note_in(sealed)) is not None
    }
    pairs = {(note.session_id, note.account_id) for note in notes.values()}
    found = {(one.signed_in.id, one.account.pk): one for one in _signed_in(pairs, at=at)}
    return {
        key: one.signed_in
        for key, note in notes.items()
        if (one := found.get((note.session_id, note.account_id))) and note.is_of(one.account)
    }


def standing(holds: Collection[Hold], *, at: datetime) -> Standing:
    """How sockets stand whose sign-ins and posts these are; one query however many there are."""
    ordered = list(holds)
    values: dict[str, Any] = {
        "ids": [hold.session_id for hold in ordered],
        "keys": [hold.session_key for hold in ordered],
        "posts": [hold.appointment_id or 0 for hold in ordered],
        **_limits(at),
    }
    with connection.cursor() as cursor:
        cursor.execute(_STANDING, values)
        rows = cursor.fetchall()
    return Standing(
        signed_in=frozenset(Hold(number, key, post) for number, key, post, _same in rows),
        at_post=frozenset(Hold(number, key, post) for number, key, post, same in rows if same),
    )


def open_of(account_id: int, *, at: datetime) -> list[OpenSession]:
    """Where the account is signed in now, the most lately used first."""
    rows = (
        _open(at)
        .filter(account_id=account_id)
        .order_by("-seen_at", "-id")
        .values_list("id", "device", "address", "started_at", "seen_at", "method", "second_factor")
    )
    return [
        OpenSession(number, devices.named(words), address, started_at, seen_at, method, factor)
        for number, words, address, started_at, seen_at, method, factor in rows
    ]


def open_counts(account_ids: Collection[int], *, at: datetime) -> dict[int, int]:
    """In how many browsers each of the accounts is signed in; none where there is no entry."""
    rows = _open(at).filter(account_id__in=account_ids).values("account_id")
    return dict(rows.annotate(count=Count("id")).values_list("account_id", "count"))


def _open(at: datetime) -> QuerySet[AccountSession]:
    limits = _limits(at)
    return AccountSession.objects.filter(
        ended_at__isnull=True,
        seen_at__gt=limits["idle_since"],
        started_at__gt=limits["oldest"],
    )


@dataclass(frozen=True, slots=True)
class _Found:
    """A live sign-in, and of its account what a session is held against."""

    signed_in: SignedIn
    account: Account


@dataclass(frozen=True, slots=True)
class _Note:
    """What Django's session says of who signed in, and with which password."""

    session_id: int
    account_id: int
    digest: str

    def is_of(self, account: Account) -> bool:
        """Whether the account has the password still, under today's key or an earlier one."""
        wanted = chain([account.get_session_auth_hash()], account.get_session_auth_fallback_hash())
        return any(constant_time_compare(self.digest, one) for one in wanted)


def _note_in(sealed: str) -> _Note | None:
    content = SessionStore().decode(sealed)
    session_id, account_id = content.get(SESSION_KEY), content.get(auth.SESSION_KEY)
    digest = content.get(auth.HASH_SESSION_KEY)
    if content.get(auth.BACKEND_SESSION_KEY) not in settings.AUTHENTICATION_BACKENDS:
        return None
    if not isinstance(session_id, int) or account_id is None or not digest:
        return None
    return _Note(session_id, int(account_id), digest)


def _signed_in(pairs: Collection[tuple[int, int]], *, at: datetime) -> list[_Found]:
    """The live ones of these sign-ins, each with its account; one query."""
    if not pairs:
        return []
    values: dict[str, Any] = {
        "ids": [session_id for session_id, _ in pairs],
        "accounts": [account_id for _, account_id in pairs],
        **_limits(at),
    }
    with connection.cursor() as cursor:
        cursor.execute(_SIGNED_IN, values)
        return [_found(row, at=at) for row in cursor.fetchall()]


def _found(row: tuple[Any, ...], *, at: datetime) -> _Found:
    (number, account_id, person_id, name, appointment_id, unit_id, seen_at, factor) = row[:8]
    (administers, must_change, password_set_at, method, password, auth_version) = row[8:]
    by_password = method == SignInMethod.PASSWORD
    signed_in = SignedIn(
        id=number,
        actor=Actor(
            kind=ActorKind.PERSON,
            name=name,
            account_id=account_id,
            person_id=person_id,
            appointment_id=appointment_id,
            unit_id=unit_id,
        ),
        seen_at=seen_at,
        second_factor=factor,
        is_administrator=administers,
        must_change_password=must_change and by_password,
        password_expired=by_password and _is_expired(password_set_at, at=at),
    )
    account = Account(pk=account_id, password=password, auth_version=auth_version)
    return _Found(signed_in, account)


def _limits(at: datetime) -> dict[str, datetime]:
    return {
        "at": at,
        "idle_since": at - timedelta(seconds=settings.SESSION_IDLE_SECONDS),
        "oldest": at - timedelta(seconds=settings.SESSION_COOKIE_AGE),
    }


def _is_expired(set_at: datetime, *, at: datetime) -> bool:
    days: int | None = settings.PASSWORD_MAX_AGE_DAYS
    return days is not None and set_at <= at - timedelta(days=days)
