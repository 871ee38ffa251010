"""Fills a drill's database: the small province of the tests, a crowd beside it, all signed in.

Run as a process of its own: `python -m drills.seed 150` prints who may come in how, as JSON.
"""

import json
import os
import sys
import uuid
from datetime import timedelta

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.contrib import auth  # noqa: E402
from django.contrib.sessions.backends.db import SessionStore  # noqa: E402
from django.contrib.sessions.models import Session  # noqa: E402
from django.utils import timezone  # noqa: E402  # Django's apps have to be ready before these

from org.kinds import AppointmentKind, PostFunction  # noqa: E402
from org.models import Account, AccountSession, Appointment, Person, Post  # noqa: E402
from tests import factories  # noqa: E402

CROWD = "众{:04d}"
UNIT = "海曙区民政局"


def main() -> None:
    """Commits the people and prints who they are."""
    province = factories.small_province()
    _add_crowd(province, int(sys.argv[1]))
    json.dump(
        {
            "people": province.people,
            "units": province.units,
            "sessions": _signed_in(province),
        },
        sys.stdout,
    )


def _signed_in(province: factories.Province) -> dict[str, str]:
    """Session keys by name, written in few statements: there may be ten thousand people."""
    now, store = timezone.now(), SessionStore()
    accounts = Account.objects.in_bulk(province.accounts.values())
    rows = AccountSession.objects.bulk_create(
        AccountSession(
            account_id=account_id,
            started_at=now,
            seen_at=now,
            address="127.0.0.1",
            device="drill",
            second_factor="totp",
        )
        for account_id in province.accounts.values()
    )
    found = {name: uuid.uuid4().hex for name in province.accounts}
    Session.objects.bulk_create(
        (
            Session(
                session_key=key,
                session_data=store.encode(_content(accounts[row.account_id], row.pk)),
                expire_date=now + timedelta(hours=12),
            )
            for key, row in zip(found.values(), rows, strict=True)
        ),
        batch_size=1000,
    )
    return found


def _content(account: Account, session_id: int) -> dict[str, object]:
    return {
        auth.SESSION_KEY: str(account.pk),
        auth.BACKEND_SESSION_KEY: "allauth.account.auth_backends.AuthenticationBackend",
        auth.HASH_SESSION_KEY: account.get_session_auth_hash(),
        "account_session_id": session_id,
    }


def _add_crowd(province: factories.Province, size: int) -> None:
    now = timezone.now()
    people = Person.objects.bulk_create(
        Person(
            public_id=uuid.uuid4(),
            name=CROWD.format(number),
            pinyin="zhong",
            initials="z",
            created_at=now,
        )
        for number in range(size)
    )
    post = Post.objects.create(
        unit_id=province.units[UNIT], title="科员", function=PostFunction.STAFF, rank=90
    )
    Appointment.objects.bulk_create(
        Appointment(
            person=person,
            post=post,
            unit_id=post.unit_id,
            kind=AppointmentKind.MAIN,
            valid_from=factories.FOUNDED,
        )
        for person in people
    )
    opened = Account.objects.bulk_create(
        Account(username=f"crowd{person.pk}", person=person, opened_at=now, password_set_at=now)
        for person in people
    )
    for person, account in zip(people, opened, strict=True):
        province.people[person.name] = person.pk
        province.accounts[person.name] = account.pk


if __name__ == "__main__":
    main()
