"""Who talks where: conversations and the periods of their members."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q


class ConversationKind(models.TextChoices):
    """What holds a conversation together."""

    DIRECT = "direct", "单聊"
    GROUP = "group", "群聊"


class MemberRole(models.TextChoices):
    """What a member may do to the conversation itself."""

    OWNER = "owner", "群主"
    MEMBER = "member", "成员"


class Conversation(models.Model):
    """A log of entries numbered 1, 2, 3 … without a hole.

    The row is hot: whoever appends an entry holds its lock until the commit, which is
    what makes the numbers gapless and equal to the order of commits.
    """

    kind = models.CharField(max_length=10, choices=ConversationKind.choices)
    title = models.CharField(max_length=60, blank=True)
    direct_key = models.CharField(max_length=41, blank=True)
    """`<lower person id>:<higher person id>` of a direct conversation: one per pair."""
    created_by = models.ForeignKey("org.Person", models.PROTECT, related_name="+", db_index=False)
    created_at = models.DateTimeField()
    last_seq = models.BigIntegerField(default=0)
    last_countable_seq = models.BigIntegerField(default=0)
    """The last entry that counts as unread; joins and the like do not."""
    last_at = models.DateTimeField()
    member_count = models.PositiveIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["direct_key"],
                condition=Q(kind=ConversationKind.DIRECT),
                name="conversation_direct_once",
            ),
            models.CheckConstraint(
                condition=Q(kind=ConversationKind.DIRECT, direct_key__contains=":")
                | Q(kind=ConversationKind.GROUP, direct_key=""),
                name="conversation_direct_has_key",
            ),
            models.CheckConstraint(
                condition=Q(last_seq__gte=F("last_countable_seq")),
                name="conversation_countable_within_log",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class Member(models.Model):
    """One period during which a person belongs to a conversation.

    It covers the entries joined_seq … left_seq. Closed periods are kept for ever, so that
    "who should have read this" stays exact after people come and go.
    """

    conversation = models.ForeignKey(
        Conversation, models.PROTECT, related_name="members", db_index=False
    )
    person = models.ForeignKey("org.Person", models.PROTECT, related_name="+", db_index=False)
    role = models.CharField(max_length=10, choices=MemberRole.choices, default=MemberRole.MEMBER)
    joined_seq = models.BigIntegerField()
    left_seq = models.BigIntegerField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["conversation", "person"],
                condition=Q(left_seq__isnull=True),
                name="member_present_once",
            ),
            models.CheckConstraint(
                condition=Q(left_seq__isnull=True) | Q(left_seq__gte=F("joined_seq")),
                name="member_leaves_after_joining",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["person", "conversation"],
                condition=Q(left_seq__isnull=True),
                name="member_present_of_person",
            ),
            models.Index(fields=["conversation", "person"], name="member_periods"),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} in {self.conversation_id}"
