"""Sign-off: a document goes through an approval case and comes back signed or not at all."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from approvals.queries import tasks
from approvals.services import cases
from core import audit, events
from core.actor import Actor
from core.db import service
from documents import errors, papers, policies
from documents.events import DocumentSubmitted
from documents.models import (
    EDITABLE,
    Document,
    DocumentState,
    DocumentType,
    Participant,
    PartRole,
    Urgency,
)
from documents.queries import contents
from documents.rendering import fonts
from documents.services import _loading
from org.queries import appointments, units

TEMPLATE_KEY: Final = "document_sign_off"
SUBJECT_KIND: Final = "document"
_SIGNING: Final = ("head", "deputy")


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Whom the drafter asks: reviewers (any one), countersigners (all), one signatory."""

    reviewer_ids: Sequence[int]
    countersigner_ids: Sequence[int] = ()
    signatory_id: int

    def chosen(self) -> dict[str, Sequence[int]]:
        """The people by node of the sign-off template."""
        return {
            "review": self.reviewer_ids,
            "countersign": self.countersigner_ids,
            "sign": [self.signatory_id],
        }


@dataclass(frozen=True, slots=True)
class Submitted:
    """A document that is with its reviewers."""

    id: int
    case_id: int
    revision: int


@service
def submit(*, actor: Actor, document_id: int, route: Route, now: datetime) -> Submitted:
    """The text is frozen and its reviewers are asked; a returned one goes on in its case.

    The case is bound to the digest of what is submitted. Only leaders of the organ sign, and
    nobody reviews an own draft.
    """
    standing = _loading.standing(actor, now)
    document = _loading.locked(document_id, standing)
    if not policies.may_edit(standing, document):
        raise errors.DocumentForbidden
    if document.state not in EDITABLE:
        raise errors.DocumentNotEditable
    content = contents.of(document)
    _require_complete(content)
    _require_route(document, route, now)
    document.case_id = _ask(actor, document, content, route, now)
    document.state = DocumentState.IN_REVIEW
    document.changed_at = now
    document.save(update_fields=["case", "state", "changed_at"])
    _involve(document, route)
    _record(actor, "documents.document.submitted", document, now)
    events.publish(DocumentSubmitted(document_id=document.pk, revision=document.revision))
    return Submitted(document.pk, document.case_id, document.revision)


@service
def note_task(*, actor: Actor, document_id: int, case_id: int, now: datetime) -> None:
    """The document is editable if its case waits for the drafter, and frozen otherwise.

    Asks the case how it stands now, so that news heard late or twice does no harm.
    """
    document = _of_case(document_id, case_id)
    if document is None:
        return
    task = tasks.open_task_of(case_id, document.drafter_id)
    waits_for_drafter = task is not None and task.kind == "resubmit"
    if waits_for_drafter and document.state == DocumentState.IN_REVIEW:
        _move(actor, document, DocumentState.RETURNED, "documents.document.returned", now)
    elif not waits_for_drafter and document.state == DocumentState.RETURNED:
        _move(actor, document, DocumentState.IN_REVIEW, "documents.document.submitted", now)


@service
def note_outcome(
    *,
    actor: Actor,
    document_id: int,
    case_id: int,
    approved: bool,
    digest: str,
    decider_id: int | None,
    ended_at: datetime,
    now: datetime,
) -> None:
    """The document is signed if the signatory approved exactly this text; else a draft again.

    Hearing it twice changes nothing.
    """
    document = _of_case(document_id, case_id)
    if document is None:
        return
    is_same_text = digest == document.digest == papers.digest(contents.of(document))
    signatory = Participant.objects.filter(
        document=document, person=decider_id, role=PartRole.SIGNATORY
    )
    if not approved or not is_same_text or not signatory.exists():
        _move(actor, document, DocumentState.DRAFT, "documents.document.not_signed", now)
        return
    document.signatory_id = decider_id
    document.signed_at = ended_at
    _move(actor, document, DocumentState.SIGNED, "documents.document.signed", now)


