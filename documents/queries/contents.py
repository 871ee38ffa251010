"""The content of a document as stored, for its digest and its paper."""

from collections.abc import Iterable
from datetime import datetime

from documents import errors, papers
from documents.models import (
    Document,
    DocumentNumber,
    IssuingUnit,
    Recipient,
    RecipientRole,
    Version,
    VersionKind,
)
from documents.rendering.render import FormalDocument


def of(document: Document) -> papers.Content:
    """What the document says now."""
    recipients = list(Recipient.objects.filter(document=document).order_by("role", "position"))
    return papers.Content(
        document_type=document.document_type,
        title=document.title,
        body=document.body,
        note=document.note,
        classification=document.classification,
        urgency=document.urgency,
        main=_addressees(recipients, RecipientRole.MAIN),
        cc=_addressees(recipients, RecipientRole.CC),
    )


def letterhead(issuing_unit: IssuingUnit) -> papers.Letterhead:
    """The letterhead of a registered organ."""
    return papers.Letterhead(issuing_unit.name, issuing_unit.mark, issuing_unit.agency_code)


def draft_paper(document: Document, *, at: datetime) -> FormalDocument:
    """The paper as the reviewers see it: room for the serial, no date."""
    head = letterhead(document.issuing_unit)
    year = papers.beijing_day(at).year
    return papers.paper(
        of(document),
        head,
        number=papers.number_text(head.agency_code, year, None),
        dated_on=None,
        printed_on=None,
    )


def final_paper(document: Document) -> FormalDocument:
    """The paper to be printed: dated by the signature (Art. 9), printed on the day of its number.

    Documents without a number have none (DocumentNumber.DoesNotExist); a number without a
    signature is DocumentAltered.
    """
    number = DocumentNumber.objects.get(document=document)
    if document.signed_at is None:
        raise errors.DocumentAltered
    return papers.paper(
        of(document),
        letterhead(document.issuing_unit),
        number=papers.number_text(number.series, number.year, number.serial),
        dated_on=papers.beijing_day(document.signed_at),
        printed_on=papers.beijing_day(number.registered_at),
    )


def paper(document: Document, *, at: datetime) -> FormalDocument:
    """What the document looks like: its final version once there is one, its text until then."""
    final = Version.objects.filter(document=document, kind=VersionKind.FINAL).first()
    if final is not None:
        return papers.from_json(final.paper)
    if DocumentNumber.objects.filter(document=document).exists():
        return final_paper(document)
    return draft_paper(document, at=at)


def _addressees(
    recipients: Iterable[Recipient], role: RecipientRole
) -> tuple[papers.Addressee, ...]:
    return tuple(papers.Addressee(one.unit_id, one.name) for one in recipients if one.role == role)
