"""Writes the blocks of the search anew: `manage.py rebuild_message_search [--conversation N]`."""

from argparse import ArgumentParser
from typing import Any, Final

from django.core.management.base import BaseCommand
from django.utils import timezone

from core import actor
from messaging.queries import search_blocks
from messaging.services import search

_AT_ONCE: Final = 1000


class Command(BaseCommand):
    """Conversation by conversation, each of which is searched without blocks meanwhile."""

    help = "Write the blocks of the message search anew, from the messages."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which conversation; all of them without."""
        parser.add_argument("--conversation", type=int, help="only the conversation of this id")

    def handle(self, *args: Any, **options: Any) -> None:
        """Says how many conversations it was."""
        system = actor.system("rebuild_message_search")
        only = options["conversation"]
        count, after = 0, 0
        while (
            ids := [only] if only else search_blocks.conversation_ids(after=after, limit=_AT_ONCE)
        ):
            for conversation_id in ids:
                search.clear(actor=system, conversation_id=conversation_id, now=timezone.now())
                while search.fill(
                    actor=system, conversation_id=conversation_id, now=timezone.now()
                ):
                    pass
            count, after = count + len(ids), ids[-1]
            if only:
                break
        self.stdout.write(f"rebuilt the search of {count} conversations")
