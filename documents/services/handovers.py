"""Drafts and reviews of somebody who left go over to the successor, where he may have them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from approvals.services import handovers as approval_handovers
from core import audit
from core.actor import Actor, ActorKind
from core.db import service
from documents import errors, policies
from documents.models import (
    EDITABLE,
    Document,
    DocumentState,
    Participant,
    PartRole,
)
from documents.queries import handovers as queries
from org.services import departures


@dataclass(frozen=True, slots=True)
class Succession:
    """One item of a handover, and who takes it over from whom."""

    item_id: int
    from_id: int
    to_id: int


@service
def take_over_drafts(*, actor: Actor, succession: Succession, now: datetime) -> None:
    """The successor drafts what the person drafted; what was returned, with its case.

    Only for the platform itself. Only where the successor serves in the issuing organ: nobody
    else works on its text. The item says how many, and why not all.
    """
    _require_platform(actor)
    organs = policies.organs_of(succession.to_id, at=now)
    moved = kept = 0
    for document in _locked(queries.editable(succession.from_id)):
        if document.drafter_id != succession.from_id or document.state not in EDITABLE:
            continue
        if document.issuing_unit.unit_id in organs and _takes_case(
            actor, document, succession, now=now
        ):
            document.drafter_id = succession.to_id
            document.changed_at = now
            document.save(update_fields=["drafter", "changed_at"])
            _record(actor, document, succession, now=now)
            moved += 1
        else:
            kept += 1
    _report(actor, succession, "草稿", moved, kept, "接手人不在发文单位任职", now=now)


@service
def take_over_reviews(*, actor: Actor, succession: Succession, now: datetime) -> None:
    """The successor reviews, countersigns or signs where he could have been chosen to.

    Only for the platform itself. A signatory leads the organ, a reviewer serves there, and nobody
    reviews an own draft, as when a document is submitted.
    """
    _require_platform(actor)
    moved = kept = 0
    for document in _locked(queries.waiting_for(succession.from_id)):
        parts = Participant.objects.filter(document=document, person=succession.from_id)
        roles = list(parts.values_list("role", flat=True))
        if _may_take(document, roles, succession.to_id, at=now) and _takes_case(
            actor, document, succession, now=now
        ):
            _replace(document, roles, succession)
            _record(actor, document, succession, now=now)
            moved += 1
        else:
            kept += 1
    why = "接手人不能承担该环节（须为发文单位人员，签发须为其负责人）"
    _report(actor, succession, "核签", moved, kept, why, now=now)


def _takes_case(actor: Actor, document: Document, succession: Succession, *, now: datetime) -> bool:
    """The tasks of the case went over too; True where there is no case to go on with."""
    if document.state == DocumentState.DRAFT or document.case_id is None:
        return True
    return approval_handovers.take_over_in_case(
        actor=actor,
        case_id=document.case_id,
        from_id=succession.from_id,
        to_id=succession.to_id,
        now=now,
    )


def _may_take(document: Document, roles: Collection[str], person_id: int, *, at: datetime) -> bool:
    if document.drafter_id == person_id or not roles:
        return False
    organ_id = document.issuing_unit.unit_id
    if PartRole.SIGNATORY in roles and not policies.leads(person_id, organ_id, at=at):
        return False
    return PartRole.REVIEWER not in roles or organ_id in policies.organs_of(person_id, at=at)


def _replace(document: Document, roles: Collection[str], succession: Succession) -> None:
    """The successor has the parts. Whoever left keeps them as well, but signs no more."""
    Participant.objects.bulk_create(
        [Participant(document=document, person_id=succession.to_id, role=role) for role in roles],
        ignore_conflicts=True,
    )
    Participant.objects.filter(
        document=document, person=succession.from_id, role=PartRole.SIGNATORY
    ).delete()


def _locked(document_ids: Collection[int]) -> list[Document]:
    rows = Document.objects.select_for_update(of=("self",)).select_related("issuing_unit")
    return list(rows.filter(pk__in=document_ids).order_by("pk"))


def _record(actor: Actor, document: Document, succession: Succession, *, now: datetime) -> None:
    audit.record(
        actor=actor,
        action="documents.document.handed_over",
        object_kind="documents.document",
        object_id=document.pk,
        unit_id=document.issuing_unit.unit_id,
        detail={"from_id": succession.from_id, "to_id": succession.to_id},
        now=now,
    )


def _report(
    actor: Actor,
    succession: Succession,
    what: str,
    moved: int,
    kept: int,
    why: str,
    *,
    now: datetime,
) -> None:
    said = f"已转交{what} {moved} 件" if moved or kept else f"没有可转交的{what}"
    if kept:
        said += f"；{kept} 件未转交：{why}，请重开本项另行指定"
    departures.report(actor=actor, item_id=succession.item_id, result=said, now=now)


def _require_platform(actor: Actor) -> None:
    if actor.kind is not ActorKind.SYSTEM:
        raise errors.DocumentForbidden
