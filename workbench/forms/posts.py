"""The form about a post of a unit."""

from typing import Any

from django import forms

from workbench.forms.base import Choices, PageForm, offer


class Post(PageForm):
    """岗位."""

    refused_at = {"ORG_POST_TITLE_TAKEN": "title"}
    title = forms.CharField(label="岗位名称", max_length=80)
    function = forms.ChoiceField(label="岗位类别", initial="staff")
    rank = forms.IntegerField(
        label="排序级别",
        min_value=1,
        max_value=999,
        initial=80,
        help_text="数字小的排在前面：主要负责人 10，分管领导 20，收发员 60，工作人员 80",
    )
    establishment = forms.IntegerField(
        label="编制数", min_value=0, max_value=9_999, required=False, help_text="未核定的留空"
    )

    def __init__(self, *args: Any, functions: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "function", functions)
