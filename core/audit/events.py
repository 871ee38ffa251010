"""What the audit log has to tell."""

from dataclasses import dataclass
from typing import ClassVar

from core.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckAsked(Event):
    """Somebody wants the log proved."""

    name: ClassVar[str] = "core.check_asked"

    check_id: int
