"""The form about tokens of provisioning systems."""

from django import forms

from workbench.forms.base import PageForm


class MakeToken(PageForm):
    """新建同步令牌."""

    refused_at = {"ORG_TOKEN_TERM": "days", "ORG_UNIT_NOT_FOUND": "root_id"}
    name = forms.CharField(
        label="名称", max_length=60, help_text="写明对接的系统，审计日志以此记名"
    )
    root_id = forms.IntegerField(
        label="同步范围", min_value=1, error_messages={"required": "请选择同步范围"}
    )
    days = forms.ChoiceField(
        label="有效期",
        choices=[("30", "30 天"), ("90", "90 天"), ("180", "180 天"), ("365", "365 天")],
        initial="180",
    )
