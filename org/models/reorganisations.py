"""Reorganisations (机构改革): drafted step by step, approved by a second person, done at once."""

from django.db import models
from django.db.models import Deferrable, F, Q

from org.kinds import ReorganisationStatus, StepKind


class Reorganisation(models.Model):
    """Changes to the units below one scope that take effect together or not at all.

    `revision` counts the changes of the draft: whoever edits or approves says which one he read.
    """

    title = models.CharField(max_length=120)
    basis = models.CharField(max_length=120, blank=True)
    scope = models.ForeignKey("org.Unit", on_delete=models.PROTECT, related_name="+")
    status = models.CharField(
        max_length=9, choices=ReorganisationStatus.choices, default=ReorganisationStatus.DRAFT
    )
    revision = models.PositiveIntegerField(default=1)
    drafted_by = models.ForeignKey("org.Person", on_delete=models.PROTECT, related_name="+")
    drafted_at = models.DateTimeField()
    submitted_at = models.DateTimeField(null=True)
    approved_by = models.ForeignKey(
        "org.Person", on_delete=models.PROTECT, null=True, related_name="+"
    )
    approved_at = models.DateTimeField(null=True)
    effective_at = models.DateTimeField(null=True)
    # Why it was rejected, withdrawn or failed; empty otherwise.
    reason = models.TextField(blank=True)
    failed_step = models.PositiveIntegerField(null=True)
    # What it touched, before and after, as it was carried out.
    outcome = models.JSONField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=ReorganisationStatus.values),
                name="org_reorganisation_status",
            ),
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True) | ~Q(approved_by=F("drafted_by")),
                name="org_reorganisation_second_person",
            ),
        ]

    def __str__(self) -> str:
        return self.title


class ReorganisationEvent(models.Model):
    """Something that befell a reorganisation: its timeline, oldest first by id."""

    reorganisation = models.ForeignKey(Reorganisation, on_delete=models.PROTECT, related_name="+")
    status = models.CharField(max_length=9, choices=ReorganisationStatus.choices)
    person = models.ForeignKey("org.Person", on_delete=models.PROTECT, null=True, related_name="+")
    remark = models.TextField(blank=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.reorganisation_id} {self.status}"


class ReorganisationStep(models.Model):
    """One change of a reorganisation; what it needs is in `payload`, typed by its kind."""

    reorganisation = models.ForeignKey(Reorganisation, on_delete=models.CASCADE, related_name="+")
    position = models.PositiveIntegerField()
    kind = models.CharField(max_length=8, choices=StepKind.choices)
    payload = models.JSONField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["reorganisation", "position"],
                deferrable=Deferrable.DEFERRED,
                name="org_reorganisation_position",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=StepKind.values), name="org_reorganisation_step_kind"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reorganisation_id}/{self.position} {self.kind}"
