"""The step of several services by which the search's blocks never deny what is in the log.

Whoever writes a block, or changes a message that may be in one, holds the conversation's advisory
lock from before looking until the commit. Senders never wait for it.
"""

import zlib
from typing import Final

from core import db, events
from messaging import signatures
from messaging.events import SearchBlockFilled
from messaging.models import Message, SearchBlock
from messaging.queries import search_blocks

_LOCK: Final = zlib.crc32(b"messaging.search_blocks") << 24


def hold(conversation_id: int) -> None:
    """The conversation's blocks are this transaction's to write until it ends."""
    db.advisory_lock_exclusive(_LOCK + conversation_id % (1 << 24))


def note_said(message: Message) -> None:
    """Every so many entries a block is full, and is written after the commit."""
    if message.seq % search_blocks.ENTRIES == 0:
        events.publish(SearchBlockFilled(conversation_id=message.conversation_id))


def note_changed(message: Message) -> None:
    """The block of a message that reads anew knows its new words."""
    hold(message.conversation_id)
    block = SearchBlock.objects.filter(
        conversation_id=message.conversation_id,
        first_seq__lte=message.seq,
        last_seq__gte=message.seq,
    ).first()
    if block is not None:
        said = search_blocks.said(block.conversation_id, block.first_seq, block.last_seq)
        block.signature = signatures.sign(search_blocks.tokens(said))
        block.save(update_fields=["signature"])
