"""The forms about administrative rights."""

from datetime import date, datetime, time
from typing import Any

from django import forms
from django.utils import timezone

from workbench.forms.base import Choices, PageForm, offer

ENTIRE, ONLY_HERE = "entire", "only_here"


class GiveGrant(PageForm):
    """授予管理权限."""

    refused_at = {
        "ORG_OFFICERS_EXCLUDE": "role",
        "ORG_GRANT_STANDS": "role",
        "ORG_GRANT_TOO_DEEP": "depth",
        "ORG_GRANT_LEVEL_IMPOSSIBLE": "highest_level",
        "ORG_GRANT_LINE_UNKNOWN": "line_id",
        "ORG_GRANT_ENDED": "until",
        "ORG_PERSON_NOT_FOUND": "person_id",
    }
    person_id = forms.IntegerField(
        label="人员", min_value=1, error_messages={"required": "请选择人员"}
    )
    role = forms.ChoiceField(label="角色")
    reach = forms.ChoiceField(
        label="范围", choices=[(ENTIRE, "本级及全部下级"), (ONLY_HERE, "仅本级")], initial=ENTIRE
    )
    line_id = forms.TypedChoiceField(label="限定条线", required=False, coerce=int, empty_value=None)
    highest_level = forms.TypedChoiceField(
        label="限定层级",
        required=False,
        coerce=int,
        empty_value=None,
        help_text="限定后不能管理更高层级的组织",
    )
    depth = forms.TypedChoiceField(
        label="可否再授权", coerce=int, help_text="接受人可以把不超过自身的权限再授给他人"
    )
    until = forms.DateField(
        label="有效期至",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text="当日结束时失效，不填为长期",
    )
    reason = forms.CharField(label="授权理由", max_length=200, required=False)

    def __init__(
        self,
        *args: Any,
        roles: Choices,
        lines: Choices,
        levels: Choices,
        most_depth: int,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "role", roles)
        offer(self, "line_id", lines)
        offer(self, "highest_level", levels)
        offer(self, "depth", _depths(most_depth))
        for name, choices in (("line_id", lines), ("highest_level", levels)):
            if len(choices) <= 1:
                del self.fields[name]

    def clean_until(self) -> datetime | None:
        """The end of the day that was named."""
        day: date | None = self.cleaned_data["until"]
        if day is None:
            return None
        return timezone.make_aware(datetime.combine(day, time.max.replace(microsecond=0)))


class RevokeGrant(PageForm):
    """收回管理权限."""

    reason = forms.CharField(label="理由", max_length=200, required=False)


def _depths(most: int) -> Choices:
    return [("0", "不可再授权")] + [
        (str(depth), f"可再授权 {depth} 层") for depth in range(1, most + 1)
    ]
