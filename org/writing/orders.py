"""By whose order and on what basis something changes: what every change is told with."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.actor import Actor


@dataclass(frozen=True, slots=True)
class Order:
    """Who acts when, by which document, within which reorganisation, approved by whom."""

    actor: Actor
    now: datetime
    basis: str = ""
    reorganisation_id: int | None = None
    approved_by: int | None = None

    @property
    def told(self) -> dict[str, Any]:
        """What org.services.changes.note is told of it, by keyword."""
        return {name: getattr(self, name) for name in self.__slots__}
