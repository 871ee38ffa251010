"""The workbench as a Django app."""

from django.apps import AppConfig


class WorkbenchConfig(AppConfig):
    """The pages; nothing to prepare."""

    name = "workbench"
    verbose_name = "工作台"
