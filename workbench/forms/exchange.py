"""The forms of 导入导出: what is uploaded and what is asked for; the services judge the rest."""

from typing import Any

from django import forms

from org.kinds import ExchangeSubject, ImportMode, PhoneReach
from workbench.forms.base import Choices, PageForm
from workbench.parameters import MAX_ID

_WANTED = {"required": "请选择范围", "invalid": "请选择管理范围内的组织"}

FORMATS: Choices = [("xlsx", "Excel 工作簿（.xlsx）"), ("csv", "CSV（UTF-8）")]
SUBJECTS: Choices = [(one.value, str(one.label)) for one in ExchangeSubject]


class Upload(PageForm):
    """上传文件."""

    subject = forms.ChoiceField(label="内容", choices=SUBJECTS)
    unit_id = forms.IntegerField(
        label="范围", min_value=1, max_value=MAX_ID, error_messages=_WANTED
    )
    mode = forms.ChoiceField(
        label="方式",
        choices=[
            (ImportMode.MERGE.value, "新增和更新：表中没有的不动"),
            (ImportMode.SYNC.value, "全量同步：表中没有的结束任职或撤销"),
        ],
    )
    file = forms.FileField(
        label="文件",
        max_length=1000,
        help_text="可用 .xlsx、.xls、.ods、.csv，不超过 18 MB、5 万行；含宏的文件不接受",
        error_messages={"required": "请选择文件", "empty": "文件是空的"},
        widget=forms.FileInput(attrs={"accept": ".xlsx,.xls,.ods,.csv"}),
    )


class Export(PageForm):
    """导出."""

    subject = forms.ChoiceField(label="内容", choices=SUBJECTS)
    unit_id = forms.IntegerField(
        label="范围", min_value=1, max_value=MAX_ID, error_messages=_WANTED
    )
    file_format = forms.ChoiceField(label="格式", choices=FORMATS)
    phones = forms.ChoiceField(
        label="手机号",
        choices=[(one.value, str(one.label)) for one in PhoneReach],
        help_text="超过 50 人的人员名单须经另一位管理员同意；下载都会留痕",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, auto_id="id_export_%s", **kwargs)
