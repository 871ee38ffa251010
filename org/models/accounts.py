"""Accounts that sign in, and what their people may administer."""

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import Q
from django.utils.crypto import salted_hmac

from org.kinds import AdminRole


class AccountManager(BaseUserManager["Account"]):
    """Finds accounts by username; accounts are opened by org.services.accounts."""


class Account(AbstractBaseUser):
    """The name and password a person signs in with.

    Raising `auth_version` ends every session of the account at its next request.
    """

    username = models.CharField(max_length=60, unique=True)
    person = models.OneToOneField(
        "org.Person", on_delete=models.PROTECT, null=True, related_name="+"
    )
    is_active = models.BooleanField(default=True)
    auth_version = models.PositiveIntegerField(default=1)
    opened_at = models.DateTimeField()

    objects: ClassVar[AccountManager] = AccountManager()

    USERNAME_FIELD = "username"

    def __str__(self) -> str:
        return self.username

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        # Both get_session_auth_hash and the fallback keys of Django come through here.
        return salted_hmac(
            "org.Account.session",
            f"{self.password}:{self.auth_version}",
            secret=secret,
            algorithm="sha256",
        ).hexdigest()


class AdminGrant(models.Model):
    """A person may act as administrator over a unit, alone or with all that is below it."""

    person = models.ForeignKey("org.Person", on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=10, choices=AdminRole.choices)
    root = models.ForeignKey("org.Unit", on_delete=models.PROTECT, related_name="+")
    subtree = models.BooleanField(default=True)
    may_delegate = models.BooleanField(default=False)
    granted_by = models.ForeignKey(
        "org.Person", on_delete=models.PROTECT, null=True, related_name="+"
    )
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            # 三员分立: one person is never two of system, security and audit administrator. An
            # expired grant still counts until it is revoked: an index can't read a clock.
            ExclusionConstraint(
                name="org_grant_three_officers",
                expressions=[
                    ("person", RangeOperators.EQUAL),
                    ("role", RangeOperators.NOT_EQUAL),
                ],
                condition=Q(role__in=["system", "security", "audit"], revoked_at__isnull=True),
            ),
            models.UniqueConstraint(
                fields=["person", "role", "root"],
                condition=Q(revoked_at__isnull=True),
                name="org_grant_once",
            ),
            models.CheckConstraint(condition=Q(role__in=AdminRole.values), name="org_grant_role"),
        ]

    def __str__(self) -> str:
        return f"{self.role} {self.person_id} {self.root_id}"
