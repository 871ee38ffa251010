"""Django's entry for the app."""

from django.apps import AppConfig


class MiniappsConfig(AppConfig):
    """The mini-apps' app."""

    name = "miniapps"
    verbose_name = "微应用"
    default_auto_field = "django.db.models.BigAutoField"
