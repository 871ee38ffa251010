"""Which live sign-in a key of Django's sessions stands for, asked without a request."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.contrib import auth
from django.contrib.sessions.models import Session
from django.test import Client, override_settings
from django.utils import timezone

from org.models import Account, AccountSession, Person
from org.queries import sessions
from tests import factories

pytestmark = pytest.mark.django_db

Change = Callable[[factories.Province, Client], Any]


def key_of(client: Client) -> str:
    return str(client.session.session_key)


def account_of(province: factories.Province) -> Any:
    return Account.objects.filter(pk=province.accounts["王伟民"])


def sign_in_of(client: Client) -> Any:
    return AccountSession.objects.filter(pk=client.session["account_session_id"])


def rewritten(client: Client, **content: object) -> None:
    session = client.session
    session.update(content)
    session.save()


def aged(client: Client, **ages: timedelta) -> None:
    sign_in_of(client).update(**{name: timezone.now() - age for name, age in ages.items()})


def spoilt(client: Client) -> None:
    row = Session.objects.get(session_key=key_of(client))
    Session.objects.filter(pk=row.pk).update(session_data=row.session_data[:-1] + "~")


CHANGES: dict[str, Change] = {
    "ended elsewhere": lambda _, client: sign_in_of(client).update(ended_at=timezone.now()),
    "idle": lambda _, client: aged(
        client, seen_at=timedelta(seconds=settings.SESSION_IDLE_SECONDS)
    ),
    "too long ago": lambda _, client: aged(
        client, started_at=timedelta(seconds=settings.SESSION_COOKIE_AGE)
    ),
    "account disabled": lambda province, _: account_of(province).update(is_active=False),
    "person left": lambda province, _: Person.objects.filter(pk=province.people["王伟民"]).update(
        status="left"
    ),
    "other password": lambda province, _: account_of(province).update(password="other"),
    "ended for all": lambda province, _: account_of(province).update(auth_version=2),
    "signed out": lambda _, client: Session.objects.filter(session_key=key_of(client)).delete(),
    "run out": lambda _, client: Session.objects.filter(session_key=key_of(client)).update(
        expire_date=timezone.now() - timedelta(seconds=1)
    ),
    "forged": lambda _, client: spoilt(client),
    "of another backend": lambda _, client: rewritten(client, **{auth.BACKEND_SESSION_KEY: "no"}),
    "without a digest": lambda _, client: rewritten(client, **{auth.HASH_SESSION_KEY: ""}),
    "without a sign-in": lambda _, client: rewritten(client, **{sessions.SESSION_KEY: None}),
    "of nobody": lambda _, client: rewritten(client, **{auth.SESSION_KEY: None}),
    "another's account": lambda province, client: rewritten(
        client, **{auth.SESSION_KEY: str(province.accounts["李建国"])}
    ),
}


def test_a_key_stands_for_the_sign_in_that_a_request_would_have(
    province: factories.Province,
) -> None:
    wang, li = province.client("王伟民"), province.client("李建国")
    now = timezone.now()
    found = sessions.opened_by([key_of(wang), key_of(li), "0" * 32], at=now)
    assert set(found) == {key_of(wang), key_of(li)}
    assert found[key_of(wang)] == sessions.current(
        wang.session["account_session_id"], account_id=province.accounts["王伟民"], at=now
    )


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_key_stands_for_nobody_once_its_sign_in_does_not_hold(
    province: factories.Province, change: Change
) -> None:
    wang, li = province.client("王伟民"), province.client("李建国")
    key = key_of(wang)
    change(province, wang)
    assert set(sessions.opened_by([key, key_of(li)], at=timezone.now())) == {key_of(li)}


def test_a_session_from_before_the_secret_was_changed_holds(province: factories.Province) -> None:
    key = key_of(province.client("王伟民"))
    fallbacks = [settings.SECRET_KEY]
    with override_settings(SECRET_KEY="a newer secret", SECRET_KEY_FALLBACKS=fallbacks):
        assert set(sessions.opened_by([key], at=timezone.now())) == {key}
    with override_settings(SECRET_KEY="a newer secret", SECRET_KEY_FALLBACKS=[]):
        assert sessions.opened_by([key], at=timezone.now()) == {}
