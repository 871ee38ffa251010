"""Who of the directory is kept from whom: rules about units and people, and their exceptions."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from org.kinds import MaskedField, Scene, VisibilityEffect


class VisibilityRule(models.Model):
    """A unit with all below it, or one person, is hidden or shown in part, in some scenes.

    Whoever belongs to the subject or administers it is never bound; nobody else is let in but by
    an exception.
    """

    unit = models.ForeignKey("org.Unit", on_delete=models.PROTECT, null=True, related_name="+")
    person = models.ForeignKey("org.Person", on_delete=models.PROTECT, null=True, related_name="+")
    effect = models.CharField(max_length=8, choices=VisibilityEffect.choices)
    scenes = ArrayField(models.CharField(max_length=8, choices=Scene.choices))
    # What MASK covers; HIDE and RESTRICT cover everything there is.
    masked = ArrayField(models.CharField(max_length=12, choices=MaskedField.choices), default=list)
    reason = models.CharField(max_length=200, blank=True)
    made_by = models.ForeignKey("org.Person", on_delete=models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField()
    valid_from = models.DateTimeField()
    valid_to = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["valid_to", "valid_from"], name="org_visibility_live"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(unit__isnull=True) ^ Q(person__isnull=True),
                name="org_visibility_subject",
            ),
            models.CheckConstraint(
                condition=Q(effect__in=VisibilityEffect.values), name="org_visibility_effect"
            ),
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from")),
                name="org_visibility_dates",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.effect} {self.unit_id or self.person_id}"


class VisibilityException(models.Model):
    """A rule does not bind the people of a unit and all below it, one person, or one level."""

    rule = models.ForeignKey(VisibilityRule, on_delete=models.CASCADE, related_name="+")
    unit = models.ForeignKey("org.Unit", on_delete=models.PROTECT, null=True, related_name="+")
    person = models.ForeignKey("org.Person", on_delete=models.PROTECT, null=True, related_name="+")
    level = models.SmallIntegerField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(unit__isnull=False, person__isnull=True, level__isnull=True)
                | Q(unit__isnull=True, person__isnull=False, level__isnull=True)
                | Q(unit__isnull=True, person__isnull=True, level__range=(1, 6)),
                name="org_visibility_exception_one",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rule_id}: {self.unit_id or self.person_id or self.level}"
