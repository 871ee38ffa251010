"""`manage.py seed_demo`: accounts by role and first work in a loaded province."""

import unicodedata
from argparse import ArgumentParser
from collections.abc import Iterable, Sequence
from contextlib import redirect_stderr
from io import StringIO
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from core import actor
from core.errors import DomainError
from workbench.demo import accounts, content

HINT = (
    "有验证器密钥的账号登录时还要 6 位验证码："
    '把密钥加到身份验证器应用，或运行 make manage ARGS="demo_code 县管理员"'
)
COLUMNS = ("角色", "姓名", "单位", "账号", "密码", "验证器密钥")


class Command(BaseCommand):
    """Demo accounts with random passwords, templates, the sample app and some work."""

    help = "Make demo accounts and their first work. Run again: passwords stay, nothing doubles."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Where the accounts are kept, and what to leave out."""
        parser.add_argument(
            "--accounts", type=Path, default=settings.BASE_DIR / ".local" / "accounts.json",
            help="JSON file, mode 0600; by default where `make demo` keeps it",
        )  # fmt: skip
        parser.add_argument("--sample-port", type=int, help="port of the sample mini-app")
        parser.add_argument(
            "--quick", action="store_true", help="accounts and templates only, no work"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Makes what is missing, then prints the accounts."""
        try:
            listed = self._seed(options)
        except DomainError as refusal:
            raise CommandError(f"{refusal.code}: {refusal.text}") from refusal
        rows = [
            COLUMNS,
            *((a.role, a.name, a.unit, a.username, a.password, a.totp_secret) for a in listed),
        ]
        self.stdout.write(table(rows))
        self.stdout.write(HINT)

    def _seed(self, options: dict[str, Any]) -> list[accounts.DemoAccount]:
        now = timezone.now()
        platform = actor.system("seed_demo")
        file: Path = options["accounts"]
        cast = accounts.cast(at=now)
        listed = accounts.make(cast=cast, actor=platform, kept=accounts.read(file), now=now)
        accounts.write(file, listed)
        _run("seed_templates")
        _run("seed_sign_off")
        _run("seed_lines")
        content.register_issuers(cast, actor=platform, now=now)
        if options["sample_port"]:
            _publish_sample(cast, listed, file, options["sample_port"])
        if not options["quick"]:
            self._work(cast)
        return listed

    def _work(self, cast: accounts.Cast) -> None:
        play = content.players(cast, now=timezone.now())
        content.talk(cast, play, now=timezone.now())
        content.ask_for_leave(play, now=timezone.now())
        content.circulate(cast, play, settle=settle)
        content.draft_merger(cast, play, now=timezone.now())


def _publish_sample(
    cast: accounts.Cast, listed: Iterable[accounts.DemoAccount], file: Path, port: int
) -> None:
    """The sample app is in the home county's workbenches, its credentials beside the accounts."""
    usernames = {account.role: account.username for account in listed}
    _run(
        "seed_sample_app",
        owner_unit=cast.builder.code,
        developer=usernames["应用开发者"],
        reviewer=usernames["应用审核员"],
        audience_unit=cast.home.code,
        base_url=f"http://127.0.0.1:{port}",
        credentials=file.with_name("sample-credentials.json"),
    )


def _run(command: str, **options: Any) -> None:
    """Runs another command without its lines: the table is what people look for."""
    call_command(command, stdout=StringIO(), **options)


def settle() -> None:
    """The worker's part of what was just done is done, as if a worker were running."""
    with redirect_stderr(StringIO()):  # the worker announces itself each time
        call_command("procrastinate", "worker", "--one-shot", "--queues=events")


def table(rows: Iterable[Sequence[str]]) -> str:
    """The rows in columns of even width on a terminal, Chinese characters being two wide."""
    cells = [list(row) for row in rows]
    widths = [max(map(_width, column)) for column in zip(*cells, strict=True)]
    lines = [
        "  ".join(
            cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)
        )
        for row in cells
    ]
    return "\n".join([lines[0].rstrip(), "─" * (sum(widths) + 8), *map(str.rstrip, lines[1:])])


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)
