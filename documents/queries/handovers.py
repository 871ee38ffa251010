"""What of documents a person who leaves is in charge of."""

from documents.models import EDITABLE, SETTLED, Document


def drafts(person_id: int) -> int:
    """How many documents the person drafts, or was given back to revise."""
    return Document.objects.filter(drafter=person_id, state__in=EDITABLE).count()


def under_way(person_id: int) -> int:
    """How many of the person's documents are on their way to being issued."""
    mine = Document.objects.filter(drafter=person_id)
    return mine.exclude(state__in=[*EDITABLE, *SETTLED]).count()
