"""The forms about people: what is known of them, what they hold, where they go."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.utils import timezone

from org.kinds import DepartureReason
from workbench.forms.base import Choices, PageForm, offer


def begin_of(day: date | None) -> datetime | None:
    """The instant at which the day begins here; None for no day."""
    return timezone.make_aware(datetime.combine(day, time.min)) if day else None


def end_of(day: date | None) -> datetime | None:
    """The instant until which somebody serves who serves up to and including the day."""
    return begin_of(day + timedelta(days=1)) if day else None


def day(*, label: str, help_text: str = "") -> forms.DateField:
    """A day that may be left empty."""
    return forms.DateField(
        label=label,
        required=False,
        help_text=help_text,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": "请填写日期，如 2026-03-01"},
    )


def phone(*, label: str = "手机号码") -> forms.RegexField:
    """A mobile number that may be left empty."""
    return forms.RegexField(
        label=label,
        regex=r"^1\d{10}$",
        required=False,
        error_messages={"invalid": "请填写 11 位手机号码"},
    )


def office_phone() -> forms.RegexField:
    """A number in an office that may be left empty."""
    return forms.RegexField(
        label="办公电话",
        regex=r"^[0-9+()\- 转]*$",
        max_length=40,
        required=False,
        error_messages={"invalid": "请填写电话号码，分机写作“转 802”"},
    )


def staff_number() -> forms.RegexField:
    """A number of ours that may be left empty."""
    return forms.RegexField(
        label="工号",
        regex=r"^[0-9A-Za-z\-]*$",
        max_length=40,
        required=False,
        error_messages={"invalid": "请用字母、数字或横线"},
    )


def basis() -> forms.CharField:
    """The paper that orders it."""
    return forms.CharField(
        label="依据", max_length=200, required=False, help_text="任免文件的文号或名称"
    )


class Appoint(PageForm):
    """任命已有人员."""

    refused_at = {
        "ORG_MAIN_APPOINTMENT_EXISTS": "kind",
        "ORG_ALREADY_APPOINTED": "person_id",
        "ORG_APPOINTMENT_DATES": "valid_from",
    }
    person_id = forms.IntegerField(
        label="人员", min_value=1, error_messages={"required": "请选择人员"}
    )
    title = forms.CharField(label="职务", max_length=80)
    function = forms.ChoiceField(label="岗位类别", initial="staff")
    kind = forms.ChoiceField(label="任职方式", initial="concurrent")
    valid_from = day(label="任职起", help_text="留空为立即生效")
    valid_to = day(label="任职至", help_text="借调、挂职到期自动结束，含当日；留空为不定期")
    office_phone = office_phone()
    basis = basis()

    def __init__(self, *args: Any, functions: Choices, kinds: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "function", functions)
        offer(self, "kind", kinds)


class Admit(PageForm):
    """新增人员并任职."""

    refused_at = {"ORG_APPOINTMENT_DATES": "valid_from"}
    name = forms.CharField(label="姓名", max_length=60)
    title = forms.CharField(label="职务", max_length=80)
    function = forms.ChoiceField(label="岗位类别", initial="staff")
    phone = phone()
    job_level = forms.CharField(label="职级", max_length=40, required=False)
    staff_number = staff_number()
    valid_from = day(label="任职起", help_text="留空为立即生效")

    def __init__(self, *args: Any, functions: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "function", functions)


class EditPerson(PageForm):
    """修改人员信息. The phone is never shown: an empty one stays as it is."""

    name = forms.CharField(label="姓名", max_length=60)
    job_level = forms.CharField(label="职级", max_length=40, required=False)
    staff_number = staff_number()
    phone = phone(label="新手机号码")

    def __init__(self, *args: Any, phone_masked: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["phone"].help_text = (
            f"现为 {phone_masked}，留空不修改" if phone_masked else "尚未登记"
        )


class ChangeAppointment(PageForm):
    """变更任职."""

    title = forms.CharField(
        label="职务", max_length=80, help_text="职务变化时，原任职结束并保留在任职经历中"
    )
    function = forms.ChoiceField(label="岗位类别")
    office_phone = office_phone()
    basis = basis()

    def __init__(self, *args: Any, functions: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "function", functions)


class EndAppointment(PageForm):
    """结束任职."""

    refused_at = {"ORG_APPOINTMENT_DATES": "ends_on"}
    ends_on = day(label="任职至", help_text="含当日；留空为立即结束")
    basis = basis()


class Transfer(PageForm):
    """调动."""

    refused_at = {
        "ORG_SAME_UNIT": "unit_id",
        "ORG_UNIT_NOT_FOUND": "unit_id",
        "ORG_UNIT_ABOLISHED": "unit_id",
        "ORG_APPOINTMENT_DATES": "effective_on",
    }
    unit_id = forms.IntegerField(
        label="调入组织", min_value=1, error_messages={"required": "请选择调入组织"}
    )
    from_appointment_id = forms.IntegerField(widget=forms.HiddenInput)
    title = forms.CharField(label="新职务", max_length=80)
    function = forms.ChoiceField(label="岗位类别", initial="staff")
    effective_on = day(label="生效日期", help_text="留空为立即生效")
    office_phone = office_phone()
    basis = basis()

    def __init__(self, *args: Any, functions: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "function", functions)


class Leave(PageForm):
    """离职."""

    reason = forms.ChoiceField(label="原因", error_messages={"required": "请选择原因"})
    note = forms.CharField(
        label="说明", max_length=400, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    basis = basis()

    def __init__(self, *args: Any, reasons: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        by_hand = [one for one in reasons if one[0] != DepartureReason.SYNCHRONISED]
        offer(self, "reason", [("", "请选择"), *by_hand])


class Rejoin(PageForm):
    """复职."""

    unit_id = forms.IntegerField(
        label="组织", min_value=1, error_messages={"required": "请选择组织"}
    )
    title = forms.CharField(label="职务", max_length=80)
    function = forms.ChoiceField(label="岗位类别", initial="staff")
    basis = basis()

    def __init__(self, *args: Any, functions: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "function", functions)
