"""What documents does when it hears news. Each may run twice."""

from datetime import datetime
from typing import Final

from approvals.events import CaseEnded, TaskOpened
from core import actor as actors
from core import storage
from documents import papers, told
from documents.events import DocumentDispatched, DocumentNumbered, DocumentSubmitted
from documents.queries import circulation as circulation_queries
from documents.queries import handovers, papers_to_set
from documents.queries import issuing as issuing_queries
from documents.rendering import render
from documents.rendering.render import FormalDocument
from documents.services import handovers as handover_services
from documents.services import issuing, sharing, sign_off
from messaging.services import notices
from org.events import HandoverSettled, PersonLeft
from org.kinds import HandoverKind
from org.services import departures

_DRAFTS_ADVICE: Final = "指定发文单位的人员为接手人，即自动转交，由其继续拟稿"
_UNDER_WAY_ADVICE: Final = "核签照常进行；如被退回修改，届时重开本项并指定发文单位的接手人"
_REVIEWS_ADVICE: Final = "指定接手人即自动转交；签发须由发文单位的负责人接手"
PDF: Final = "application/pdf"


def on_task_opened(event: TaskOpened, now: datetime) -> None:
    """A document that came back to its drafter is editable again."""
    if event.subject_kind != sign_off.SUBJECT_KIND or event.subject_id is None:
        return
    sign_off.note_task(
        actor=actors.system("documents"),
        document_id=event.subject_id,
        case_id=event.case_id,
        now=now,
    )
    _renew_card(event.subject_id, now)


def on_case_ended(event: CaseEnded, now: datetime) -> None:
    """A document whose case ended is signed, and its organ's clerks know; or a draft again."""
    if event.subject_kind != sign_off.SUBJECT_KIND or event.subject_id is None:
        return
    sign_off.note_outcome(
        actor=actors.system("documents"),
        document_id=event.subject_id,
        case_id=event.case_id,
        approved=event.outcome == "approved",
        digest=event.subject_digest,
        decider_id=event.last_decider_id,
        ended_at=event.ended_at,
        now=now,
    )
    _tell_who_numbers(event.subject_id, now)
    _renew_card(event.subject_id, now)


def on_document_submitted(event: DocumentSubmitted, now: datetime) -> None:
    """The PDF that the reviewers decide about is kept."""
    _renew_card(event.document_id, now)
    paper = papers_to_set.review_copy(event.document_id, event.revision, at=now)
    if paper is None:
        return
    issuing.record_review_copy(
        actor=actors.system("documents"),
        document_id=event.document_id,
        revision=event.revision,
        typeset=_typeset(paper),
        now=now,
    )


def on_document_numbered(event: DocumentNumbered, now: datetime) -> None:
    """The final PDF is set, stored, checked, and only then named by a row."""
    paper = papers_to_set.final(event.document_id)
    if paper is not None:
        issuing.record_final(
            actor=actors.system("documents"),
            document_id=event.document_id,
            typeset=_typeset(paper),
            now=now,
        )
    _renew_card(event.document_id, now)


def on_document_dispatched(event: DocumentDispatched, now: datetime) -> None:
    """The clerks of the organs it was sent to have a work notice."""
    for mail in circulation_queries.to_acknowledge(event.document_id, event.unit_ids, at=now):
        notices.send(
            actor=actors.system("documents"),
            source=told.SOURCE,
            source_name=told.SOURCE_NAME,
            key=told.dispatch_key(event.document_id, mail.unit_id),
            person_ids=mail.clerk_ids,
            title=f"待签收：{mail.title}",
            body=f"{mail.issuer_name} {mail.number_text}",
            link=f"/documents/{event.document_id}/",
            now=now,
        )


def on_person_left(event: PersonLeft, now: datetime) -> None:
    """The handover says how many documents the person was drafting or had under way."""
    # Counts, not titles: who sees to a handover has no part in the documents.
    drafts = handovers.drafts(event.person_id)
    under_way = handovers.under_way(event.person_id)
    owned = []
    if drafts:
        owned.append(
            departures.Owned("drafts", f"草拟中或退回修改的公文 {drafts} 件", advice=_DRAFTS_ADVICE)
        )
    if under_way:
        owned.append(
            departures.Owned("under_way", f"核签中的公文 {under_way} 件", advice=_UNDER_WAY_ADVICE)
        )
    reviews = len(handovers.waiting_for(event.person_id))
    if reviews:
        owned.append(
            departures.Owned("reviews", f"待核签的公文 {reviews} 件", advice=_REVIEWS_ADVICE)
        )
    departures.add_owned(
        actor=actors.system("documents"),
        handover_id=event.handover_id,
        kind=HandoverKind.DOCUMENTS,
        owned=owned,
        now=now,
    )


def on_handover_settled(event: HandoverSettled, now: datetime) -> None:
    """The successor drafts or reviews what the person did who left."""
    if event.kind != HandoverKind.DOCUMENTS:
        return
    take_over = (
        handover_services.take_over_reviews
        if event.subject == "reviews"
        else handover_services.take_over_drafts
    )
    take_over(
        actor=actors.system("documents"),
        succession=handover_services.Succession(event.item_id, event.person_id, event.successor_id),
        now=now,
    )


def _tell_who_numbers(document_id: int, now: datetime) -> None:
    waiting = issuing_queries.to_number(document_id, at=now)
    if waiting is None:
        return
    notices.send(
        actor=actors.system("documents"),
        source=told.SOURCE,
        source_name=told.SOURCE_NAME,
        key=told.number_key(document_id),
        person_ids=waiting.clerk_ids,
        title=f"待编号：{waiting.title}",
        body=f"{waiting.issuer_name}　已签发，请编号印发",
        link=f"/documents/{document_id}/",
        now=now,
    )


def _typeset(paper: FormalDocument) -> issuing.Typeset:
    """Sets and stores outside any transaction. Equal papers make equal bytes and one object."""
    rendered = render.render(paper)
    stored = storage.put(
        key=storage.content_key("documents", rendered.pdf),
        content=rendered.pdf,
        content_type=PDF,
    )
    return issuing.Typeset(stored=stored, pages=rendered.pages, paper=papers.to_json(paper))


def _renew_card(document_id: int, now: datetime) -> None:
    sharing.renew(actor=actors.system("documents"), document_id=document_id, now=now)
