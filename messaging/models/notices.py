"""Work notices: what the platform and its mini-apps tell people."""

from typing import ClassVar

from django.db import models
from django.db.models import Q


class WorkNotice(models.Model):
    """One notice, stored once for however many people, unique by its source's key."""

    source = models.CharField(max_length=60)
    """Who sends, for programs: `approvals`, `app:17`."""
    source_name = models.CharField(max_length=60)
    """Who sends, for people."""
    key = models.CharField(max_length=120)
    title = models.CharField(max_length=120)
    body = models.CharField(max_length=2000, blank=True)
    link = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField()
    asks = models.BooleanField(default=False)
    """Whether its receivers are asked to confirm that they know."""
    targets = models.PositiveIntegerField(default=0)
    """How many people it went to."""
    recalled_at = models.DateTimeField(null=True)
    """Once set, nothing of the content is shown any more."""

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["source", "key"], name="notice_once"),
        ]

    def __str__(self) -> str:
        return f"{self.source}:{self.key}"


class NoticeTarget(models.Model):
    """A person the notice is for."""

    pk = models.CompositePrimaryKey("notice_id", "person_id")
    notice = models.ForeignKey(WorkNotice, models.PROTECT, related_name="+", db_index=False)
    person = models.ForeignKey("org.Person", models.PROTECT, related_name="+", db_index=False)
    source = models.CharField(max_length=60, db_default="")
    """The notice's own, repeated: what one source sent to one person is found by one index.

    A trigger fills it in for whoever leaves it out, as the version before this column does.
    """
    asks = models.BooleanField(db_default=False)
    """The notice's own, repeated likewise: what of a muted source calls is found by one index."""
    read_at = models.DateTimeField(null=True)
    confirmed_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["person", "-notice"], name="notice_of_person"),
            models.Index(fields=["person", "source", "-notice"], name="notice_of_source"),
            models.Index(
                fields=["person", "source", "notice"],
                include=["asks"],
                condition=Q(read_at__isnull=True),
                name="notice_unread",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.notice_id} for {self.person_id}"


class NoticeMute(models.Model):
    """Somebody wants to hear nothing of a source's notices; absent where she minds none."""

    pk = models.CompositePrimaryKey("person_id", "source")
    person = models.ForeignKey("org.Person", models.PROTECT, related_name="+", db_index=False)
    source = models.CharField(max_length=60)
    muted_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.source} for {self.person_id}"
