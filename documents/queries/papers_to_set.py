"""Papers that wait to be typeset."""

from datetime import datetime

from documents.models import Document, DocumentState
from documents.queries import contents
from documents.rendering.render import FormalDocument


def review_copy(document_id: int, revision: int, *, at: datetime) -> FormalDocument | None:
    """The paper of a submitted revision; None once the text has moved on."""
    document = (
        Document.objects.select_related("issuing_unit")
        .filter(pk=document_id, revision=revision)
        .first()
    )
    return None if document is None else contents.draft_paper(document, at=at)


def final(document_id: int) -> FormalDocument | None:
    """The paper of a numbered document; None if it is issued already."""
    document = (
        Document.objects.select_related("issuing_unit")
        .filter(pk=document_id, state=DocumentState.NUMBERED)
        .first()
    )
    return None if document is None else contents.final_paper(document)
