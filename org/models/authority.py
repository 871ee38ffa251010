"""Who administers what, and from whom each has it."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import Q

from org.kinds import AdminRole


class AdminGrant(models.Model):
    """A person may act as administrator over a unit, alone or with all that is below it.

    With a line, only over units of the line; with a highest level, only over units of that level
    and below. `delegation_depth` says how often it may be passed on, one less each time.
    """

    person = models.ForeignKey("org.Person", on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=10, choices=AdminRole.choices)
    root = models.ForeignKey("org.Unit", on_delete=models.PROTECT, related_name="+")
    subtree = models.BooleanField(default=True)
    line = models.ForeignKey("org.Line", on_delete=models.PROTECT, null=True, related_name="+")
    highest_level = models.SmallIntegerField(null=True)
    delegation_depth = models.SmallIntegerField(default=0, db_default=0)
    granted_by = models.ForeignKey(
        "org.Person", on_delete=models.PROTECT, null=True, related_name="+"
    )
    # The grantor's own grant; null where the platform granted. Revoking one ends what hangs
    # from it.
    passed_on_from = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, related_name="+"
    )
    reason = models.CharField(max_length=200, blank=True, default="", db_default="")
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.ForeignKey(
        "org.Person", on_delete=models.PROTECT, null=True, related_name="+"
    )

    class Meta:
        constraints = [
            # 三员分立: one person is never two of system, security and audit administrator. An
            # expired grant still counts until it is revoked: an index can't read a clock.
            ExclusionConstraint(
                name="org_grant_three_officers",
                expressions=[
                    ("person", RangeOperators.EQUAL),
                    ("role", RangeOperators.NOT_EQUAL),
                ],
                condition=Q(role__in=["system", "security", "audit"], revoked_at__isnull=True),
            ),
            models.UniqueConstraint(
                fields=["person", "role", "root", "line"],
                condition=Q(revoked_at__isnull=True),
                nulls_distinct=False,
                name="org_grant_once",
            ),
            models.CheckConstraint(condition=Q(role__in=AdminRole.values), name="org_grant_role"),
            models.CheckConstraint(
                condition=Q(delegation_depth__range=(0, 5)), name="org_grant_depth"
            ),
            models.CheckConstraint(
                condition=Q(highest_level__isnull=True) | Q(highest_level__range=(1, 6)),
                name="org_grant_highest_level",
            ),
            models.CheckConstraint(
                condition=Q(granted_by__isnull=True) | ~Q(granted_by=models.F("person")),
                name="org_grant_not_to_oneself",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.role} {self.person_id} {self.root_id}"
