"""The audit chain's tables. Rows are only ever added; a trigger refuses the rest."""

from django.contrib.postgres.indexes import BrinIndex
from django.db import models


class AuditEntry(models.Model):
    """One act, chained by digest to the one before it in the same chain."""

    chain = models.PositiveSmallIntegerField()
    seq = models.BigIntegerField()
    at = models.DateTimeField()
    action = models.CharField(max_length=80)
    actor_kind = models.CharField(max_length=10)
    actor_name = models.CharField(max_length=100)
    account_id = models.BigIntegerField(null=True)
    person_id = models.BigIntegerField(null=True)
    appointment_id = models.BigIntegerField(null=True)
    app_id = models.BigIntegerField(null=True)
    object_kind = models.CharField(max_length=40)
    object_id = models.CharField(max_length=80)
    unit_id = models.BigIntegerField(null=True)
    detail = models.JSONField(default=dict)
    request_id = models.CharField(max_length=64, blank=True)
    address = models.CharField(max_length=64, blank=True)
    previous_digest = models.BinaryField(max_length=32)
    digest = models.BinaryField(max_length=32)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["chain", "seq"], name="audit_entry_seq_once"),
        ]
        indexes = [
            BrinIndex(fields=["at"], name="audit_entry_at"),
            models.Index(fields=["object_kind", "object_id"], name="audit_entry_object"),
            models.Index(fields=["person_id", "-id"], name="audit_entry_person"),
            models.Index(fields=["action", "-id"], name="audit_entry_action"),
        ]

    def __str__(self) -> str:
        return f"{self.chain}:{self.seq} {self.action}"


class AuditHead(models.Model):
    """Where each chain stands. Locked by every act of that chain until its commit."""

    chain = models.PositiveSmallIntegerField(primary_key=True)
    seq = models.BigIntegerField(default=0)
    digest = models.BinaryField(max_length=32)

    def __str__(self) -> str:
        return f"{self.chain}@{self.seq}"


class AuditSeal(models.Model):
    """What one seal says; the object store holds the same text, locked."""

    number = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField()
    content = models.TextField()
    version_id = models.CharField(max_length=200)

    def __str__(self) -> str:
        return f"seal {self.number}"


class AuditCheck(models.Model):
    """One walk along the chains that somebody asked for, and how far it has come."""

    asked_by = models.CharField(max_length=100)
    asked_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    done = models.BigIntegerField(default=0)
    total = models.BigIntegerField(default=0)
    sealed_at = models.DateTimeField(null=True)
    faults = models.JSONField(default=list)
    failure = models.CharField(max_length=200, blank=True)

    def __str__(self) -> str:
        return f"check {self.pk} {self.done}/{self.total}"
