"""The blocks of the search: derived from the log, written behind it."""

from datetime import datetime
from typing import Final

from core.actor import Actor
from core.db import service
from messaging import policies, signatures
from messaging.models import Conversation, SearchBlock
from messaging.queries import search_blocks
from messaging.services import _searching

AT_ONCE: Final = 200
"""Blocks that one transaction writes."""


@service
def fill(*, actor: Actor, conversation_id: int, now: datetime) -> bool:
    """The next full blocks of the log are written; whether more are left. The platform's own work.

    Bears being called at any time, and twice.
    """
    policies.require_platform(actor)
    _searching.hold(conversation_id)
    last_seq = Conversation.objects.values_list("last_seq", flat=True).get(pk=conversation_id)
    found = search_blocks.missing(conversation_id, last_seq=last_seq, limit=AT_ONCE)
    SearchBlock.objects.bulk_create(
        SearchBlock(
            conversation_id=conversation_id,
            first_seq=block.first_seq,
            last_seq=block.last_seq,
            begins_at=block.begins_at,
            ends_at=block.ends_at,
            signature=signatures.sign(
                search_blocks.tokens(
                    search_blocks.said(conversation_id, block.first_seq, block.last_seq)
                )
            ),
        )
        for block in found
    )
    return len(found) == AT_ONCE


@service
def clear(*, actor: Actor, conversation_id: int, now: datetime) -> None:
    """The conversation has no blocks; it is searched all the same, message by message."""
    policies.require_platform(actor)
    _searching.hold(conversation_id)
    SearchBlock.objects.filter(conversation_id=conversation_id).delete()
