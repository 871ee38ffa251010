"""Registers approvals with Django."""

from django.apps import AppConfig


class ApprovalsConfig(AppConfig):
    """The app that decides."""

    name = "approvals"
    default_auto_field = "django.db.models.BigAutoField"
    verbose_name = "审批"
