"""The tables of mini-apps; imported by miniapps' own policies, queries and services only."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from oauth2_provider.models import AbstractApplication


class OAuthApplication(AbstractApplication):  # type: ignore[misc]  # untyped base class
    """The OAuth client of one mini-app: confidential, codes and client credentials only.

    `client_secret` holds `sha256$<hex>` of 256 random bits, so `hash_client_secret` is off:
    the toolkit would run a password hasher of half a second on every token call.
    """

    user = None
    """The toolkit's owner column: dropped, an app belongs to its unit and its developers."""

    objects: ClassVar[models.Manager["OAuthApplication"]] = models.Manager()

    class Meta(AbstractApplication.Meta):  # type: ignore[misc]  # untyped base class
        verbose_name = "OAuth 客户端"

    def allows_grant_type(self, *grant_types: str) -> bool:
        """Whether one of the types is a code's or the client's own."""
        return bool(
            {self.GRANT_AUTHORIZATION_CODE, self.GRANT_CLIENT_CREDENTIALS}.intersection(grant_types)
        )

    def redirect_uri_allowed(self, uri: str) -> bool:
        """Whether the address is registered, character by character (RFC 9700, 4.1.3)."""
        return uri in self.redirect_uris.split()

    def get_allowed_schemes(self) -> list[str]:
        """https, and http where this is a local deployment (loopback only, see manifests)."""
        return ["https", "http"] if settings.MINIAPPS_LOOPBACK else ["https"]


class Category(models.TextChoices):
    """What an app is for; the workbench groups its tiles by it."""

    OFFICE = "office", "协同办公"
    GOVERNANCE = "governance", "基层治理"
    SERVICE = "service", "民生服务"
    ENFORCEMENT = "enforcement", "执法监管"
    EMERGENCY = "emergency", "应急值守"
    OTHER = "other", "其他应用"


class ReleaseState(models.TextChoices):
    """How far a release got: upwards until published, and the ways it ends."""

    DRAFT = "draft", "草稿"
    SUBMITTED = "submitted", "待审核"
    REVIEWING = "reviewing", "审核中"
    APPROVED = "approved", "待上架"
    PUBLISHED = "published", "已上架"
    SUPERSEDED = "superseded", "已被替代"
    REJECTED = "rejected", "已驳回"
    SUSPENDED = "suspended", "已停用"
    RETIRED = "retired", "已下架"


class RuleEffect(models.TextChoices):
    """What a rule does to the people it matches."""

    ALLOW = "allow", "可见"
    DENY = "deny", "不可见"


class RuleSubject(models.TextChoices):
    """Whom a rule speaks of."""

    ALL = "all", "全体人员"
    SUBTREE = "subtree", "单位及下级"
    UNIT = "unit", "仅本单位"
    PERSON = "person", "个人"


class Verdict(models.TextChoices):
    """What a reviewer decided."""

    APPROVED = "approved", "通过"
    REJECTED = "rejected", "驳回"


class MiniApp(models.Model):
    """A tool that a unit offers, whatever its releases say. Name and icon follow the release
    that is published (until then, the newest)."""

    app_id = models.CharField(max_length=120, unique=True)
    name = models.CharField(max_length=30)
    category = models.CharField(max_length=12, choices=Category.choices)
    icon = models.TextField(blank=True)
    owner_unit = models.ForeignKey("org.Unit", on_delete=models.PROTECT, related_name="+")
    oauth_client = models.OneToOneField(
        OAuthApplication, on_delete=models.PROTECT, related_name="mini_app"
    )
    registered_by = models.ForeignKey("org.Person", on_delete=models.PROTECT, related_name="+")
    registered_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(category__in=Category.values), name="miniapps_app_category"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["owner_unit"], name="miniapps_app_owner")]

    def __str__(self) -> str:
        return self.app_id


class Developer(models.Model):
    """A person who belongs to an app, and so never reviews it (trigger in 0002)."""

    app = models.ForeignKey(MiniApp, on_delete=models.CASCADE, related_name="developers")
    person = models.ForeignKey("org.Person", on_delete=models.PROTECT, related_name="+")
    since = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["app", "person"], name="miniapps_developer_once"),
        ]
        indexes: ClassVar = [models.Index(fields=["person"], name="miniapps_developer_person")]

    def __str__(self) -> str:
        return f"{self.app_id}:{self.person_id}"


