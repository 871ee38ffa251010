"""The forms about units: they check what is typed; what it may do, the services check."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any, cast

from django import forms
from django.http import QueryDict

from org.kinds import UnitNature
from workbench.forms.base import Choices, PageForm, offer, seen_whole

_NATURES: Choices = [("", "未填写"), *UnitNature.choices]
_NAMES_AT_MOST = 10
NAME_LENGTH = 120


def basis_field() -> forms.CharField:
    """The document that orders the change."""
    return forms.CharField(
        label="依据",
        max_length=200,
        required=False,
        help_text="批准文件的文号或名称，记入变更记录",
    )


class OneALine(forms.CharField):
    """Several names, one a line."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=forms.Textarea(attrs={"rows": 2}), **kwargs)

    def prepare_value(self, value: Any) -> str:
        """What is typed stays as it is; a list is shown line by line."""
        return value if isinstance(value, str) else "\n".join(value or ())

    def clean(self, value: Any) -> Any:
        """The names without blanks and repetitions."""
        lines = [line.strip() for line in str(super().clean(value)).splitlines()]
        found = list(dict.fromkeys(line for line in lines if line))
        if len(found) > _NAMES_AT_MOST or any(len(line) > NAME_LENGTH for line in found):
            raise forms.ValidationError(f"最多 {_NAMES_AT_MOST} 个，每个不超过 {NAME_LENGTH} 字")
        seen_whole("".join(found))
        return found


class AddUnit(PageForm):
    """新增下级组织."""

    refused_at = {
        "ORG_BAD_UNIT_CODE": "code",
        "ORG_UNIT_CODE_TAKEN": "code",
        "ORG_UNIT_NAME_TAKEN": "name",
        "ORG_KIND_NOT_ALLOWED_HERE": "kind",
        "ORG_DEPARTMENTS_TOO_DEEP": "kind",
    }
    kind = forms.ChoiceField(label="类型")
    name = forms.CharField(label="名称", max_length=NAME_LENGTH)
    short_name = forms.CharField(label="简称", max_length=60, required=False)
    code = forms.CharField(
        label="编码",
        max_length=18,
        required=False,
        help_text="单位填 18 位统一社会信用代码，暂未赋码的留空，先用临时编码，以后补录；"
        "行政区划填统计用区划代码；其他类型自动编码",
    )
    nature = forms.ChoiceField(label="机构性质", choices=_NATURES, required=False)
    phone = forms.CharField(label="联系电话", max_length=40, required=False)
    basis = basis_field()
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


class SeenBefore(PageForm):
    """A form over what stands: what changed since it was opened is not overwritten unread.

    Sent once more, it is meant: whoever sends it has been told how things stand now.
    """

    CHANGED = "打开本窗口后，内容已被他人修改：{now}。请核对后再次保存"
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, before: Mapping[str, Any], **kwargs: Any) -> None:
        self._stands = _digest(before)
        super().__init__(*args, initial={**before, "seen": self._stands}, **kwargs)
        self._before = before

    def clean(self) -> dict[str, Any]:
        """What was shown when the form was opened still stands."""
        given: dict[str, Any] = super().clean() or self.cleaned_data
        seen = given.pop("seen", "")
        if seen and seen != self._stands:
            changed = QueryDict(mutable=True)
            for name in self.data:
                changed.setlist(name, cast(QueryDict, self.data).getlist(name))
            changed["seen"] = self._stands
            self.data = changed
            now = "，".join(
                f"{self.fields[name].label}“{value}”"
                for name, value in self._before.items()
                if isinstance(value, str) and value
            )
            self.add_error(None, self.CHANGED.format(now=f"现为{now}"))
        return given


