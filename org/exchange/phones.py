"""How a telephone number stands in files and on pages."""

import re
from typing import Final

MASK: Final = "*"
_SHOWN: Final = 7


def masked(phone: str) -> str:
    """The number with its middle hidden, as org.queries.people shows it; a short one wholly."""
    if len(phone) <= _SHOWN:
        return MASK * len(phone)
    return phone[:3] + MASK * (len(phone) - _SHOWN) + phone[-4:]


def plain(phone: str) -> str:
    """The number without the blanks and hyphens people group its digits by; 86 is our own."""
    if phone.startswith("0"):
        return phone.strip()
    return re.sub(r"[\s\-]", "", phone).removeprefix("+86")
