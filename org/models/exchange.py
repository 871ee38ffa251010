"""Files that people and units are imported from and exported to, and what came of each."""

from django.db import models
from django.db.models import Q

from org.kinds import (
    ExchangeSubject,
    ExportState,
    FaultGravity,
    ImportMode,
    ImportOutcome,
    ImportState,
    PhoneReach,
)


class DirectoryImport(models.Model):
    """One uploaded file: how it was read, what it would do and whether it was done.

    The file itself lies in the store; no telephone number of it stands in these tables.
    """

    subject = models.CharField(max_length=8, choices=ExchangeSubject.choices)
    mode = models.CharField(max_length=8, choices=ImportMode.choices)
    state = models.CharField(max_length=12, choices=ImportState.choices)
    # What the file is about: nothing outside of it is touched.
    unit = models.ForeignKey("org.Unit", on_delete=models.PROTECT, related_name="+")
    file_name = models.CharField(max_length=160)
    file_format = models.CharField(max_length=4)
    file_key = models.CharField(max_length=160, blank=True)
    sha256 = models.CharField(max_length=64)
    size = models.IntegerField()
    sheet = models.CharField(max_length=120, blank=True)
    # Counted from 1 as spreadsheets do.
    header_row = models.IntegerField()
    row_count = models.IntegerField()
    headings = models.JSONField()
    samples = models.JSONField()
    # Field → index of the column.
    columns = models.JSONField(default=dict)
    counts = models.JSONField(default=dict)
    guarded = models.JSONField(default=list)
    error_count = models.IntegerField(default=0)
    note_count = models.IntegerField(default=0)
    plan_digest = models.CharField(max_length=64, blank=True)
    refusal = models.CharField(max_length=400, blank=True)
    uploaded_by = models.ForeignKey("org.Person", on_delete=models.PROTECT, related_name="+")
    account_id = models.BigIntegerField()
    appointment_id = models.BigIntegerField(null=True)
    approved_by = models.ForeignKey(
        "org.Person", on_delete=models.PROTECT, null=True, related_name="+"
    )
    review_request_id = models.BigIntegerField(null=True)
    uploaded_at = models.DateTimeField()
    checked_at = models.DateTimeField(null=True)
    confirmed_at = models.DateTimeField(null=True)
    cancel_asked_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["unit", "-id"], name="org_import_unit")]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=ImportState.values), name="org_import_state"
            ),
            models.CheckConstraint(condition=Q(mode__in=ImportMode.values), name="org_import_mode"),
            models.CheckConstraint(
                condition=Q(subject__in=ExchangeSubject.values), name="org_import_subject"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.file_name} {self.state}"


class ImportFault(models.Model):
    """What is wrong with one cell or row of a file."""

    batch = models.ForeignKey(DirectoryImport, on_delete=models.CASCADE, related_name="+")
    row = models.IntegerField()
    # Index of the column from 0; null where the row as a whole is meant.
    column = models.SmallIntegerField(null=True)
    heading = models.CharField(max_length=120, blank=True)
    code = models.CharField(max_length=40)
    gravity = models.CharField(max_length=8, choices=FaultGravity.choices)
    text = models.CharField(max_length=300)

    class Meta:
        indexes = [
            models.Index(fields=["batch", "row", "id"], name="org_fault_row"),
        ]

    def __str__(self) -> str:
        return f"{self.row} {self.code}"


class ImportLine(models.Model):
    """What one row of a file changes; rows that change nothing have none."""

    batch = models.ForeignKey(DirectoryImport, on_delete=models.CASCADE, related_name="+")
    # 0 for what is ended because no row names it.
    row = models.IntegerField()
    outcome = models.CharField(max_length=10, choices=ImportOutcome.choices)
    name = models.CharField(max_length=120)
    place = models.CharField(max_length=400)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)

    class Meta:
        indexes = [
            models.Index(fields=["batch", "outcome", "id"], name="org_line_outcome"),
        ]

    def __str__(self) -> str:
        return f"{self.outcome} {self.name}"


class ImportColumns(models.Model):
    """Which heading meant which field in a unit's last file, for the next time."""

    unit = models.ForeignKey("org.Unit", on_delete=models.CASCADE, related_name="+")
    subject = models.CharField(max_length=8, choices=ExchangeSubject.choices)
    headings = models.JSONField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["unit", "subject"], name="org_import_columns_once"),
        ]

    def __str__(self) -> str:
        return f"{self.unit_id} {self.subject}"


class DirectoryExport(models.Model):
    """One list of people or units that was asked for as a file."""

    subject = models.CharField(max_length=8, choices=ExchangeSubject.choices)
    unit = models.ForeignKey("org.Unit", on_delete=models.PROTECT, related_name="+")
    file_format = models.CharField(max_length=4)
    phones = models.CharField(max_length=8, choices=PhoneReach.choices)
    state = models.CharField(max_length=12, choices=ExportState.choices)
    file_name = models.CharField(max_length=160)
    file_key = models.CharField(max_length=160, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    size = models.IntegerField(default=0)
    row_count = models.IntegerField(default=0)
    refusal = models.CharField(max_length=400, blank=True)
    asked_by = models.ForeignKey("org.Person", on_delete=models.PROTECT, related_name="+")
    account_id = models.BigIntegerField()
    appointment_id = models.BigIntegerField(null=True)
    approved_by = models.ForeignKey(
        "org.Person", on_delete=models.PROTECT, null=True, related_name="+"
    )
    review_request_id = models.BigIntegerField(null=True)
    asked_at = models.DateTimeField()
    ready_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["unit", "-id"], name="org_export_unit")]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=ExportState.values), name="org_export_state"
            ),
            models.CheckConstraint(
                condition=Q(subject__in=ExchangeSubject.values), name="org_export_subject"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.file_name} {self.state}"
