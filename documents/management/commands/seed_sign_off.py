"""Publishes the shipped sign-off template."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from approvals.services import templates
from core import actor as actors

TEMPLATE = Path(__file__).resolve().parents[2] / "sign_off_template.json"


class Command(BaseCommand):
    """Documents can be signed: their sign-off template is published. Safe to run again."""

    help = "Publish the sign-off template of official documents (核稿、会签、签发)"

    def handle(self, *args: Any, **options: Any) -> None:
        """Publishes the template; an unchanged one stays as it is."""
        shipped = json.loads(TEMPLATE.read_text(encoding="utf-8"))
        published = templates.publish(
            actor=actors.system("seed_sign_off"), now=timezone.now(), **shipped
        )
        self.stdout.write(f"{published.key} v{published.version}")
