"""News of official documents."""

from dataclasses import dataclass
from typing import ClassVar

from core import events


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentSubmitted(events.Event):
    """A revision went to its reviewers: its PDF is to be kept."""

    name: ClassVar[str] = "documents.document_submitted"

    document_id: int
    revision: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentNumbered(events.Event):
    """A signed document has its number: the final PDF is to be set and stored."""

    name: ClassVar[str] = "documents.document_numbered"

    document_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentDispatched(events.Event):
    """A document was sent to organs: their clerks are to hear of it."""

    name: ClassVar[str] = "documents.document_dispatched"

    document_id: int
    unit_ids: tuple[int, ...]
