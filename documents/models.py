"""The tables of official documents: drafts, numbers, frozen versions, dispatch, who read.

Versions are only ever added, and a document that has left its drafter's hands keeps its text:
triggers in the migrations refuse the rest.
"""

from django.db import models
from django.db.models import F, Q


class DocumentType(models.TextChoices):
    """The fifteen kinds of 《党政机关公文处理工作条例》 Art. 8; NOTICE is offered so far."""

    RESOLUTION = "resolution", "决议"
    DECISION = "decision", "决定"
    ORDER = "order", "命令（令）"
    COMMUNIQUE = "communique", "公报"
    ANNOUNCEMENT = "announcement", "公告"
    PUBLIC_NOTICE = "public_notice", "通告"
    OPINION = "opinion", "意见"
    NOTICE = "notice", "通知"
    CIRCULAR = "circular", "通报"
    REPORT = "report", "报告"
    REQUEST = "request", "请示"
    REPLY = "reply", "批复"
    MOTION = "motion", "议案"
    LETTER = "letter", "函"
    MINUTES = "minutes", "纪要"


class Classification(models.TextChoices):
    """What may be kept here. 秘密 and above have no value: they cannot be stored."""

    PUBLIC = "public", "公开"
    INTERNAL = "internal", "内部"


class Urgency(models.TextChoices):
    """How soon it must be handled; nothing is printed for ordinary ones."""

    NORMAL = "", "平件"
    URGENT = "urgent", "加急"
    CRITICAL = "critical", "特急"


class DocumentState(models.TextChoices):
    """How far a document has come."""

    DRAFT = "draft", "草稿"
    IN_REVIEW = "in_review", "核签中"
    RETURNED = "returned", "退回修改"
    SIGNED = "signed", "已签发"
    NUMBERED = "numbered", "印制中"
    ISSUED = "issued", "已印发"


EDITABLE = (DocumentState.DRAFT, DocumentState.RETURNED)
SETTLED = (DocumentState.SIGNED, DocumentState.NUMBERED, DocumentState.ISSUED)


class IssuingUnit(models.Model):
    """An organ registered to issue documents (Art. 37), with what stands on its letterhead."""

    unit = models.OneToOneField("org.Unit", on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=60)
    mark = models.CharField(max_length=60)
    agency_code = models.CharField(max_length=20)
    registered_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(name="") & ~Q(mark="") & ~Q(agency_code=""),
                name="documents_issuing_unit_named",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Document(models.Model):
    """An official document from its first draft on."""

    issuing_unit = models.ForeignKey(IssuingUnit, on_delete=models.PROTECT, related_name="+")
    document_type = models.CharField(max_length=14, choices=DocumentType.choices)
    title = models.CharField(max_length=120)
    body = models.TextField()
    note = models.CharField(max_length=200, blank=True)
    classification = models.CharField(max_length=10, choices=Classification.choices)
    urgency = models.CharField(max_length=10, choices=Urgency.choices, blank=True)
    state = models.CharField(max_length=10, choices=DocumentState.choices)
    # Counts the changes of the text; a case decides about one revision by its digest.
    revision = models.PositiveIntegerField(default=1)
    digest = models.CharField(max_length=64)
    drafter = models.ForeignKey("org.Person", on_delete=models.PROTECT, related_name="+")
    drafter_unit = models.ForeignKey("org.Unit", on_delete=models.PROTECT, related_name="+")
    case = models.ForeignKey(
        "approvals.Case", on_delete=models.PROTECT, null=True, related_name="+"
    )
    signatory = models.ForeignKey(
        "org.Person", on_delete=models.PROTECT, null=True, related_name="+"
    )
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    signed_at = models.DateTimeField(null=True)
    issued_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["drafter", "-id"], name="documents_document_drafter"),
            models.Index(
                fields=["issuing_unit", "-id"],
                condition=Q(state__in=SETTLED),
                name="documents_document_settled",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(document_type__in=DocumentType.values), name="documents_document_type"
            ),
            models.CheckConstraint(
                condition=Q(classification__in=Classification.values),
                name="documents_document_ceiling",
            ),
            models.CheckConstraint(
                condition=Q(urgency__in=Urgency.values), name="documents_document_urgency"
            ),
            models.CheckConstraint(
                condition=Q(state__in=DocumentState.values), name="documents_document_state"
            ),
            models.CheckConstraint(
                condition=Q(state__in=SETTLED, signed_at__isnull=False, signatory__isnull=False)
                | (~Q(state__in=SETTLED) & Q(signed_at__isnull=True, signatory__isnull=True)),
                name="documents_document_signed",
            ),
            models.CheckConstraint(
                condition=Q(state=DocumentState.ISSUED, issued_at__isnull=False)
                | (~Q(state=DocumentState.ISSUED) & Q(issued_at__isnull=True)),
                name="documents_document_issued",
            ),
        ]

    def __str__(self) -> str:
        return self.title


class RecipientRole(models.TextChoices):
    """Whether a unit is to act or to know."""

    MAIN = "main", "主送"
    CC = "cc", "抄送"


