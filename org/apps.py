"""Registers org with Django."""

from django.apps import AppConfig


class OrgConfig(AppConfig):
    """Units, people, posts and authority."""

    name = "org"
    default_auto_field = "django.db.models.BigAutoField"
    verbose_name = "组织"
