"""The files that people hand over in conversations."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from messaging.kinds import FileState
from messaging.models.conversations import Conversation


class File(models.Model):
    """One upload: what it is called, what it is, and under which key it lies in the store.

    Messages, records and kept copies name it by its id, so forwarding copies no bytes. Who may
    have it follows from those messages alone, never from this row.
    """

    uploader = models.ForeignKey("org.Person", models.PROTECT, related_name="+", db_index=False)
    upload_id = models.UUIDField()
    """The client's: an upload that is repeated is the same file."""
    conversation = models.ForeignKey(Conversation, models.PROTECT, related_name="+", db_index=False)
    """Where it was handed over first."""
    name = models.CharField(max_length=120)
    size = models.BigIntegerField()
    mime = models.CharField(max_length=100)
    width = models.PositiveIntegerField(null=True)
    """Of a picture as it is seen; null: it is none."""
    height = models.PositiveIntegerField(null=True)
    key = models.CharField(max_length=100)
    """Opaque, and of this upload alone, so that what nobody sent may be deleted."""
    sha256 = models.CharField(max_length=64)
    sm3 = models.CharField(max_length=64)
    state = models.CharField(max_length=10, choices=FileState.choices, default=FileState.COMING)
    uploaded_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    """When a message carried it first; null: nobody but the uploader knows of it."""

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["uploader", "upload_id"], name="file_once"),
            models.UniqueConstraint(fields=["key"], name="file_key_once"),
            models.CheckConstraint(condition=Q(size__gt=0), name="file_not_empty"),
            models.CheckConstraint(
                condition=Q(width__isnull=True, height__isnull=True) | Q(width__gt=0, height__gt=0),
                name="file_has_both_sides",
            ),
            models.CheckConstraint(
                condition=Q(sent_at__isnull=True) | Q(state=FileState.READY),
                name="file_sent_is_ready",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["uploader", "uploaded_at"], name="file_of_uploader"),
            models.Index(
                fields=["uploaded_at"], condition=Q(sent_at__isnull=True), name="file_not_sent"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pk} {self.mime}"
