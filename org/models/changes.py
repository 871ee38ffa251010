"""What happened to units and people, and how units stood before it."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from org.kinds import ChangeKind


class OrgChange(models.Model):
    """One change of the organisation: of what, by whom, on what basis, before and after.

    `before` and `after` hold what changed and nothing else, under the names of the columns.
    """

    kind = models.CharField(max_length=8, choices=ChangeKind.choices)
    unit = models.ForeignKey(
        "org.Unit", on_delete=models.PROTECT, null=True, db_index=False, related_name="+"
    )
    person = models.ForeignKey(
        "org.Person", on_delete=models.PROTECT, null=True, db_index=False, related_name="+"
    )
    # Null for the platform itself; the name says which part of it.
    actor_person = models.ForeignKey(
        "org.Person", on_delete=models.PROTECT, null=True, db_index=False, related_name="+"
    )
    actor_name = models.CharField(max_length=80)
    approved_by = models.ForeignKey(
        "org.Person", on_delete=models.PROTECT, null=True, db_index=False, related_name="+"
    )
    # The document that orders the change: its number or title.
    basis = models.CharField(max_length=200, blank=True)
    reorganisation_id = models.BigIntegerField(null=True)
    effective_at = models.DateTimeField()
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)

    class Meta:
        indexes = [
            models.Index(fields=["unit", "id"], name="org_change_unit"),
            models.Index(
                fields=["person", "id"],
                condition=Q(person__isnull=False),
                name="org_change_person",
            ),
            models.Index(
                fields=["reorganisation_id"],
                condition=Q(reorganisation_id__isnull=False),
                name="org_change_reorganisation",
            ),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=ChangeKind.values), name="org_change_kind"),
            models.CheckConstraint(
                condition=Q(unit__isnull=False) | Q(person__isnull=False), name="org_change_subject"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.unit_id or self.person_id}"


class UnitPast(models.Model):
    """How a unit stood from an instant until (not including) another, before its present state."""

    unit = models.ForeignKey("org.Unit", on_delete=models.PROTECT, db_index=False, related_name="+")
    parent = models.ForeignKey(
        "org.Unit", on_delete=models.PROTECT, null=True, db_index=False, related_name="+"
    )
    code = models.CharField(max_length=32)
    name = models.CharField(max_length=120)
    short_name = models.CharField(max_length=60, blank=True)
    other_names = ArrayField(models.CharField(max_length=120), default=list)
    kind = models.CharField(max_length=16)
    level = models.SmallIntegerField()
    sort = models.IntegerField()
    valid_from = models.DateTimeField()
    valid_to = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["parent", "valid_to"], name="org_past_parent"),
            models.Index(fields=["code"], name="org_past_code"),
            # For names by what they begin with, in any locale.
            models.Index(fields=["name"], opclasses=["varchar_pattern_ops"], name="org_past_name"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["unit", "valid_to"], name="org_past_once"),
            models.CheckConstraint(
                condition=Q(valid_to__gt=F("valid_from")), name="org_past_dates"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name} until {self.valid_to}"


class UnitSuccession(models.Model):
    """What an abolished unit did goes on in another; what a unit gave off came from it."""

    predecessor = models.ForeignKey("org.Unit", on_delete=models.PROTECT, related_name="+")
    successor = models.ForeignKey("org.Unit", on_delete=models.PROTECT, related_name="+")
    since = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["predecessor", "successor"], name="org_succession_once"
            ),
            models.CheckConstraint(
                condition=~Q(predecessor=F("successor")), name="org_succession_other"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.predecessor_id} → {self.successor_id}"
