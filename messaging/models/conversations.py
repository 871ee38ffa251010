"""Who talks where: conversations and the periods of their members."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from messaging.kinds import (
    Allowed,
    ConversationKind,
    MemberRole,
    MemberSource,
    NewcomersSee,
    UnitScope,
)


class Conversation(models.Model):
    """A log of entries numbered 1, 2, 3 … without a hole.

    The row is hot: whoever appends an entry holds its lock until the commit, which is
    what makes the numbers gapless and equal to the order of commits. So it stays narrow.
    """

    kind = models.CharField(max_length=10, choices=ConversationKind.choices)
    title = models.CharField(max_length=60, blank=True)
    direct_key = models.CharField(max_length=41, blank=True)
    """`<lower person id>:<higher person id>` of a direct conversation: one per pair."""
    unit = models.ForeignKey(
        "org.Unit", models.PROTECT, related_name="+", db_index=False, null=True
    )
    scope = models.CharField(max_length=8, choices=UnitScope.choices, blank=True, default="")
    is_virtual = models.BooleanField(default=False)
    """Whether org's appointments say who is in, and rows only tell what they cannot."""
    created_by = models.ForeignKey("org.Person", models.PROTECT, related_name="+", db_index=False)
    created_at = models.DateTimeField()
    last_seq = models.BigIntegerField(default=0)
    last_countable_seq = models.BigIntegerField(default=0)
    """The last entry that counts as unread; joins and the like do not."""
    last_at = models.DateTimeField()
    member_count = models.PositiveIntegerField(default=0)
    """Of a virtual conversation: as it was when its unit was last looked through."""
    dissolved_at = models.DateTimeField(null=True)
    """Once set, nothing is said or changed any more; members still read."""

    mute_all = models.BooleanField(default=False)
    """公告模式: only the owner and the administrators speak."""
    newcomers_see = models.CharField(
        max_length=10, choices=NewcomersSee.choices, default=NewcomersSee.NOTHING
    )
    inviting = models.CharField(max_length=8, choices=Allowed.choices, default=Allowed.MEMBERS)
    mentioning_all = models.CharField(max_length=8, choices=Allowed.choices, default=Allowed.ADMINS)
    recall_minutes = models.PositiveSmallIntegerField(default=2)
    edit_minutes = models.PositiveSmallIntegerField(default=15)
    forwarding = models.BooleanField(default=True)
    """Whether what is said here may be carried elsewhere."""
    watermark = models.BooleanField(default=False)
    """Whether screens show the reader's name across the conversation."""

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["direct_key"],
                condition=Q(kind=ConversationKind.DIRECT),
                name="conversation_direct_once",
            ),
            models.UniqueConstraint(
                fields=["unit", "scope"],
                condition=Q(kind=ConversationKind.UNIT, dissolved_at__isnull=True),
                name="conversation_unit_once",
            ),
            models.CheckConstraint(
                condition=Q(kind=ConversationKind.DIRECT, direct_key__contains=":")
                | Q(kind__in=[ConversationKind.GROUP, ConversationKind.UNIT], direct_key=""),
                name="conversation_direct_has_key",
            ),
            models.CheckConstraint(
                condition=Q(
                    kind=ConversationKind.UNIT, unit__isnull=False, scope__in=UnitScope.values
                )
                | Q(
                    kind__in=[ConversationKind.DIRECT, ConversationKind.GROUP],
                    unit__isnull=True,
                    scope="",
                ),
                name="conversation_unit_has_unit",
            ),
            models.CheckConstraint(
                # What lies below inner departments cannot be told by the range of the tree.
                condition=Q(is_virtual=False) | Q(scope=UnitScope.SUBTREE),
                name="conversation_virtual_is_subtree",
            ),
            models.CheckConstraint(
                condition=Q(last_seq__gte=F("last_countable_seq")),
                name="conversation_countable_within_log",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["unit"],
                condition=Q(kind=ConversationKind.UNIT),
                name="conversation_of_unit",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class Member(models.Model):
    """One period during which a person belongs to a conversation.

    It covers the entries joined_seq … left_seq. Closed periods are kept for ever, so that
    "who should have read this" stays exact after people come and go. Of a virtual conversation
    only those periods have rows that the appointments of now cannot tell
    (docs/adr/0021-membership.md); never read this table, read messaging.membership.
    """

    conversation = models.ForeignKey(
        Conversation, models.PROTECT, related_name="members", db_index=False
    )
    person = models.ForeignKey("org.Person", models.PROTECT, related_name="+", db_index=False)
    role = models.CharField(max_length=10, choices=MemberRole.choices, default=MemberRole.MEMBER)
    source = models.CharField(
        max_length=8, choices=MemberSource.choices, default=MemberSource.INVITED
    )
    joined_seq = models.BigIntegerField()
    left_seq = models.BigIntegerField(null=True)
    history_from_seq = models.BigIntegerField(null=True)
    """The first entry that may be read; null: joined_seq."""
    history_to_seq = models.BigIntegerField(null=True)
    """The last one; null: left_seq, where an entry of its own tells of the leaving."""

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


class NewcomersPast(models.Model):
    """What newcomers to a unit's conversation saw up to an entry; since the last it says so itself.

    Of a virtual conversation nothing is written when somebody joins: so the policy of then has to
    be known later.
    """

    conversation = models.ForeignKey(Conversation, models.PROTECT, related_name="+", db_index=False)
    until_seq = models.BigIntegerField()
    """The entry that tells of the change: whoever joined at it or before is judged by this."""
    newcomers_see = models.CharField(max_length=10, choices=NewcomersSee.choices)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["conversation", "until_seq"], name="newcomers_past_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.newcomers_see} until {self.until_seq} of {self.conversation_id}"


class GroupNotice(models.Model):
    """群公告: what stands above a conversation until it is taken down."""

    conversation = models.OneToOneField(
        Conversation, models.PROTECT, primary_key=True, related_name="+"
    )
    body = models.CharField(max_length=2000)
    published_by = models.ForeignKey("org.Person", models.PROTECT, related_name="+", db_index=False)
    published_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"notice of {self.conversation_id}"
