"""Whom the organisation's own sign-in service vouches for is let in to an account that exists."""

from datetime import datetime
from typing import Final

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from core import audit, db
from core.actor import Actor
from org import errors
from org.credentials.upstream import Vouched
from org.kinds import PersonStatus
from org.models import Account, UpstreamLink

_NOBODY: Final = "该身份没有可用的账号，请联系本单位管理员"


@db.service
def admit(*, actor: Actor, vouched: Vouched, now: datetime) -> int:
    """The id of the account that the vouched-for person signs in to; UpstreamRefused for none.

    The first time the account with the name is linked to the service's subject, from then on the
    subject decides. No account is ever opened, and none is linked twice.
    """
    link = UpstreamLink.objects.filter(issuer=vouched.issuer, subject=vouched.subject).first()
    if link is not None:
        if not _usable().filter(pk=link.account_id).exists():
            raise errors.UpstreamRefused(reason=_NOBODY)
        return link.account_id
    account = _named(vouched.name)
    if account is None or UpstreamLink.objects.filter(account=account).exists():
        raise errors.UpstreamRefused(reason=_NOBODY)
    try:
        with transaction.atomic():
            UpstreamLink.objects.create(
                account=account, issuer=vouched.issuer, subject=vouched.subject, linked_at=now
            )
    except IntegrityError as clash:
        raise errors.UpstreamRefused(reason=_NOBODY) from clash
    audit.record(
        actor=actor,
        action="org.account.upstream_linked",
        object_kind="org.account",
        object_id=account.pk,
        now=now,
        detail={"username": account.username},
    )
    return account.pk


def _named(name: str) -> Account | None:
    if settings.UPSTREAM_OIDC_MATCHES == "staff_number":
        found = list(_usable().filter(person__staff_number=name)[:2])
        return found[0] if len(found) == 1 else None  # a number of two people is nobody's
    return _usable().filter(username=name.lower()).first()


def _usable() -> QuerySet[Account]:
    return Account.objects.filter(is_active=True, person__status=PersonStatus.ACTIVE)