def _digest(before: Mapping[str, Any]) -> str:
    told = json.dumps(before, ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(told.encode()).hexdigest()[:32]


class RenameUnit(SeenBefore):
    """更名."""

    refused_at = {"ORG_UNIT_NAME_TAKEN": "name"}
    name = forms.CharField(
        label="名称",
        max_length=NAME_LENGTH,
        help_text="保存后各处即用新名称；原名称留在变更记录中，按日期查看时仍显示原名称",
    )
    short_name = forms.CharField(label="简称", max_length=60, required=False)
    basis = basis_field()


class EditUnit(SeenBefore):
    """编辑: what is said of a unit besides its name and code."""

    other_names = OneALine(
        label="其他名称", required=False, help_text="加挂的牌子、曾用名，一行一个"
    )
    nature = forms.ChoiceField(label="机构性质", choices=_NATURES, required=False)
    phone = forms.CharField(label="联系电话", max_length=40, required=False)
    address = forms.CharField(label="办公地址", max_length=200, required=False)
    note = forms.CharField(label="备注", max_length=500, required=False, help_text="只有管理员可见")
    basis = basis_field()


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


class RecodeUnit(SetCode):
    """变更区划编码."""

    code = forms.CharField(
        label="统计用区划代码",
        max_length=18,
        help_text="原编码仍可查到该区划；下级区划的编码不随之改变",
    )
    basis = basis_field()


class MoveUnit(PageForm):
    """移动到另一上级."""

    refused_at = {
        "ORG_UNIT_BELOW_ITSELF": "parent_id",
        "ORG_KIND_NOT_ALLOWED_HERE": "parent_id",
        "ORG_UNIT_ABOLISHED": "parent_id",
        "ORG_UNIT_NAME_TAKEN": "parent_id",
    }
    parent_id = forms.IntegerField(
        label="新的上级", min_value=1, error_messages={"required": "请选择新的上级组织"}
    )
    basis = basis_field()


class AbolishUnit(PageForm):
    """撤销."""

    successor_id = forms.IntegerField(label="承接单位", min_value=1, required=False)
    basis = basis_field()


class Ids(forms.MultipleChoiceField):
    """Ids of whatever was picked or ticked; whether they may be is the services' matter."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(choices=(), **kwargs)

    def to_python(self, value: Any) -> list[int]:  # type: ignore[override]  # ids, not texts
        """Each once, in the order given."""
        given = [text for text in super().to_python(value) if text.isascii() and text.isdecimal()]
        return list(dict.fromkeys(int(text) for text in given if len(text) < 19))

    def validate(self, value: Any) -> None:
        """At least one where the field is required."""
        if self.required and not value:
            raise forms.ValidationError(self.error_messages["required"], code="required")


class MergeUnits(PageForm):
    """合并: other units with this one, which goes on or makes way for a new one."""

    refused_at = {
        "ORG_BAD_UNIT_CODE": "code",
        "ORG_UNIT_CODE_TAKEN": "code",
        "ORG_UNIT_NAME_TAKEN": "name",
        "ORG_KINDS_DO_NOT_MERGE": "others",
        "ORG_MERGED_ABOVE_EACH_OTHER": "others",
    }
    INTO, NEW = "into", "new"
    others = Ids(label="合并的组织", error_messages={"required": "请选择要合并的组织"})
    way = forms.ChoiceField(
        label="合并方式",
        choices=[(INTO, "并入本组织"), (NEW, "合并为新组织")],
        widget=forms.RadioSelect,
        initial=INTO,
    )
    name = forms.CharField(label="新组织名称", max_length=NAME_LENGTH, required=False)
    short_name = forms.CharField(label="新组织简称", max_length=60, required=False)
    code = forms.CharField(label="新组织编码", max_length=18, required=False)
    basis = basis_field()

    @property
    def new_fields(self) -> list[forms.BoundField]:
        """What a new unit is called."""
        return [self["name"], self["short_name"], self["code"]]

    def clean(self) -> dict[str, Any]:
        """A new unit has a name."""
        given: dict[str, Any] = super().clean() or self.cleaned_data
        if given.get("way") == self.NEW and not given.get("name"):
            self.add_error("name", "请填写新组织名称")
        return given
