"""The forms about people and their posts."""

from typing import Any

from django import forms

from workbench.forms.base import Choices, PageForm, offer


class Appoint(PageForm):
    """任命已有人员."""

    refused_at = {
        "ORG_MAIN_APPOINTMENT_EXISTS": "kind",
        "ORG_ALREADY_APPOINTED": "person_id",
    }
    person_id = forms.IntegerField(
        label="人员", min_value=1, error_messages={"required": "请选择人员"}
    )
    title = forms.CharField(label="职务", max_length=80)
    function = forms.ChoiceField(label="岗位类别", initial="staff")
    kind = forms.ChoiceField(label="任职方式", initial="concurrent")

    def __init__(self, *args: Any, functions: Choices, kinds: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "function", functions)
        offer(self, "kind", kinds)


class Admit(PageForm):
    """新增人员并任职."""

    name = forms.CharField(label="姓名", max_length=60)
    title = forms.CharField(label="职务", max_length=80)
    function = forms.ChoiceField(label="岗位类别", initial="staff")
    phone = forms.RegexField(
        label="手机号码",
        regex=r"^1\d{10}$",
        required=False,
        error_messages={"invalid": "请填写 11 位手机号码"},
    )
    job_level = forms.CharField(label="职级", max_length=40, required=False)

    def __init__(self, *args: Any, functions: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "function", functions)
