"""Tokens of the systems that provision the directory (SCIM 2.0), and what those call things."""

from django.db import models
from django.db.models import F, Q


class ScimToken(models.Model):
    """A bearer token for one subtree; only its digest is kept."""

    name = models.CharField(max_length=60)
    digest = models.BinaryField(unique=True)
    root = models.ForeignKey("org.Unit", on_delete=models.PROTECT, related_name="+")
    # Null for the platform itself. The token is worth what this person's rights are worth.
    created_by = models.ForeignKey(
        "org.Person", on_delete=models.PROTECT, null=True, related_name="+"
    )
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("created_at")), name="org_scim_token_dates"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ScimTouch(models.Model):
    """When a maker's tokens last moved, disabled or sent away a person."""

    maker = models.ForeignKey("org.Person", on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey("org.Person", on_delete=models.PROTECT, related_name="+")
    touched_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["maker", "person"], name="org_scim_touch_once"),
        ]
        indexes = [models.Index(fields=["maker", "touched_at"], name="org_scim_touch_lately")]

    def __str__(self) -> str:
        return f"{self.maker_id} {self.person_id}"


class ScimUser(models.Model):
    """What provisioning systems say of a person beyond what the directory itself keeps."""

    person = models.OneToOneField(
        "org.Person", on_delete=models.PROTECT, primary_key=True, related_name="+"
    )
    external_id = models.CharField(max_length=200, blank=True)
    # "said": the attributes as they were sent; "kept": what the directory made of those that it
    # has columns for. Where the directory has changed meanwhile, what was said is out of date.
    attributes = models.JSONField(default=dict)
    created_at = models.DateTimeField()
    modified_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(
                fields=["external_id"],
                condition=~Q(external_id=""),
                name="org_scim_user_external",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} {self.external_id}"


class ScimGroup(models.Model):
    """What provisioning systems call a unit."""

    unit = models.OneToOneField(
        "org.Unit", on_delete=models.PROTECT, primary_key=True, related_name="+"
    )
    external_id = models.CharField(max_length=200, blank=True)
    # Only units that came this way go this way.
    was_provisioned = models.BooleanField(default=False)
    modified_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(
                fields=["external_id"],
                condition=~Q(external_id=""),
                name="org_scim_group_external",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.unit_id} {self.external_id}"
