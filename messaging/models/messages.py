"""What was said: the entries of every conversation's log."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from messaging.models.conversations import Conversation


class MessageKind(models.TextChoices):
    """What an entry of the log is."""

    TEXT = "text", "文本"
    EVENT = "event", "事件"


class Message(models.Model):
    """One entry of a conversation's log: something said, or a join, a recall and the like.

    The table is hash-partitioned by conversation (0002_partition_messages), which is why
    every key begins with it.
    """

    pk = models.CompositePrimaryKey("conversation_id", "seq")
    conversation = models.ForeignKey(Conversation, models.PROTECT, related_name="+", db_index=False)
    seq = models.BigIntegerField()
    kind = models.CharField(max_length=10, choices=MessageKind.choices)
    sender = models.ForeignKey(
        "org.Person", models.PROTECT, related_name="+", null=True, db_index=False
    )
    client_message_id = models.UUIDField(null=True)
    body = models.TextField(blank=True)
    event = models.JSONField(null=True)
    created_at = models.DateTimeField()
    recalled_at = models.DateTimeField(null=True)
    """Once set, the body is empty here and stands in MessageHistory only."""

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["conversation", "sender", "client_message_id"], name="message_once"
            ),
            models.CheckConstraint(condition=Q(seq__gte=1), name="message_seq_from_one"),
            models.CheckConstraint(
                condition=Q(kind=MessageKind.TEXT, event__isnull=True)
                | Q(kind=MessageKind.EVENT, event__isnull=False),
                name="message_event_has_content",
            ),
            models.CheckConstraint(
                condition=Q(recalled_at__isnull=True) | Q(body=""), name="message_recalled_is_empty"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.conversation_id}#{self.seq}"


class MessageHistory(models.Model):
    """The text a message had before it was recalled. Read by two people together only."""

    pk = models.CompositePrimaryKey("conversation_id", "seq")
    conversation = models.ForeignKey(Conversation, models.PROTECT, related_name="+", db_index=False)
    seq = models.BigIntegerField()
    body = models.TextField()
    recalled_by = models.ForeignKey("org.Person", models.PROTECT, related_name="+", db_index=False)
    recalled_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.conversation_id}#{self.seq}"
