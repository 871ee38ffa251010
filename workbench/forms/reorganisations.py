"""The forms of 机构改革: the plan, and one form for each kind of step."""

from collections.abc import Mapping
from typing import Any, ClassVar, Final, cast

from django import forms
from django.http import QueryDict

from org.kinds import PostFunction, StepKind, UnitKind
from workbench.forms.base import Choices, PageForm, offer

_NAME_LENGTH: Final = 120
_KINDS: Final[Choices] = [
    (kind.value, str(kind.label))
    for kind in (
        UnitKind.DEPARTMENT,
        UnitKind.ORGAN,
        UnitKind.FIELD_OFFICE,
        UnitKind.REGION,
        UnitKind.TEMPORARY,
        UnitKind.VIRTUAL,
        UnitKind.GROUP,
    )
]
_CODE_HINT: Final = (
    "单位可留空，以后补录统一社会信用代码；行政区划填统计用区划代码；其他类型自动编码"
)


class PickedUnit(forms.Field):
    """One unit: a picker's id, or one that an earlier step sets up (`<name>_made`)."""

    is_picker: ClassVar[bool] = True
    many: ClassVar[bool] = False
    purpose: ClassVar[str] = "parents"


class PickedUnits(PickedUnit):
    """Several units of a picker."""

    many = True
    widget = forms.SelectMultiple


class PickedPerson(PickedUnit):
    """One person of a picker."""

    purpose = "appointees"


class Plan(PageForm):
    """方案的名称和依据."""

    title = forms.CharField(label="方案名称", max_length=_NAME_LENGTH)
    basis = forms.CharField(
        label="改革依据",
        max_length=_NAME_LENGTH,
        required=False,
        help_text="批准文件的名称或文号，提交审批前必须填写",
    )


class NewPlan(Plan):
    """起草方案."""

    scope_id = forms.ChoiceField(
        label="改革范围", help_text="方案只能调整该组织之下的组织，由该范围的另一位组织管理员审批"
    )

    def __init__(self, *args: Any, scopes: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "scope_id", scopes)