def _require_complete(content: papers.Content) -> None:
    if not content.main:
        raise errors.RecipientMissing
    boxes = fonts.unprintable(content.title + content.body + content.note)
    if boxes:
        raise errors.UnprintableText(characters=boxes[:20])


def _require_route(document: Document, route: Route, now: datetime) -> None:
    organ_id = document.issuing_unit.unit_id
    reviewers = set(route.reviewer_ids)
    if not reviewers or document.drafter_id in reviewers:
        raise errors.ReviewerInvalid
    for reviewer_id in sorted(reviewers):
        posts = appointments.of_person(reviewer_id, at=now)
        if organ_id not in {units.organ_of(post.unit_id).id for post in posts}:
            raise errors.ReviewerInvalid
    signs = [
        post
        for post in appointments.of_person(route.signatory_id, at=now)
        if post.unit_id == organ_id and post.function in _SIGNING
    ]
    if not signs:
        raise errors.SignatoryInvalid


def _ask(
    actor: Actor, document: Document, content: papers.Content, route: Route, now: datetime
) -> int:
    form = _form(content)
    subject = cases.Subject(SUBJECT_KIND, document.pk, document.digest)
    key = f"document-{document.pk}-{document.revision}-{now.timestamp():.6f}"
    if document.state == DocumentState.RETURNED and document.case_id is not None:
        task = tasks.open_task_of(document.case_id, document.drafter_id)
        if task is None or task.kind != "resubmit":
            raise errors.DocumentNotEditable
        return cases.resubmit(
            actor=actor,
            task_id=task.task_id,
            form=form,
            chosen=route.chosen(),
            subject=subject,
            remark="",
            idempotency_key=key,
            now=now,
        ).case_id
    return cases.start(
        actor=actor,
        template_key=TEMPLATE_KEY,
        title=content.title,
        form=form,
        subject=subject,
        chosen=route.chosen(),
        idempotency_key=key,
        now=now,
    ).case_id


def _form(content: papers.Content) -> dict[str, Any]:
    """What the approvers read beside the paper."""
    form = {
        "document_type": DocumentType(content.document_type).label,
        "title": content.title,
        "main_recipients": "、".join(unit.name for unit in content.main),
        "cc_recipients": "、".join(unit.name for unit in content.cc),
        "urgency": Urgency(content.urgency).label,
    }
    return {name: value for name, value in form.items() if value}


def _involve(document: Document, route: Route) -> None:
    asked = {
        *((PartRole.REVIEWER, person) for person in route.reviewer_ids),
        *((PartRole.COUNTERSIGNER, person) for person in route.countersigner_ids),
        (PartRole.SIGNATORY, route.signatory_id),
    }
    Participant.objects.filter(document=document).delete()
    Participant.objects.bulk_create(
        Participant(document=document, person_id=person, role=role)
        for role, person in sorted(asked)
    )


def _of_case(document_id: int, case_id: int) -> Document | None:
    """The document, locked, while its case decides about it; None once that is settled."""
    return (
        Document.objects.select_for_update(of=("self",))
        .select_related("issuing_unit")
        .filter(
            pk=document_id,
            case_id=case_id,
            state__in=[DocumentState.IN_REVIEW, DocumentState.RETURNED],
        )
        .first()
    )


def _move(
    actor: Actor, document: Document, state: DocumentState, action: str, now: datetime
) -> None:
    document.state = state
    document.changed_at = now
    document.save(update_fields=["state", "changed_at", "signatory", "signed_at"])
    _record(actor, action, document, now)


def _record(actor: Actor, action: str, document: Document, now: datetime) -> None:
    audit.record(
        actor=actor,
        action=action,
        object_kind="documents.document",
        object_id=document.pk,
        unit_id=document.issuing_unit.unit_id,
        detail={
            "revision": document.revision,
            "digest": document.digest,
            "case_id": document.case_id,
            "signatory_id": document.signatory_id,
        },
        now=now,
    )
