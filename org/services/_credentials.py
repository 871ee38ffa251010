"""Whoever gives another the means to sign in could be that other: what is asked, what is kept."""

import base64
from datetime import datetime
from typing import Final

from django.db.models import Q

from core import crypto
from core.actor import Actor
from org import errors, policies
from org.kinds import AdminRole, RequestKind
from org.models import Account, AdminGrant, CredentialReset, Person
from org.services import requests

PASSWORD: Final = "password"  # noqa: S105  # what is reset, not a secret
SECOND_FACTOR: Final = "second_factor"
_SUMMARIES: Final = {
    PASSWORD: "重置{name}（管理员）的登录密码",
    SECOND_FACTOR: "清除{name}（管理员）的双因素认证",
}


def ask(
    actor: Actor, account: Account, what: str, password: str, *, now: datetime
) -> requests.Asked:
    """A second person over the highest right of the account's owner is asked."""
    person = Person.objects.get(pk=account.person_id or 0)
    payload = {
        "act": what,
        "account_id": account.pk,
        "person_id": person.pk,
        "sealed": base64.b64encode(crypto.encrypt_text(password)).decode() if password else "",
    }
    return requests.ask(
        actor=actor,
        kind=RequestKind.CREDENTIALS,
        unit_id=_highest_root(person.pk, at=now),
        role=AdminRole.PEOPLE,
        payload=payload,
        summary=_SUMMARIES[what].format(name=person.name),
        effects=["同意后该账号在所有设备上退出登录", "请先向本人核实"],
        now=now,
    )


def unsealed(sealed: str) -> str:
    """The password that waits in a request."""
    return crypto.decrypt_text(base64.b64decode(sealed))


def note(actor: Actor, person_id: int | None, *, now: datetime) -> None:
    """For a while the person decides nothing that the actor asks for."""
    if actor.person_id is None or person_id in (None, actor.person_id):
        return
    CredentialReset.objects.create(person_id=person_id, reset_by_id=actor.person_id, reset_at=now)


def permit_naming(actor: Actor, person_id: int, *, now: datetime) -> None:
    """The actor may say by which name or number the sign-in service knows the person.

    Of somebody who administers anything that is as much as the password: HoldsGreaterRights.
    """
    if not policies.credentials_take_two(actor, person_id, at=now):
        return
    if not policies.may_set_credentials(actor, person_id, at=now):
        raise errors.HoldsGreaterRights
    note(actor, person_id, now=now)


def _highest_root(person_id: int, *, at: datetime) -> int:
    stands = Q(valid_until__isnull=True) | Q(valid_until__gt=at)
    held = AdminGrant.objects.filter(stands, person_id=person_id, revoked_at__isnull=True)
    root_id = held.order_by("root__depth", "root_id").values_list("root_id", flat=True).first()
    if root_id is None:
        raise errors.OutOfScope
    return root_id
