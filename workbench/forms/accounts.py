"""The forms about accounts."""

from django import forms

from workbench.forms.base import PageForm


class OpenAccount(PageForm):
    """开通账号."""

    refused_at = {"ORG_USERNAME_TAKEN": "username"}
    username = forms.RegexField(
        label="账号",
        regex=r"^[A-Za-z0-9][A-Za-z0-9._-]{1,59}$",
        max_length=60,
        help_text="登录时使用，默认取姓名全拼",
        error_messages={"invalid": "请用 2 至 60 位字母、数字、点、横线或下划线"},
    )
