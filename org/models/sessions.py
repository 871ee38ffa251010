"""The sign-ins of accounts: each is one browser, from its sign-in to its end."""

from django.db import models
from django.db.models import Q

from org.kinds import SessionEnd, SignInMethod


class AccountSession(models.Model):
    """One browser in which an account is signed in, or was.

    Django's own session only points here: a row that has ended, was idle too long or is too old
    signs nobody in, whatever the cookie says.
    """

    account = models.ForeignKey("org.Account", on_delete=models.PROTECT, related_name="+")
    appointment = models.ForeignKey(
        "org.Appointment", on_delete=models.PROTECT, null=True, related_name="+"
    )
    """The post that the person chose to act from; null for the main one."""
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    end = models.CharField(max_length=12, choices=SessionEnd.choices, default="")
    address = models.CharField(max_length=45)
    device = models.CharField(max_length=300)
    """The browser's own words (User-Agent), cut to the column."""
    method = models.CharField(
        max_length=10, choices=SignInMethod.choices, default=SignInMethod.PASSWORD
    )
    second_factor = models.CharField(max_length=20, default="")
    """By which the owner showed himself besides the password; empty where by none."""

    class Meta:
        indexes = [
            models.Index(
                fields=["account"], condition=Q(ended_at__isnull=True), name="org_session_open"
            ),
            models.Index(fields=["seen_at"], name="org_session_seen"),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} since {self.started_at:%Y-%m-%d %H:%M}"
