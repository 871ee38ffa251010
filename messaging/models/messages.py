"""What was said: the entries of every conversation's log."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from messaging.kinds import MENTIONED_AT_MOST, MessageKind, Receipt, VersionEnd
from messaging.models.conversations import Conversation


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
    """Null: an application of the platform speaks, which its card names."""
    client_message_id = models.UUIDField(null=True)
    body = models.TextField(blank=True)
    event = models.JSONField(null=True)
    created_at = models.DateTimeField()
    edited_at = models.DateTimeField(null=True)
    recalled_at = models.DateTimeField(null=True)
    """Once set, nothing of the content is left here: it stands in MessageVersion only."""
    withdrawn_by_id = models.BigIntegerField(null=True)
    """Who recalled it as an administrator; null where its sender did."""
    reply_to_seq = models.BigIntegerField(null=True)
    mentions = ArrayField(models.BigIntegerField(), default=list)
    """Whom the message names, in the order of naming; Mention finds it from the person's side."""
    mention_all = models.BooleanField(default=False)
    receipt = models.CharField(max_length=8, choices=Receipt.choices, default=Receipt.LIST)
    file_id = models.BigIntegerField(null=True)
    forwarded = models.JSONField(null=True)
    """Whose words these are elsewhere, or of a record the number and first lines of its items."""
    card = models.JSONField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["conversation", "sender", "client_message_id"], name="message_once"
            ),
            models.CheckConstraint(condition=Q(seq__gte=1), name="message_seq_from_one"),
            models.CheckConstraint(
                condition=Q(kind=MessageKind.EVENT, event__isnull=False)
                | (~Q(kind=MessageKind.EVENT) & Q(event__isnull=True)),
                name="message_event_has_content",
            ),
            models.CheckConstraint(
                condition=Q(kind=MessageKind.CARD, card__isnull=False, recalled_at__isnull=True)
                | (
                    Q(card__isnull=True)
                    & (~Q(kind=MessageKind.CARD) | Q(recalled_at__isnull=False))
                ),
                name="message_card_has_content",
            ),
            models.CheckConstraint(
                condition=Q(
                    kind__in=[MessageKind.IMAGE, MessageKind.FILE],
                    file_id__isnull=False,
                    recalled_at__isnull=True,
                )
                | (
                    Q(file_id__isnull=True)
                    & (
                        ~Q(kind__in=[MessageKind.IMAGE, MessageKind.FILE])
                        | Q(recalled_at__isnull=False)
                    )
                ),
                name="message_file_has_file",
            ),
            models.CheckConstraint(
                condition=Q(recalled_at__isnull=True)
                | Q(body="", file_id__isnull=True, forwarded__isnull=True, mentions=[]),
                name="message_recalled_is_empty",
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_by_id__isnull=True) | Q(recalled_at__isnull=False),
                name="message_withdrawn_is_recalled",
            ),
            models.CheckConstraint(
                condition=Q(reply_to_seq__isnull=True) | Q(reply_to_seq__lt=models.F("seq")),
                name="message_replies_to_earlier",
            ),
            models.CheckConstraint(
                condition=Q(mentions__len__lte=MENTIONED_AT_MOST), name="message_mentions_bounded"
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["conversation", "seq"],
                condition=Q(mention_all=True),
                name="message_to_all",
            ),
            models.Index(
                fields=["conversation", "kind", "seq"],
                condition=Q(file_id__isnull=False),
                name="message_files",
            ),
            # What was said lately, wherever: what changes with every message, as a conversation's
            # own moment does, is not indexed, since its row could not be rewritten in place then.
            models.Index(fields=["created_at"], name="message_said_at"),
        ]

    def __str__(self) -> str:
        return f"{self.conversation_id}#{self.seq}"


class Mention(models.Model):
    """Somebody is named in a message that is not recalled: her unread ones are found by it."""

    pk = models.CompositePrimaryKey("conversation_id", "person_id", "seq")
    conversation = models.ForeignKey(Conversation, models.PROTECT, related_name="+", db_index=False)
    person = models.ForeignKey("org.Person", models.PROTECT, related_name="+", db_index=False)
    seq = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.person_id} in {self.conversation_id}#{self.seq}"


class MessageRecord(models.Model):
    """聊天记录: what a message of kind `record` carries from another conversation, as it was."""

    pk = models.CompositePrimaryKey("conversation_id", "seq")
    conversation = models.ForeignKey(Conversation, models.PROTECT, related_name="+", db_index=False)
    seq = models.BigIntegerField()
    items = models.JSONField()
    file_ids = ArrayField(models.BigIntegerField(), default=list)
    """The files among its items, for whoever hands them out."""

    def __str__(self) -> str:
        return f"{self.conversation_id}#{self.seq}"


class MessageVersion(models.Model):
    """What a message said before it was edited or recalled. Read by two people together only."""

    pk = models.CompositePrimaryKey("conversation_id", "seq", "version")
    conversation = models.ForeignKey(Conversation, models.PROTECT, related_name="+", db_index=False)
    seq = models.BigIntegerField()
    version = models.PositiveSmallIntegerField()
    body = models.TextField()
    file_id = models.BigIntegerField(null=True)
    content = models.JSONField(null=True)
    """Its mentions, and what was forwarded with it."""
    end = models.CharField(max_length=8, choices=VersionEnd.choices)
    ended_by = models.ForeignKey("org.Person", models.PROTECT, related_name="+", db_index=False)
    ended_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.conversation_id}#{self.seq} version {self.version}"


class Card(models.Model):
    """Where the card of some thing stands, so that it can change in place."""

    source = models.CharField(max_length=64)
    key = models.CharField(max_length=160)
    conversation = models.ForeignKey(Conversation, models.PROTECT, related_name="+", db_index=False)
    seq = models.BigIntegerField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["source", "key", "conversation"], name="card_once_in_conversation"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.key} at {self.conversation_id}#{self.seq}"


class HistoryReading(models.Model):
    """Somebody may read the kept versions of a message once a second person has approved.

    How the request stands, and who approved it when, is told by org.
    """

    request = models.OneToOneField(
        "org.ReviewRequest", models.PROTECT, primary_key=True, related_name="+"
    )
    conversation = models.ForeignKey(Conversation, models.PROTECT, related_name="+", db_index=False)
    seq = models.BigIntegerField()
    unit = models.ForeignKey("org.Unit", models.PROTECT, related_name="+", db_index=False)
    """The sender's, when it was asked: whoever asks administers it."""
    reason = models.CharField(max_length=400)
    asked_by = models.ForeignKey("org.Person", models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.asked_by_id} asks for {self.conversation_id}#{self.seq}"
