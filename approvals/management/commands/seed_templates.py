"""`manage.py seed_templates`: publishes the templates that come with the platform."""

import json
from pathlib import Path
from typing import Any, Final

from django.core.management.base import BaseCommand
from django.utils import timezone

from approvals.services import templates
from core import actor

SHIPPED: Final = Path(__file__).resolve().parents[2] / "templates_json"


class Command(BaseCommand):
    """Publishes every shipped template; those that have not changed stay as they are."""

    help = "Publishes the shipped approval templates; unchanged ones stay as they are."

    def handle(self, *args: Any, **options: Any) -> None:
        """Publishes each file of the folder in a transaction of its own."""
        for path in sorted(SHIPPED.glob("*.json")):
            shipped = json.loads(path.read_text(encoding="utf-8"))
            published = templates.publish(
                actor=actor.system("seed_templates"),
                key=shipped["key"],
                name=shipped["name"],
                definition=shipped["definition"],
                form_schema=shipped["form_schema"],
                now=timezone.now(),
            )
            self.stdout.write(f"{published.key}: version {published.version}")
