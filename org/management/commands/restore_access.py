"""Lets an administrator in again whom nobody above is left to help."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from core import actor, errors
from org.services import first_administrators


class Command(BaseCommand):
    """`manage.py restore_access zhangsan`."""

    help = (
        "Give an account a new password, printed once, and take its second factor away, as the"
        " platform itself and in the audit log. Every session of the account ends."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Whose account it is."""
        parser.add_argument("username")

    def handle(self, *args: Any, **options: Any) -> None:
        """Restores, or says why not."""
        try:
            password = first_administrators.restore(
                actor=actor.system("restore_access"),
                username=options["username"],
                now=timezone.now(),
            )
        except errors.DomainError as refusal:
            raise CommandError(f"{refusal.text} ({refusal.code})") from refusal
        self.stdout.write(f"{options['username']}: 一次性密码: {password}")
