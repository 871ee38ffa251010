"""The form about what is handed over."""

from django import forms

from workbench.forms.base import PageForm


class Settle(PageForm):
    """办结交接事项."""

    refused_at = {"ORG_SUCCESSOR_UNFIT": "successor_id"}
    successor_id = forms.IntegerField(label="接手人", min_value=1, required=False)
