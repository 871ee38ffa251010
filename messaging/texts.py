"""What the words of a message may be."""

import re
from typing import Final

from messaging import errors, policies

# Each takes six bytes in JSON, and none is shown: what looks like nothing could hide a lot.
_CONTROLS: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


def sound(body: str) -> str:
    """The words without blanks around them, their lines ending in one way.

    EmptyMessage, MessageUnprintable, MessageTooLarge.
    """
    text = body.replace("\r\n", "\n").strip()
    if not text:
        raise errors.EmptyMessage
    if _CONTROLS.search(text):
        raise errors.MessageUnprintable
    if len(text.encode()) > policies.BODY_LIMIT:
        raise errors.MessageTooLarge(limit_kib=policies.BODY_LIMIT // 1024)
    return text
