"""What mini-apps do on their own, by the clock (config/wiring.py)."""

from datetime import datetime

from core.actor import system
from miniapps.services import tokens


def forget_ended_tokens(now: datetime) -> None:
    """Each night, what can be used no more is gone."""
    tokens.forget_ended(actor=system("miniapps.forget_ended_tokens"), now=now)
