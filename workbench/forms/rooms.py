"""The form that opens the conversation of a unit."""

from typing import Any

from django import forms

from messaging.kinds import UnitScope
from workbench.forms.base import PageForm, offer

WORDS = {
    UnitScope.INNER.value: "本单位及内设机构人员",
    UnitScope.SUBTREE.value: "本单位及所有下级人员",
}


class FoundRoom(PageForm):
    """建立工作群; `scopes` are those that the unit has no conversation for yet."""

    scope = forms.ChoiceField(label="成员", widget=forms.RadioSelect)
    title = forms.CharField(
        label="群名称", max_length=60, required=False, help_text="不填则以组织名称命名"
    )

    def __init__(self, *args: Any, scopes: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "scope", [(scope, WORDS[scope]) for scope in scopes])
        self.fields["scope"].initial = scopes[0] if scopes else None