class StepForm(PageForm):
    """A step: its fields are those of the step's payload, refusals stand above them."""

    kind: ClassVar[StepKind]
    hint: ClassVar[str] = ""
    refused_at = {
        "ORG_BAD_UNIT_CODE": "code",
        "ORG_UNIT_CODE_TAKEN": "code",
    }
    revision = forms.IntegerField(min_value=1, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        """A unit may come from the picker or from the list of those that the plan sets up."""
        given: dict[str, Any] = super().clean() or self.cleaned_data
        for name, field in self.fields.items():
            if not isinstance(field, PickedUnit) or isinstance(field, PickedPerson):
                continue
            picked = given.get(name) or []
            refs: list[dict[str, Any]] = [_made(one) for one in self.made_of(name)]
            refs += [{"unit_id": one} for one in (picked if field.many else [picked]) if one]
            if field.label and not refs and name not in self.optional:
                self.add_error(name, f"请选择{field.label}")
            given[name] = refs if field.many else (refs[0] if refs else None)
        return given

    optional: ClassVar[frozenset[str]] = frozenset()

    def made_of(self, name: str) -> list[str]:
        """Which units of earlier steps were chosen beside the picker."""
        sent = cast(QueryDict, self.data)
        return [one for one in sent.getlist(f"{name}_made") if one]

    def payload(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """What the service takes."""
        left_out = {"revision"}
        return {
            name: value
            for name, value in given.items()
            if name not in left_out and value not in (None, "")
        }


class Create(StepForm):
    """设立."""

    kind = StepKind.CREATE
    parent = PickedUnit(label="上级组织", required=False)
    unit_kind = forms.ChoiceField(label="类型", choices=_KINDS)
    name = forms.CharField(label="名称", max_length=_NAME_LENGTH)
    short_name = forms.CharField(label="简称", max_length=60, required=False)
    code = forms.CharField(label="编码", max_length=18, required=False, help_text=_CODE_HINT)


class Rename(StepForm):
    """更名."""

    kind = StepKind.RENAME
    unit = PickedUnit(label="组织", required=False)
    name = forms.CharField(label="新名称", max_length=_NAME_LENGTH)
    short_name = forms.CharField(label="新简称", max_length=60, required=False)


class Move(StepForm):
    """划转."""

    kind = StepKind.MOVE
    hint = "下级组织和人员随同划转，任职不变。"
    unit = PickedUnit(label="划转的组织", required=False)
    parent = PickedUnit(label="新的上级", required=False)


class Merge(StepForm):
    """合并."""

    kind = StepKind.MERGE
    hint = "被合并组织的下级组织和人员全部转入，原组织撤销，原编码以后指向合并后的组织。"
    optional = frozenset({"into"})
    units = PickedUnits(label="被合并的组织", required=False)
    into = PickedUnit(
        label="并入", required=False, help_text="合并为新组织的，此处留空，填写下面的名称"
    )
    name = forms.CharField(label="或合并设立新组织", max_length=_NAME_LENGTH, required=False)
    code = forms.CharField(label="新组织编码", max_length=18, required=False, help_text=_CODE_HINT)


class Abolish(StepForm):
    """撤销."""

    kind = StepKind.ABOLISH
    hint = "先将下级组织和人员划转、调动完毕，再撤销。"
    optional = frozenset({"successor"})
    unit = PickedUnit(label="撤销的组织", required=False)
    successor = PickedUnit(
        label="承接职责的组织", required=False, help_text="可不填。填写后原编码以后指向该组织"
    )


class Reorder(StepForm):
    """调整排序."""

    kind = StepKind.REORDER
    optional = frozenset({"before"})
    unit = PickedUnit(label="组织", required=False)
    before = PickedUnit(
        label="排在谁之前", required=False, help_text="须是同一上级之下的组织；不填则排到最后"
    )


class Transfer(StepForm):
    """调动人员."""

    kind = StepKind.TRANSFER
    hint = "主任职自生效之时转到新组织；兼职等其他任职不变。"
    person_id = PickedPerson(label="人员", required=True, error_messages={"required": "请选择人员"})
    unit = PickedUnit(label="调入组织", required=False)
    title = forms.CharField(label="职务", max_length=80)
    function = forms.ChoiceField(
        label="岗位类别", choices=PostFunction.choices, initial=PostFunction.STAFF
    )


class Split(StepForm):
    """拆分."""

    kind = StepKind.SPLIT
    hint = "新组织与原组织同级，带走所选的下级组织和本级人员。"
    unit = PickedUnit(label="被拆分的组织", required=False)
    name = forms.CharField(label="拆出的新组织", max_length=_NAME_LENGTH)
    code = forms.CharField(label="编码", max_length=18, required=False, help_text=_CODE_HINT)
    unit_ids = forms.MultipleChoiceField(
        label="带走的下级组织",
        required=False,
        widget=forms.CheckboxSelectMultiple(attrs={"class": "box"}),
    )
    appointment_ids = forms.MultipleChoiceField(
        label="带走的本级人员",
        required=False,
        widget=forms.CheckboxSelectMultiple(attrs={"class": "box"}),
    )
    unit_kind = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, parts: Choices, people: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "unit_ids", parts)
        offer(self, "appointment_ids", people)

    def payload(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """One new unit a step; more are more steps."""
        part = {
            "name": given["name"],
            "unit_kind": given.get("unit_kind") or UnitKind.DEPARTMENT.value,
            "code": given.get("code") or "",
            "unit_ids": [int(one) for one in given.get("unit_ids") or ()],
            "appointment_ids": [int(one) for one in given.get("appointment_ids") or ()],
        }
        return {"unit": given["unit"], "parts": [part]}


FORMS: Final[Mapping[StepKind, type[StepForm]]] = {
    form.kind: form for form in (Merge, Move, Rename, Create, Abolish, Split, Reorder, Transfer)
}
"""In the order in which the page offers them."""


def initial_of(kind: StepKind, payload: Mapping[str, Any]) -> dict[str, Any]:
    """What the form of a step shows when it is edited."""
    if kind is not StepKind.SPLIT:
        return dict(payload)
    part: Mapping[str, Any] = payload["parts"][0]
    ticked = {
        name: [str(one) for one in part.get(name, ())] for name in ("unit_ids", "appointment_ids")
    }
    return {**part, **ticked, "unit": payload["unit"]}


def _made(text: str) -> dict[str, int]:
    step, _, part = text.removeprefix("s").partition(".")
    if not (step.isdecimal() and part.isdecimal() and len(step) <= 18 and len(part) == 1):
        raise forms.ValidationError("请重新选择组织")
    return {"step_id": int(step), "part": int(part)}
