"""`manage.py demo_code 县管理员`: the code that a demo administrator signs in with now."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from org.credentials import totp
from workbench.demo import accounts


class Command(BaseCommand):
    """What an authenticator app would show, for trying the demo without a telephone."""

    help = "Print the one-time code of a demo administrator, by role or username."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Whose code, and where the accounts are kept."""
        parser.add_argument("who", help="the role (县管理员) or the username")
        parser.add_argument(
            "--accounts", type=Path, default=settings.BASE_DIR / ".local" / "accounts.json"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Prints the code and for how long it is good."""
        now = timezone.now()
        for account in accounts.read(options["accounts"]):
            if options["who"] in (account.role, account.username) and account.totp_secret:
                left = totp.STEP_SECONDS - int(now.timestamp()) % totp.STEP_SECONDS
                code = totp.code_at(account.totp_secret, totp.counter_at(now))
                self.stdout.write(f"{code}  （{left} 秒内有效）")
                return
        raise CommandError(f"no demo administrator {options['who']} in {options['accounts']}")
