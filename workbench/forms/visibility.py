"""The form of a visibility rule."""

from django import forms

from org.kinds import MaskedField, Scene, VisibilityEffect
from workbench.forms.base import Choices, PageForm

_EFFECTS: Choices = [
    (VisibilityEffect.HIDE.value, "隐藏：搜索、组织架构、名片中都不出现"),
    (VisibilityEffect.RESTRICT.value, "仅显示姓名和单位"),
    (VisibilityEffect.MASK.value, "遮盖所选字段"),
]
_LEVELS: Choices = [
    ("1", "省"), ("2", "市"), ("3", "县"), ("4", "乡"), ("5", "村"), ("6", "小组"),
]  # fmt: skip


def _several(label: str, choices: Choices, *, required: bool = False) -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(
        label=label,
        choices=choices,
        required=required,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": f"请至少选择一个{label}"},
    )


class VisibilityTerms(PageForm):
    """What a rule does, where, from whom not, and until when."""

    refused_at = {
        "ORG_VISIBILITY_TERM_PAST": "until",
        "ORG_VISIBILITY_ROOT_KEPT": "effect",
    }

    effect = forms.ChoiceField(label="效果", choices=_EFFECTS)
    masked = _several("要遮盖的字段", list(MaskedField.choices))
    scenes = _several("适用场景", list(Scene.choices), required=True)
    except_levels = _several("例外层级", _LEVELS)
    until = forms.DateField(
        label="有效期至",
        required=False,
        help_text="不填为长期",
        widget=forms.DateInput(attrs={"type": "date", "max": "2199-12-31"}),
        error_messages={"invalid": "日期不正确"},
    )
    reason = forms.CharField(label="原因", max_length=200, required=False)
