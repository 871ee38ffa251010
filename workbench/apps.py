"""The workbench as a Django app."""

from django import forms
from django.apps import AppConfig


class WorkbenchConfig(AppConfig):
    """The pages."""

    name = "workbench"
    verbose_name = "工作台"

    def ready(self) -> None:
        """Empty required fields are told in one wording on all pages, the sign-in ones too."""
        forms.Field.default_error_messages["required"] = "此项必填"
