"""What of documents a person who leaves is in charge of."""

from approvals.queries import handovers
from documents.models import EDITABLE, SETTLED, Document, DocumentState

SUBJECT_KIND = "document"


def drafts(person_id: int) -> int:
    """How many documents the person drafts, or was given back to revise."""
    return len(editable(person_id))


def editable(person_id: int) -> list[int]:
    """Those documents."""
    mine = Document.objects.filter(drafter=person_id, state__in=EDITABLE)
    return list(mine.order_by("id").values_list("id", flat=True))


def under_way(person_id: int) -> int:
    """How many of the person's documents are on their way to being issued."""
    mine = Document.objects.filter(drafter=person_id)
    return mine.exclude(state__in=[*EDITABLE, *SETTLED]).count()


def waiting_for(person_id: int) -> list[int]:
    """The documents that wait for the person to review, countersign or sign."""
    asked = handovers.subjects_waiting(person_id, SUBJECT_KIND)
    waiting = Document.objects.filter(pk__in=asked, state=DocumentState.IN_REVIEW)
    return list(waiting.order_by("id").values_list("id", flat=True))
