"""Accounts that sign in, and what their people may administer."""

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.utils.crypto import salted_hmac


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
    password_set_at = models.DateTimeField(null=True)
    """Null where the password is as old as the account."""
    must_change_password = models.BooleanField(default=False)
    """Somebody else chose the password: its owner chooses another before anything else."""
    disabled_by = models.ForeignKey(
        "org.Person", on_delete=models.PROTECT, null=True, related_name="+"
    )
    """Who of the administrators disabled it; null where it is not, or its owner left."""

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


class PasswordPast(models.Model):
    """A password the account had before, as it was hashed: it is not taken again soon."""

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    sealed = models.CharField(max_length=128)
    ended_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["account", "-id"], name="org_password_past")]

    def __str__(self) -> str:
        return f"{self.account_id} until {self.ended_at:%Y-%m-%d}"


class CredentialReset(models.Model):
    """Somebody gave a person the means to sign in, and so may have been that person for a while."""

    person = models.ForeignKey("org.Person", on_delete=models.PROTECT, related_name="+")
    reset_by = models.ForeignKey("org.Person", on_delete=models.PROTECT, related_name="+")
    reset_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["person", "reset_by", "-reset_at"], name="org_credential_reset")
        ]

    def __str__(self) -> str:
        return f"{self.person_id} by {self.reset_by_id}"


class UpstreamLink(models.Model):
    """The subject that the organisation's own sign-in service knows an account's owner by.

    A name that the service gives to somebody else later comes with another subject, and does not
    sign in to this account.
    """

    account = models.OneToOneField(Account, on_delete=models.PROTECT, related_name="+")
    issuer = models.CharField(max_length=200)
    subject = models.CharField(max_length=255)
    linked_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["issuer", "subject"], name="org_upstream_subject")
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.subject}"
