"""How people want their conversations: pinned, silent, and when not to be disturbed."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from messaging.kinds import NotificationLevel
from messaging.models.conversations import Conversation


class MemberSetting(models.Model):
    """What one person set for one conversation; absent while all is as it comes.

    It is not the membership's: it holds in virtual conversations, and again for whoever returns.
    """

    pk = models.CompositePrimaryKey("person_id", "conversation_id")
    person = models.ForeignKey("org.Person", models.PROTECT, related_name="+", db_index=False)
    conversation = models.ForeignKey(Conversation, models.PROTECT, related_name="+", db_index=False)
    pinned_at = models.DateTimeField(null=True)
    level = models.CharField(
        max_length=8, choices=NotificationLevel.choices, default=NotificationLevel.ALL
    )

    class Meta:
        indexes: ClassVar = [
            models.Index(
                fields=["person"], condition=Q(pinned_at__isnull=False), name="setting_pinned"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} on {self.conversation_id}"


class QuietHours(models.Model):
    """The hours of a day in which a person's devices stay silent, but for DING."""

    person = models.OneToOneField("org.Person", models.PROTECT, primary_key=True, related_name="+")
    begins = models.TimeField()
    ends = models.TimeField()
    """Before `begins`: on the next day."""

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(begins=F("ends")), name="quiet_hours_not_empty"),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} {self.begins}-{self.ends}"


class HiddenPresence(models.Model):
    """Somebody wants nobody to see whether she is online; absent where she does not mind."""

    person = models.OneToOneField("org.Person", models.PROTECT, primary_key=True, related_name="+")
    hidden_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.person_id} since {self.hidden_at}"
