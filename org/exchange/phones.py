"""How a telephone number stands in files and on pages."""

from typing import Final

MASK: Final = "*"
_SHOWN: Final = 7


def masked(phone: str) -> str:
    """The number with its middle hidden, as org.queries.people shows it; a short one wholly."""
    if len(phone) <= _SHOWN:
        return MASK * len(phone)
    return phone[:3] + MASK * (len(phone) - _SHOWN) + phone[-4:]
