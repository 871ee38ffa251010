"""Circulation: an issued document is sent to organs, acknowledged by them, and read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import connection

from core import audit, events
from core.actor import Actor
from core.db import service
from documents import errors, policies, told
from documents.events import DocumentDispatched
from documents.models import (
    AccessKind,
    Dispatch,
    Document,
    DocumentState,
    Recipient,
    RecipientRole,
)
from documents.services import _loading
from messaging.services import notices
from org.queries import units

_OPENED: Final = """
INSERT INTO documents_accesslog
       (document_id, person_id, organ_id, kind, first_at, last_at, count)
VALUES (%(document)s, %(person)s, %(organ)s, %(kind)s, %(now)s, %(now)s, 1)
ON CONFLICT ON CONSTRAINT documents_access_once
DO UPDATE SET last_at = greatest(documents_accesslog.last_at, excluded.last_at),
              count = documents_accesslog.count + 1
RETURNING count
"""


@dataclass(frozen=True, slots=True)
class Dispatched:
    """To which organs the document was sent just now; those that had it are left out."""

    id: int
    unit_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """When the organ acknowledged, the first time."""

    id: int
    acknowledged_at: datetime


@service
def dispatch(
    *, actor: Actor, document_id: int, unit_ids: Sequence[int], now: datetime
) -> Dispatched:
    """The organs have the document before them; an organ that has it already gets no second.

    Organs that the paper does not name may be added by the issuer only (Art. 31), as copies.
    """
    standing = _loading.standing(actor, now)
    document = _loading.locked(document_id, standing)
    if not policies.may_issue(standing, document):
        raise errors.DocumentForbidden
    _loading.require_state(document, DocumentState.ISSUED)
    wanted = _organs(unit_ids, now)
    had = set(
        Dispatch.objects.filter(document=document, unit__in=wanted).values_list(
            "unit_id", flat=True
        )
    )
    new = [unit_id for unit_id in wanted if unit_id not in had]
    named = dict(Recipient.objects.filter(document=document).values_list("unit_id", "role"))
    Dispatch.objects.bulk_create(
        Dispatch(
            document=document,
            unit_id=unit_id,
            role=named.get(unit_id, RecipientRole.CC),
            sent_at=now,
            sent_by_id=standing.person_id,
        )
        for unit_id in new
    )
    if new:
        _record(actor, "documents.document.dispatched", document, {"unit_ids": new}, now)
        events.publish(DocumentDispatched(document_id=document.pk, unit_ids=tuple(new)))
    return Dispatched(document.pk, tuple(new))


@service
def acknowledge(*, actor: Actor, document_id: int, now: datetime) -> Acknowledged:
    """The actor's organ has acknowledged the document; all its people may read it now.

    For the organ's clerk, in any post: a clerk of several organs acknowledges for each. A second
    acknowledgement answers with the time of the first.
    """
    standing = _loading.standing(actor, now)
    document = _loading.locked(document_id, standing)
    sent = Dispatch.objects.select_for_update(of=("self",)).order_by("id")
    received = list(sent.filter(document=document, unit__in=standing.organ_ids))
    if not received:
        raise errors.NotDispatched
    own = [one for one in received if policies.may_acknowledge(standing, one)]
    if not own:
        raise errors.DocumentForbidden
    first_at = now
    for one in own:
        if one.acknowledged_at is None:
            _acknowledge(actor, standing.person_id, document, one, now)
        first_at = min(first_at, one.acknowledged_at or now)
    return Acknowledged(document.pk, first_at)


@service
def record_opening(*, actor: Actor, document_id: int, now: datetime) -> None:
    """That the actor looked at the document stands in its list of readers, if it is issued."""
    _note_access(actor, document_id, AccessKind.VIEW, now)


@service
def record_download(*, actor: Actor, document_id: int, now: datetime) -> None:
    """That the actor takes the file away stands in the list of readers and in the audit log."""
    _note_access(actor, document_id, AccessKind.DOWNLOAD, now)


def _acknowledge(
    actor: Actor, person_id: int, document: Document, sent: Dispatch, now: datetime
) -> None:
    sent.acknowledged_at = now
    sent.acknowledged_by_id = person_id
    sent.save(update_fields=["acknowledged_at", "acknowledged_by"])
    _record(actor, "documents.document.acknowledged", document, {"unit_id": sent.unit_id}, now)
    key = told.dispatch_key(document.pk, sent.unit_id)
    notices.settle(actor=actor, source=told.SOURCE, key=key, now=now)


def _note_access(actor: Actor, document_id: int, kind: AccessKind, now: datetime) -> None:
    standing = _loading.standing(actor, now)
    document = (
        Document.objects.select_related("issuing_unit")
        .filter(policies.visible(standing), pk=document_id)
        .first()
    )
    if document is None:
        raise errors.DocumentNotFound
    if document.state != DocumentState.ISSUED:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            _OPENED,
            {
                "document": document.pk,
                "person": standing.person_id,
                "organ": _organ_reading(standing, document),
                "kind": kind.value,
                "now": now,
            },
        )
        count = int(cursor.fetchone()[0])
    if count == 1 or kind is AccessKind.DOWNLOAD:
        _record(actor, f"documents.document.{kind.value}ed", document, {"count": count}, now)


def _organ_reading(standing: policies.Standing, document: Document) -> int:
    """Of the reader's organs one that the document was sent to, else that of the post in use."""
    if len(standing.organ_ids) == 1:
        return standing.organ_id
    sent = policies.received(standing).filter(document=document)
    organ_ids = set(sent.values_list("unit_id", flat=True))
    is_own = document.issuing_unit.unit_id == standing.organ_id
    if not organ_ids or is_own or standing.organ_id in organ_ids:
        return standing.organ_id
    return min(organ_ids)


def _organs(unit_ids: Sequence[int], now: datetime) -> list[int]:
    """The organs; RecipientInvalid unless each is a standing organ or region."""
    wanted = list(dict.fromkeys(unit_ids))
    found = units.standing(wanted, at=now)
    is_sound = wanted and len(found) == len(wanted)
    if not is_sound or any(unit.kind not in units.ORGAN_LIKE for unit in found.values()):
        raise errors.RecipientInvalid
    return sorted(wanted)


def _record(
    actor: Actor, action: str, document: Document, detail: dict[str, object], now: datetime
) -> None:
    audit.record(
        actor=actor,
        action=action,
        object_kind="documents.document",
        object_id=document.pk,
        unit_id=document.issuing_unit.unit_id,
        detail=detail,
        now=now,
    )
