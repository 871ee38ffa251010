"""The forms of 条线."""

from typing import Any

from django import forms

from org.kinds import LineRelationKind
from workbench.forms.base import Choices, PageForm, offer

_AT_MOST = 20


class Endings(forms.CharField):
    """Endings of names, parted by blanks or 、."""

    def prepare_value(self, value: Any) -> str:
        """What is typed stays; a list is shown in one line."""
        return value if isinstance(value, str) else "、".join(value or ())

    def clean(self, value: Any) -> Any:
        """Each ending once, two characters or more."""
        text = str(super().clean(value)).replace("、", " ").replace("，", " ").replace(",", " ")
        found = list(dict.fromkeys(text.split()))
        if len(found) > _AT_MOST or any(not 2 <= len(one) <= 40 for one in found):
            raise forms.ValidationError(f"最多 {_AT_MOST} 个，每个 2 至 40 字")
        return found


class Line(PageForm):
    """条线的名称."""

    name = forms.CharField(label="条线名称", max_length=60)
    name_endings = Endings(
        label="单位名称结尾",
        max_length=400,
        required=False,
        help_text="用顿号或空格分隔，如“教育厅、教育局”，用于按名称匹配单位",
    )


class NewLine(Line):
    """设立条线."""

    root_id = forms.ChoiceField(label="设立在")
    code = forms.RegexField(
        r"^[a-z0-9_\-]+$",
        label="标识",
        max_length=32,
        help_text="小写字母、数字，如 education，供接口使用",
        error_messages={"invalid": "只能用小写字母、数字、下划线和短横线"},
    )

    def __init__(self, *args: Any, roots: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "root_id", roots)


class Relation(PageForm):
    """条线内的上下级关系."""

    upper_id = forms.IntegerField(
        label="上级业务主管部门", min_value=1, error_messages={"required": "请选择上级业务主管部门"}
    )
    kind = forms.ChoiceField(
        label="关系", choices=LineRelationKind.choices, initial=LineRelationKind.GUIDANCE
    )
