"""Makes the first administrators of an installation, and others that nobody is left to make."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from core import actor, errors
from org.kinds import AdminRole
from org.services import first_administrators as first


class Command(BaseCommand):
    """`manage.py appoint_administrator security 33 zhangsan --name 张三 --title 安全管理员`."""

    help = (
        "Let the holder of an account administer a unit with all below it, as the platform itself"
        " and in the audit log. With --name and --title, a person and an account are made first"
        " and the account's password is printed once."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Who administers what."""
        parser.add_argument("role", choices=AdminRole.values)
        parser.add_argument("unit_code", help="code of the unit, such as 33")
        parser.add_argument("username")
        parser.add_argument("--name", help="name of somebody the directory does not know yet")
        parser.add_argument("--title", help="the post that this person holds in the unit")

    def handle(self, *args: Any, **options: Any) -> None:
        """Appoints, or says why not."""
        if bool(options["name"]) != bool(options["title"]):
            raise CommandError("--name and --title go together")
        newcomer = first.Newcomer(options["name"], options["title"]) if options["name"] else None
        try:
            appointed = first.appoint(
                actor=actor.system("appoint_administrator"),
                role=AdminRole(options["role"]),
                unit_code=options["unit_code"],
                username=options["username"],
                newcomer=newcomer,
                now=timezone.now(),
            )
        except errors.DomainError as refusal:
            raise CommandError(f"{refusal.text} ({refusal.code})") from refusal
        self.stdout.write(f"{options['username']}: {AdminRole(options['role']).label}")
        if appointed.password is not None:
            self.stdout.write(f"一次性密码: {appointed.password}")
