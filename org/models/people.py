"""People, the posts of units and who holds which post when."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, DateTimeRangeField, RangeOperators
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Func, Q, Value

from org.kinds import AppointmentKind, PersonStatus, PostFunction

_TERM = Func(
    F("valid_from"),
    F("valid_to"),
    Value("[)"),
    function="tstzrange",
    output_field=DateTimeRangeField(),
)


class Person(models.Model):
    """A human being known to the organisation; the phone number is stored encrypted only."""

    public_id = models.UUIDField(unique=True)
    name = models.CharField(max_length=60)
    pinyin = models.CharField(max_length=200)
    initials = models.CharField(max_length=30)
    phone_cipher = models.BinaryField(null=True)
    # Keyed digest of the number: finds a phone without decrypting any.
    phone_index = models.BinaryField(null=True)
    job_level = models.CharField(max_length=40, blank=True)
    staff_number = models.CharField(max_length=40, blank=True)
    status = models.CharField(
        max_length=8, choices=PersonStatus.choices, default=PersonStatus.ACTIVE
    )
    created_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["phone_index"], name="org_person_phone"),
            models.Index(
                fields=["staff_number"],
                condition=~Q(staff_number=""),
                name="org_person_staff_number",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=PersonStatus.values), name="org_person_status"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Post(models.Model):
    """A place to fill in one unit: its title, what it is for and where it stands in rank."""

    # Found by the unit through the unique title.
    unit = models.ForeignKey("org.Unit", on_delete=models.PROTECT, db_index=False, related_name="+")
    title = models.CharField(max_length=80)
    function = models.CharField(max_length=8, choices=PostFunction.choices)
    # 1 stands first. People of a unit are listed by rank, then by their order.
    rank = models.SmallIntegerField(default=90)
    # 编制数: how many people may hold it; null where nobody has said.
    establishment = models.SmallIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["unit", "title"], name="org_post_title"),
            models.CheckConstraint(
                condition=Q(function__in=PostFunction.values), name="org_post_function"
            ),
            models.CheckConstraint(
                condition=Q(establishment__isnull=True) | Q(establishment__gte=0),
                name="org_post_establishment",
            ),
        ]

    def __str__(self) -> str:
        return self.title


class Appointment(models.Model):
    """A person holds a post from an instant until (not including) another."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    post = models.ForeignKey(Post, on_delete=models.PROTECT, related_name="+")
    unit = models.ForeignKey("org.Unit", on_delete=models.PROTECT, db_index=False, related_name="+")
    kind = models.CharField(max_length=18, choices=AppointmentKind.choices)
    order = models.IntegerField(default=0)
    office_phone = models.CharField(max_length=40, blank=True)
    valid_from = models.DateTimeField()
    valid_to = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            # Who serves below a unit, read from the index alone: of a province, that spares the
            # look at every page of the table.
            models.Index(
                fields=["unit"],
                include=["person", "valid_from", "valid_to"],
                name="org_appointment_serving",
            ),
        ]
        constraints = [
            # One main post at every instant, those to come and those that ended included.
            ExclusionConstraint(
                name="org_appointment_one_main",
                expressions=[
                    ("person", RangeOperators.EQUAL),
                    (_TERM, RangeOperators.OVERLAPS),
                ],
                condition=Q(kind="main"),
            ),
            ExclusionConstraint(
                # Main posts are kept apart above; leaving them out spares a tenth of every load.
                name="org_appointment_no_overlap",
                condition=~Q(kind="main"),
                expressions=[
                    ("person", RangeOperators.EQUAL),
                    ("unit", RangeOperators.EQUAL),
                    ("kind", RangeOperators.EQUAL),
                    (_TERM, RangeOperators.OVERLAPS),
                ],
            ),
            models.CheckConstraint(
                condition=Q(kind__in=AppointmentKind.values), name="org_appointment_kind"
            ),
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gt=F("valid_from")),
                name="org_appointment_dates",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} in {self.unit_id}"


class AppointmentSearch(models.Model):
    """What a search for people reads: one row per appointment, derived and rebuildable.

    The anchors only narrow a search down; the live range of the tree stays in every query, so a
    late anchor hides a row and never leaks one.
    """

    appointment = models.OneToOneField(
        Appointment, on_delete=models.CASCADE, primary_key=True, related_name="+"
    )
    city_id = models.BigIntegerField(null=True)
    county_id = models.BigIntegerField(null=True)
    township_id = models.BigIntegerField(null=True)
    name = models.CharField(max_length=60)
    pinyin = models.CharField(max_length=200)
    initials = models.CharField(max_length=30)
    grams = ArrayField(models.CharField(max_length=2))
    # What ranks the found without a look at four other tables; as derived as the anchors.
    organ_id = models.BigIntegerField(null=True)
    main = models.BooleanField(default=True, db_default=True)
    level = models.SmallIntegerField(default=0, db_default=0)
    rank = models.SmallIntegerField(default=90, db_default=90)

    class Meta:
        indexes = [
            GinIndex(fields=["grams"], name="org_search_grams"),
            models.Index(OpClass("pinyin", name="varchar_pattern_ops"), name="org_search_pinyin"),
            models.Index(
                OpClass("initials", name="varchar_pattern_ops"), name="org_search_initials"
            ),
            models.Index(fields=["county_id"], name="org_search_county"),
            models.Index(fields=["organ_id"], name="org_search_organ"),
        ]

    def __str__(self) -> str:
        return self.name
