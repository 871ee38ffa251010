"""DING: who is called to confirm a message, what was done to reach him, and how it ended."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from messaging.kinds import DingLevel, DingState, DingStep, StepOutcome
from messaging.models.conversations import Conversation


class Ding(models.Model):
    """One call to confirm a message."""

    conversation = models.ForeignKey(Conversation, models.PROTECT, related_name="+", db_index=False)
    seq = models.BigIntegerField()
    sender = models.ForeignKey("org.Person", models.PROTECT, related_name="+", db_index=False)
    client_ding_id = models.UUIDField()
    level = models.CharField(max_length=8, choices=DingLevel.choices)
    steps = models.JSONField()
    """[{"step", "due_at"}]: the ladder as the settings had it when the DING was opened."""
    opened_at = models.DateTimeField()
    closes_at = models.DateTimeField()
    """When whoever has not confirmed counts as not having confirmed."""
    recalled_at = models.DateTimeField(null=True)
    is_wide = models.BooleanField(default=False, db_default=False)
    """Whether it calls so many that whatever concerns all of them is done part by part."""

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["sender", "client_ding_id"], name="ding_once"),
            models.CheckConstraint(
                condition=Q(closes_at__gt=F("opened_at")), name="ding_closes_after_opening"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["conversation", "seq"], name="ding_of_message"),
            models.Index(fields=["sender", "-id"], name="ding_of_sender"),
        ]

    def __str__(self) -> str:
        return f"DING {self.pk} of {self.conversation_id}#{self.seq}"


class DingTarget(models.Model):
    """Somebody a DING calls. Once its state is another than pending it stays as it is."""

    pk = models.CompositePrimaryKey("ding_id", "person_id")
    ding = models.ForeignKey(Ding, models.PROTECT, related_name="+", db_index=False)
    person = models.ForeignKey("org.Person", models.PROTECT, related_name="+", db_index=False)
    state = models.CharField(max_length=12, choices=DingState.choices, default=DingState.PENDING)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(state=DingState.PENDING, ended_at__isnull=True)
                | (~Q(state=DingState.PENDING) & Q(ended_at__isnull=False)),
                name="ding_target_ends_once",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["person", "-ding"], name="ding_target_of_person"),
            models.Index(
                fields=["person"], condition=Q(state="pending"), name="ding_pending_of_person"
            ),
            models.Index(fields=["ding"], condition=Q(state="pending"), name="ding_pending"),
        ]

    def __str__(self) -> str:
        return f"DING {self.ding_id} to {self.person_id}"


class DingEvidence(models.Model):
    """What was done on one rung for one person, and, as the step `end`, how it ended."""

    pk = models.CompositePrimaryKey("ding_id", "person_id", "step")
    ding = models.ForeignKey(Ding, models.PROTECT, related_name="+", db_index=False)
    person = models.ForeignKey("org.Person", models.PROTECT, related_name="+", db_index=False)
    step = models.CharField(max_length=8, choices=DingStep.choices)
    outcome = models.CharField(max_length=10, choices=StepOutcome.choices)
    said = models.CharField(max_length=200)
    """The evidence in words."""
    reference = models.CharField(max_length=120, blank=True)
    """The channel's own number of the delivery."""
    to_person = models.ForeignKey(
        "org.Person", models.PROTECT, related_name="+", null=True, db_index=False
    )
    """Who was told instead of the person: the officer on duty, the leader."""
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"DING {self.ding_id} to {self.person_id}: {self.step}"


class DutyShift(models.Model):
    """Somebody is on duty for a unit, and for all below it that has nobody of its own."""

    unit = models.ForeignKey("org.Unit", models.PROTECT, related_name="+", db_index=False)
    person = models.ForeignKey("org.Person", models.PROTECT, related_name="+", db_index=False)
    begins_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    set_by = models.ForeignKey("org.Person", models.PROTECT, related_name="+", db_index=False)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("begins_at")), name="duty_shift_has_length"
            ),
            models.UniqueConstraint(fields=["unit", "person", "begins_at"], name="duty_shift_once"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["unit", "ends_at"], name="duty_shift_of_unit"),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} on duty for {self.unit_id}"
