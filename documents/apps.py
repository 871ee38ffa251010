"""Registers documents with Django."""

from django.apps import AppConfig


class DocumentsConfig(AppConfig):
    """Official documents: drafting, sign-off, numbers, issuing, circulation."""

    name = "documents"
    default_auto_field = "django.db.models.BigAutoField"
    verbose_name = "公文"
