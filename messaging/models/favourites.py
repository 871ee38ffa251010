"""What people keep for themselves."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models

from messaging.kinds import MessageKind
from messaging.models.conversations import Conversation


class Favourite(models.Model):
    """收藏: a message as one person saw it when she kept it.

    It outlives her membership and later edits. What is recalled is shown no more, wherever it is
    kept: that is asked of the message at each reading.
    """

    person = models.ForeignKey("org.Person", models.PROTECT, related_name="+", db_index=False)
    conversation = models.ForeignKey(Conversation, models.PROTECT, related_name="+", db_index=False)
    seq = models.BigIntegerField()
    kind = models.CharField(max_length=10, choices=MessageKind.choices)
    sender_name = models.CharField(max_length=100)
    place = models.CharField(max_length=100)
    """What the conversation was called."""
    body = models.TextField(blank=True)
    file_id = models.BigIntegerField(null=True)
    file_ids = ArrayField(models.BigIntegerField(), default=list)
    """That file, or those among the items of a record: hers as long as she keeps them."""
    content = models.JSONField(null=True)
    """What was forwarded, the card, or the items of a record."""
    words = models.TextField()
    """All that may be searched for."""
    said_at = models.DateTimeField()
    kept_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["person", "conversation", "seq"], name="favourite_once"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["person", "-kept_at", "-id"], name="favourite_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} keeps {self.conversation_id}#{self.seq}"
