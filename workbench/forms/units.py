"""The forms about units: they check what is typed; what it may do, the services check."""

from typing import Any

from django import forms

from workbench.forms.base import Choices, PageForm, offer


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
        offer(self, "kind", kinds)

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
