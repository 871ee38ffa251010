"""The form that asks to read what a message said before."""

from django import forms

from workbench.forms.base import PageForm


class AskForHistory(PageForm):
    """申请查看消息历史版本."""

    reason = forms.CharField(
        label="理由",
        max_length=400,
        widget=forms.Textarea(attrs={"rows": 3, "placeholder": "如：信访件第 12 号核查"}),
        help_text="理由、复核人和每次查看都会记入审计日志",
    )