class Release(models.Model):
    """One version of an app: its manifest as it was handed in, and how far it got."""

    app = models.ForeignKey(MiniApp, on_delete=models.CASCADE, related_name="releases")
    version_code = models.IntegerField()
    version_name = models.CharField(max_length=40)
    manifest = models.JSONField()
    digest = models.CharField(max_length=64)
    state = models.CharField(
        max_length=10, choices=ReleaseState.choices, default=ReleaseState.DRAFT
    )
    reviewer = models.ForeignKey(
        "org.Person", on_delete=models.PROTECT, null=True, related_name="+"
    )
    drafted_by = models.ForeignKey("org.Person", on_delete=models.PROTECT, related_name="+")
    drafted_at = models.DateTimeField()
    submitted_at = models.DateTimeField(null=True)
    published_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    end_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["app", "version_code"], name="miniapps_release_version_once"
            ),
            models.UniqueConstraint(
                fields=["app"],
                condition=Q(state="published"),
                name="miniapps_release_one_published",
            ),
            models.CheckConstraint(
                condition=Q(state__in=ReleaseState.values), name="miniapps_release_state"
            ),
            models.CheckConstraint(
                condition=~Q(state="published") | Q(published_at__isnull=False),
                name="miniapps_release_published_at",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["submitted_at"],
                condition=Q(state__in=["submitted", "reviewing"]),
                name="miniapps_release_queue",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.app_id}@{self.version_code}"


class Review(models.Model):
    """What a reviewer decided about a release, and why."""

    release = models.ForeignKey(Release, on_delete=models.CASCADE, related_name="reviews")
    reviewer = models.ForeignKey("org.Person", on_delete=models.PROTECT, related_name="+")
    verdict = models.CharField(max_length=8, choices=Verdict.choices)
    remark = models.CharField(max_length=500, blank=True)
    decided_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(verdict__in=Verdict.values), name="miniapps_review_verdict"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.release_id}:{self.verdict}"


class AudienceRule(models.Model):
    """Who sees a release once it is published. One deny outweighs every allow."""

    release = models.ForeignKey(Release, on_delete=models.CASCADE, related_name="audience")
    effect = models.CharField(max_length=5, choices=RuleEffect.choices)
    subject = models.CharField(max_length=7, choices=RuleSubject.choices)
    unit = models.ForeignKey("org.Unit", on_delete=models.PROTECT, null=True, related_name="+")
    person = models.ForeignKey("org.Person", on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(subject="all", unit__isnull=True, person__isnull=True)
                | Q(subject__in=["subtree", "unit"], unit__isnull=False, person__isnull=True)
                | Q(subject="person", unit__isnull=True, person__isnull=False),
                name="miniapps_rule_subject",
            ),
            models.CheckConstraint(
                condition=Q(effect__in=RuleEffect.values), name="miniapps_rule_effect"
            ),
            models.UniqueConstraint(
                fields=["release", "effect", "subject", "unit", "person"],
                nulls_distinct=False,
                name="miniapps_rule_once",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["unit", "subject"], name="miniapps_rule_unit")]

    def __str__(self) -> str:
        return f"{self.effect} {self.subject}"


class Grant(models.Model):
    """A scope the app holds, for a range of the organisation, until it ends or is withdrawn."""

    app = models.ForeignKey(MiniApp, on_delete=models.CASCADE, related_name="grants")
    scope = models.CharField(max_length=40)
    org_range = models.CharField(max_length=14)
    granted_by = models.ForeignKey("org.Person", on_delete=models.PROTECT, related_name="+")
    granted_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["app", "scope"],
                condition=Q(withdrawn_at__isnull=True),
                name="miniapps_grant_once",
            ),
            models.CheckConstraint(
                condition=Q(org_range__in=["self", "owner_unit", "owner_subtree", "audience"]),
                name="miniapps_grant_range",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.app_id}:{self.scope}"


class Subject(models.Model):
    """The name under which one app knows one person. Random, so two apps can't compare."""

    app = models.ForeignKey(MiniApp, on_delete=models.CASCADE, related_name="subjects")
    person = models.ForeignKey("org.Person", on_delete=models.PROTECT, related_name="+")
    sub = models.CharField(max_length=40, unique=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["app", "person"], name="miniapps_subject_once"),
        ]

    def __str__(self) -> str:
        return self.sub


class RedeemedCode(models.Model):
    """An authorization code that was exchanged. A second exchange kills what it bought."""

    client = models.ForeignKey(OAuthApplication, on_delete=models.CASCADE, related_name="+")
    code_digest = models.CharField(max_length=64, unique=True)
    access_checksum = models.CharField(max_length=64)
    token_family = models.UUIDField(null=True)
    """The chain of refresh tokens that began with the code."""
    redeemed_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["redeemed_at"], name="miniapps_code_redeemed")]

    def __str__(self) -> str:
        return f"{self.client_id}@{self.redeemed_at:%Y-%m-%d %H:%M}"


class Opening(models.Model):
    """How often and when last a person opened an app from the workbench."""

    app = models.ForeignKey(MiniApp, on_delete=models.CASCADE, related_name="openings")
    person = models.ForeignKey("org.Person", on_delete=models.PROTECT, related_name="+")
    times = models.IntegerField(default=1)
    last_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["person", "app"], name="miniapps_opening_once"),
        ]

    def __str__(self) -> str:
        return f"{self.app_id}:{self.person_id}"
