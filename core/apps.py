"""Registers core with Django."""

from django.apps import AppConfig


class CoreConfig(AppConfig):
    """The floor of the product: audit chain, events, storage, errors."""

    name = "core"
    default_auto_field = "django.db.models.BigAutoField"
    verbose_name = "core"
