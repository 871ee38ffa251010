"""News of mini-apps."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from core import events


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseSubmitted(events.Event):
    """A release waits for a reviewer; it may be taken back and come again."""

    name: ClassVar[str] = "miniapps.release_submitted"

    release_id: int
    app_id: int
    app_name: str
    version_name: str
    submitted_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseDecided(events.Event):
    """A reviewer has decided; `verdict` is "approved" or "rejected"."""

    name: ClassVar[str] = "miniapps.release_decided"

    release_id: int
    app_id: int
    app_name: str
    version_name: str
    verdict: str
    remark: str
