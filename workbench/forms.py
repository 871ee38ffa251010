"""The forms of 系统管理: they check what is typed; what it may do, the services check."""

from collections.abc import Callable, Mapping
from typing import Any, cast

from django import forms

from core import errors

Choices = list[tuple[str, str]]


class PageForm(forms.Form):
    """A form that is drawn with the workbench's fields and shows refusals beside them."""

    refused_at: Mapping[str, str] = {}
    """Error code → the field it speaks of; any other refusal stands above the form."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs.setdefault("class", "input")
            if field.error_messages["required"] == forms.Field.default_error_messages["required"]:
                field.error_messages["required"] = f"请填写{field.label}"

    def carry_out(self, act: Callable[[dict[str, Any]], object]) -> bool:
        """Whether the input is right and the act went through; else the form says why not.

        Refusals of rights are not caught: they are no matter of what was typed.
        """
        if self.is_valid():
            try:
                act(dict(self.cleaned_data))
            except (errors.Invalid, errors.Conflict) as refusal:
                self.add_error(self.refused_at.get(refusal.code), refusal.text)
        self._mark_wrong_fields()
        return not self.errors

    def _mark_wrong_fields(self) -> None:
        for name in self.errors:
            if name in self.fields:
                described = {"aria-invalid": "true", "aria-describedby": f"id_{name}-error"}
                self.fields[name].widget.attrs.update(described)


class AddUnit(PageForm):
    """新增下级组织."""

    refused_at = {
        "ORG_BAD_UNIT_CODE": "code",
        "ORG_UNIT_CODE_TAKEN": "code",
        "ORG_KIND_NOT_ALLOWED_HERE": "kind",
    }
    kind = forms.ChoiceField(label="类型")
    name = forms.CharField(label="名称", max_length=120)
    short_name = forms.CharField(label="简称", max_length=60, required=False)
    code = forms.CharField(
        label="编码",
        max_length=18,
        required=False,
        help_text="单位填 18 位统一社会信用代码，暂未赋码的留空，先用临时编码，以后补录；"
        "行政区划填统计用区划代码；其他类型自动编码",
    )
    phone = forms.CharField(label="联系电话", max_length=40, required=False)
    coded = frozenset({"region", "group"})

    def __init__(self, *args: Any, kinds: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _offer(self, "kind", kinds)

    def clean(self) -> dict[str, Any]:
        """Kinds whose codes are given by others can't go without one."""
        given: dict[str, Any] = super().clean() or self.cleaned_data
        if given.get("kind") in self.coded and not given.get("code"):
            self.add_error("code", "请填写编码")
        return given


class RenameUnit(PageForm):
    """更名."""

    name = forms.CharField(label="名称", max_length=120)
    short_name = forms.CharField(label="简称", max_length=60, required=False)


class SetCode(PageForm):
    """补录编码."""

    refused_at = {
        "ORG_BAD_UNIT_CODE": "code",
        "ORG_UNIT_CODE_TAKEN": "code",
        "ORG_UNIT_CODE_FIXED": "code",
    }
    code = forms.CharField(
        label="统一社会信用代码", max_length=18, help_text="18 位，补录后不能再改"
    )


class MoveUnit(PageForm):
    """移动到另一上级."""

    refused_at = {
        "ORG_UNIT_BELOW_ITSELF": "parent_id",
        "ORG_KIND_NOT_ALLOWED_HERE": "parent_id",
        "ORG_UNIT_ABOLISHED": "parent_id",
    }
    parent_id = forms.IntegerField(
        label="新的上级", min_value=1, error_messages={"required": "请选择新的上级组织"}
    )


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
        _offer(self, "function", functions)
        _offer(self, "kind", kinds)


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
        _offer(self, "function", functions)


class OpenAccount(PageForm):
    """开通账号."""

    refused_at = {"ORG_USERNAME_TAKEN": "username"}
    username = forms.RegexField(
        label="账号",
        regex=r"^[A-Za-z0-9][A-Za-z0-9._-]{1,59}$",
        max_length=60,
        help_text="登录时使用，默认取姓名全拼",
        error_messages={"invalid": "请用 2 至 60 位字母、数字、点、横线或下划线"},
    )


def _offer(form: PageForm, name: str, choices: Choices) -> None:
    field = cast(forms.ChoiceField, form.fields[name])
    field.choices = choices
