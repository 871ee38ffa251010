"""The closed lists of org's trade: kinds of units, posts, appointments and administrators."""

from django.db.models import TextChoices


class UnitKind(TextChoices):
    """What a unit is; `org.policies.may_contain` says what may stand below what."""

    REGION = "region", "行政区划"
    ORGAN = "organ", "单位"
    FIELD_OFFICE = "field_office", "派出机构"
    DEPARTMENT = "department", "内设机构"
    GROUP = "group", "村民小组"
    VIRTUAL = "virtual", "虚拟组织"
    TEMPORARY = "temporary", "专班"
    LINE_FOLDER = "line_folder", "条线目录"


class UnitOrigin(TextChoices):
    """Where the row comes from; synthetic units are said to be so wherever they are shown."""

    STATISTICS = "statistics", "统计用区划"
    SYNTHETIC = "synthetic", "合成数据"
    ENTERED = "entered", "人工录入"


class PersonStatus(TextChoices):
    """Whether the person belongs to the organisation."""

    ACTIVE = "active", "在职"
    LEFT = "left", "离职"


class PostFunction(TextChoices):
    """What a post is for: approvals and dispatch find people by it, not by title."""

    HEAD = "head", "主要负责人"
    DEPUTY = "deputy", "分管领导"
    CLERK = "clerk", "收发员"
    STAFF = "staff", "工作人员"


class AppointmentKind(TextChoices):
    """How a person stands in a unit."""

    MAIN = "main", "主任职"
    CONCURRENT = "concurrent", "兼职"
    SECONDMENT = "secondment", "借调"
    TEMPORARY_POSTING = "temporary_posting", "挂职"


class AdminRole(TextChoices):
    """What an administrator may manage; the last three exclude one another."""

    ORG = "org", "组织管理员"
    PEOPLE = "people", "人员管理员"
    APPS = "apps", "应用管理员"
    SYSTEM = "system", "系统管理员"
    SECURITY = "security", "安全管理员"
    AUDIT = "audit", "审计管理员"
