"""Acts that wait for a second administrator."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from org.kinds import AdminRole, RequestKind, RequestState


class ReviewRequest(models.Model):
    """One administrator wants to act; another, who holds `role` over `unit`, decides.

    `payload` is what the act is called with again once it is approved.
    """

    kind = models.CharField(max_length=16, choices=RequestKind.choices)
    unit = models.ForeignKey("org.Unit", on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=10, choices=AdminRole.choices)
    payload = models.JSONField()
    summary = models.CharField(max_length=400)
    # Further lines of what will happen, as the requester's preview told them.
    effects = ArrayField(models.CharField(max_length=400), default=list)
    state = models.CharField(
        max_length=10, choices=RequestState.choices, default=RequestState.WAITING
    )
    requester = models.ForeignKey("org.Person", on_delete=models.PROTECT, related_name="+")
    # The account and the post acted from, so that the approved act has the same actor.
    account_id = models.BigIntegerField()
    appointment_id = models.BigIntegerField(null=True)
    asked_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    decided_by = models.ForeignKey(
        "org.Person", on_delete=models.PROTECT, null=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True)
    remark = models.CharField(max_length=400, blank=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["unit", "role"],
                condition=Q(state=RequestState.WAITING),
                name="org_request_waiting",
            ),
            models.Index(fields=["requester", "-id"], name="org_request_requester"),
            models.Index(fields=["decided_by", "-id"], name="org_request_decided"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=RequestKind.values), name="org_request_kind"
            ),
            models.CheckConstraint(
                condition=Q(state__in=RequestState.values), name="org_request_state"
            ),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True)
                | ~Q(decided_by=F("requester"))
                | Q(state=RequestState.WITHDRAWN),
                name="org_request_second_person",
            ),
            models.CheckConstraint(
                condition=Q(state=RequestState.WAITING, decided_at__isnull=True)
                | (~Q(state=RequestState.WAITING) & Q(decided_at__isnull=False)),
                name="org_request_decided_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.requester_id} {self.state}"
