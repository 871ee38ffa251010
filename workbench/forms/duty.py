"""The form about a shift on duty."""

from django import forms

from workbench.forms.base import PageForm

_FORMATS = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]


def _moment(label: str) -> forms.DateTimeField:
    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format=_FORMATS[0])
    return forms.DateTimeField(label=label, input_formats=_FORMATS, widget=widget)


class Shift(PageForm):
    """值班."""

    refused_at = {"DUTY_TIMES_INVALID": "ends_at"}
    begins_at = _moment("开始")
    ends_at = _moment("结束")
