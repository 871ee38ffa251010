"""DINGs to more people than one person calls alone: what was asked for, and what came of it."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from messaging.kinds import DingAudience, DingLevel
from messaging.models.conversations import Conversation
from messaging.models.dings import Ding


class DingRequest(models.Model):
    """Somebody may call so many once a second person has approved.

    How the request stands, and who decided it when, is told by org. The message's words are not
    kept here: who decides reads them where they stand, and not once they are recalled.
    """

    request = models.OneToOneField(
        "org.ReviewRequest", models.PROTECT, primary_key=True, related_name="+"
    )
    conversation = models.ForeignKey(Conversation, models.PROTECT, related_name="+", db_index=False)
    seq = models.BigIntegerField()
    sender = models.ForeignKey("org.Person", models.PROTECT, related_name="+", db_index=False)
    client_ding_id = models.UUIDField()
    # The account and the post acted from, so that the DING is opened by the same actor.
    account_id = models.BigIntegerField()
    appointment_id = models.BigIntegerField(null=True)
    audience = models.CharField(max_length=10, choices=DingAudience.choices)
    person_ids = ArrayField(models.BigIntegerField(), default=list)
    """Those who were named, of an audience of named people."""
    repeats = models.ForeignKey(Ding, models.PROTECT, related_name="+", null=True, db_index=False)
    """The DING whose people are called anew, if they are."""
    level = models.CharField(max_length=8, choices=DingLevel.choices)
    reason = models.CharField(max_length=400)
    targets = models.PositiveIntegerField()
    """How many it would have called when it was asked for."""
    asked_at = models.DateTimeField()
    ding = models.OneToOneField(Ding, models.PROTECT, related_name="+", null=True)
    """What was opened."""
    refusal = models.CharField(max_length=200, blank=True)
    """Why nothing could be opened although it was approved."""
    still_to_call = ArrayField(models.BigIntegerField(), default=list)
    """All whom the opened DING calls, by id, until each of them is."""
    told_at = models.DateTimeField(null=True)
    """Until when the sender's devices know how the DING stands, or will."""

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["sender", "client_ding_id"], name="ding_request_once"),
            models.CheckConstraint(
                condition=Q(ding__isnull=True) | Q(refusal=""), name="ding_request_ends_once"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["conversation", "seq"], name="ding_request_of_message"),
        ]

    def __str__(self) -> str:
        return f"{self.sender_id} asks to DING {self.conversation_id}#{self.seq}"
