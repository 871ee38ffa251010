"""The app's entry in Django's registry."""

from django.apps import AppConfig


class MessagingConfig(AppConfig):
    """Conversations, messages, receipts and work notices."""

    name = "messaging"
    verbose_name = "消息"
