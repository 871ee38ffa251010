"""Registers config, the top of the line of apps, with Django."""

from django.apps import AppConfig


class ConfigConfig(AppConfig):
    """Settings, wiring and routes of one installation."""

    name = "config"
