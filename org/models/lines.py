"""Lines of work (条线) across the tree of units: who serves a line, and who stands above whom."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value

from org.kinds import LineRelationKind, LineRole


def _valid() -> Func:
    return Func(
        F("valid_from"),
        F("valid_to"),
        Value("[)"),
        function="tstzrange",
        output_field=DateTimeRangeField(),
    )


class Line(models.Model):
    """A field of work (教育, 卫健 …) below one unit, whose administrators keep the line."""

    root = models.ForeignKey("org.Unit", on_delete=models.PROTECT, related_name="+")
    code = models.CharField(max_length=32)
    name = models.CharField(max_length=60)
    sort = models.IntegerField(default=0)
    # Endings of names (教育厅, 教育局) by which units are proposed for the line.
    name_endings = models.JSONField(default=list)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["root", "code"], condition=Q(ended_at__isnull=True), name="org_line_code"
            ),
            models.UniqueConstraint(
                fields=["root", "name"], condition=Q(ended_at__isnull=True), name="org_line_name"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class LineUnit(models.Model):
    """A unit serves a line in one role for a while."""

    line = models.ForeignKey(Line, on_delete=models.PROTECT, related_name="+")
    unit = models.ForeignKey("org.Unit", on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=6, choices=LineRole.choices)
    valid_from = models.DateTimeField()
    valid_to = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            ExclusionConstraint(
                name="org_line_unit_no_overlap",
                expressions=[
                    ("line", RangeOperators.EQUAL),
                    ("unit", RangeOperators.EQUAL),
                    (_valid(), RangeOperators.OVERLAPS),
                ],
            ),
            models.CheckConstraint(condition=Q(role__in=LineRole.values), name="org_line_role"),
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gt=F("valid_from")),
                name="org_line_unit_dates",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.line_id} {self.role} {self.unit_id}"


class LineRelation(models.Model):
    """Within a line a lower unit answers to an upper one, in one way, for a while."""

    line = models.ForeignKey(Line, on_delete=models.PROTECT, related_name="+")
    lower = models.ForeignKey("org.Unit", on_delete=models.PROTECT, related_name="+")
    upper = models.ForeignKey("org.Unit", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10, choices=LineRelationKind.choices)
    valid_from = models.DateTimeField()
    valid_to = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            ExclusionConstraint(
                name="org_line_relation_no_overlap",
                expressions=[
                    ("line", RangeOperators.EQUAL),
                    ("lower", RangeOperators.EQUAL),
                    ("upper", RangeOperators.EQUAL),
                    (_valid(), RangeOperators.OVERLAPS),
                ],
            ),
            models.CheckConstraint(
                condition=Q(kind__in=LineRelationKind.values), name="org_line_relation_kind"
            ),
            models.CheckConstraint(condition=~Q(lower=F("upper")), name="org_line_not_above_self"),
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gt=F("valid_from")),
                name="org_line_relation_dates",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.lower_id} {self.kind} {self.upper_id}"
