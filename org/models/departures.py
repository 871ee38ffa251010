"""What people who leave hand over, and to whom."""

from django.db import models
from django.db.models import Q

from org.kinds import DepartureReason, HandoverKind


class Handover(models.Model):
    """A person left: why and when, and who saw to it. One is open per person at most."""

    person = models.ForeignKey("org.Person", on_delete=models.PROTECT, related_name="+")
    # Of the last main post: whoever administers its people sees the handover through.
    unit = models.ForeignKey(
        "org.Unit", on_delete=models.PROTECT, null=True, db_index=False, related_name="+"
    )
    reason = models.CharField(max_length=10, choices=DepartureReason.choices)
    note = models.CharField(max_length=400, blank=True)
    left_at = models.DateTimeField()
    # Null for the platform itself.
    opened_by = models.ForeignKey(
        "org.Person", on_delete=models.PROTECT, null=True, db_index=False, related_name="+"
    )
    closed_at = models.DateTimeField(null=True)
    returned_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["unit", "-id"], name="org_handover_unit")]
        constraints = [
            models.UniqueConstraint(
                fields=["person"],
                condition=Q(returned_at__isnull=True),
                name="org_handover_once",
            ),
            models.CheckConstraint(
                condition=Q(reason__in=DepartureReason.values), name="org_handover_reason"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} {self.reason}"


class HandoverItem(models.Model):
    """One thing to see to: done once it is ticked off or has a successor."""

    handover = models.ForeignKey(Handover, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=10, choices=HandoverKind.choices)
    # What it is about within its kind: an id or a word of the app that told of it.
    subject = models.CharField(max_length=80)
    title = models.CharField(max_length=200)
    # Where it is seen to, inside this installation.
    address = models.CharField(max_length=200, blank=True)
    # Who must do what, where a successor alone does not settle it.
    advice = models.CharField(max_length=200, blank=True)
    successor = models.ForeignKey(
        "org.Person", on_delete=models.PROTECT, null=True, db_index=False, related_name="+"
    )
    done_at = models.DateTimeField(null=True)
    done_by = models.ForeignKey(
        "org.Person", on_delete=models.PROTECT, null=True, db_index=False, related_name="+"
    )

    # What the app made of it once a successor was named: what went over, and what did not.
    result = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["handover", "kind", "subject"], name="org_handover_item_once"
            ),
            models.CheckConstraint(
                condition=Q(kind__in=HandoverKind.values), name="org_handover_item_kind"
            ),
            models.CheckConstraint(
                condition=Q(done_by__isnull=True) | Q(done_at__isnull=False),
                name="org_handover_item_done",
            ),
        ]

    def __str__(self) -> str:
        return self.title