class Recipient(models.Model):
    """A unit that the document is addressed to, in the order of the paper."""

    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="+")
    unit = models.ForeignKey("org.Unit", on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=4, choices=RecipientRole.choices)
    position = models.PositiveSmallIntegerField()
    # As the paper names it: a later change of the unit's name leaves the document as signed.
    name = models.CharField(max_length=200)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["document", "unit"], name="documents_recipient_once"),
            models.UniqueConstraint(
                fields=["document", "role", "position"], name="documents_recipient_position"
            ),
            models.CheckConstraint(
                condition=Q(role__in=RecipientRole.values), name="documents_recipient_role"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class PartRole(models.TextChoices):
    """What a person was asked to do with a draft."""

    REVIEWER = "reviewer", "核稿"
    COUNTERSIGNER = "countersigner", "会签"
    SIGNATORY = "signatory", "签发"


class Participant(models.Model):
    """A person whom the drafter asked to review, countersign or sign."""

    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="+")
    person = models.ForeignKey("org.Person", on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=14, choices=PartRole.choices)

    class Meta:
        indexes = [models.Index(fields=["person", "-document"], name="documents_participant_docs")]
        constraints = [
            models.UniqueConstraint(
                fields=["document", "person", "role"], name="documents_participant_once"
            ),
            models.CheckConstraint(
                condition=Q(role__in=PartRole.values), name="documents_participant_role"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.document_id} {self.role} {self.person_id}"


class VersionKind(models.TextChoices):
    """Whether a PDF was decided about or issued."""

    DRAFT = "draft", "送审稿"
    FINAL = "final", "正式印发稿"


class Version(models.Model):
    """A typeset PDF in the object store, with the text it was set from; never changed."""

    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=5, choices=VersionKind.choices)
    revision = models.PositiveIntegerField()
    paper = models.JSONField()
    key = models.CharField(max_length=120)
    content_type = models.CharField(max_length=40)
    size = models.PositiveBigIntegerField()
    pages = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    sm3 = models.CharField(max_length=64)
    stored_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["document", "kind", "revision"], name="documents_version_once"
            ),
            models.UniqueConstraint(
                fields=["document"],
                condition=Q(kind=VersionKind.FINAL),
                name="documents_version_one_final",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=VersionKind.values), name="documents_version_kind"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.document_id} {self.kind} {self.revision}"


class NumberCounter(models.Model):
    """The last serial given in a series of an organ's year. Its row lock makes it gapless."""

    issuing_unit = models.ForeignKey(IssuingUnit, on_delete=models.PROTECT, related_name="+")
    series = models.CharField(max_length=20)
    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["issuing_unit", "series", "year"], name="documents_counter_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.series}〔{self.year}〕{self.last}"


class NumberState(models.TextChoices):
    """Whether a number in the register stands."""

    ISSUED = "issued", "已用"
    VOID = "void", "作废"


class DocumentNumber(models.Model):
    """An entry of the number register. A number is never reused; void ones keep their reason."""

    document = models.OneToOneField(
        Document, on_delete=models.PROTECT, null=True, related_name="number"
    )
    issuing_unit = models.ForeignKey(IssuingUnit, on_delete=models.PROTECT, related_name="+")
    series = models.CharField(max_length=20)
    year = models.PositiveSmallIntegerField()
    serial = models.PositiveIntegerField()
    state = models.CharField(max_length=6, choices=NumberState.choices, default=NumberState.ISSUED)
    void_reason = models.CharField(max_length=200, blank=True)
    registered_at = models.DateTimeField()
    registered_by = models.ForeignKey(
        "org.Person", on_delete=models.PROTECT, null=True, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["issuing_unit", "series", "year", "serial"], name="documents_number_once"
            ),
            models.CheckConstraint(condition=Q(serial__gte=1), name="documents_number_positive"),
            models.CheckConstraint(
                condition=Q(state=NumberState.ISSUED, document__isnull=False, void_reason="")
                | (Q(state=NumberState.VOID) & ~Q(void_reason="")),
                name="documents_number_state",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.series}〔{self.year}〕{self.serial}号"


class Dispatch(models.Model):
    """The document was sent to an organ; its clerk acknowledges."""

    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="+")
    unit = models.ForeignKey("org.Unit", on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=4, choices=RecipientRole.choices)
    sent_at = models.DateTimeField()
    sent_by = models.ForeignKey("org.Person", on_delete=models.PROTECT, related_name="+")
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.ForeignKey(
        "org.Person", on_delete=models.PROTECT, null=True, related_name="+"
    )

    class Meta:
        indexes = [
            models.Index(fields=["unit", "-id"], name="documents_dispatch_unit"),
            models.Index(
                fields=["unit", "-id"],
                condition=Q(acknowledged_at__isnull=True),
                name="documents_dispatch_awaiting",
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["document", "unit"], name="documents_dispatch_once"),
            models.CheckConstraint(
                condition=Q(role__in=RecipientRole.values), name="documents_dispatch_role"
            ),
            models.CheckConstraint(
                condition=Q(acknowledged_at__isnull=True, acknowledged_by__isnull=True)
                | Q(acknowledged_at__gte=F("sent_at"), acknowledged_by__isnull=False),
                name="documents_dispatch_acknowledged",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.document_id} → {self.unit_id}"


class AccessKind(models.TextChoices):
    """How a document was read."""

    VIEW = "view", "查看"
    DOWNLOAD = "download", "下载"


class AccessLog(models.Model):
    """When a person first and last opened an issued document, and how often."""

    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey("org.Person", on_delete=models.PROTECT, related_name="+")
    organ = models.ForeignKey("org.Unit", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=8, choices=AccessKind.choices)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    count = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["document", "person", "kind"], name="documents_access_once"
            ),
            models.CheckConstraint(
                condition=Q(kind__in=AccessKind.values), name="documents_access_kind"
            ),
            models.CheckConstraint(
                condition=Q(last_at__gte=F("first_at"), count__gte=1),
                name="documents_access_order",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.document_id} {self.kind} {self.person_id}"
