"""Registering organs that may issue documents (Art. 37)."""

from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction

from core import audit
from core import errors as core_errors
from core.actor import Actor, ActorKind
from core.db import service
from documents import errors
from documents.models import IssuingUnit
from org.queries import authority, units


@dataclass(frozen=True, slots=True)
class Registered:
    """A registered organ; `agency_code` opens its document numbers."""

    id: int
    unit_id: int
    agency_code: str


@service
def register(
    *, actor: Actor, unit_id: int, agency_code: str, mark: str, now: datetime
) -> Registered:
    """The organ may issue documents under its agency code and mark from now on.

    For administrators of the organ and for the platform's own commands. IssuingUnitTaken if
    it is registered.
    """
    if not _may_register(actor, unit_id, now):
        raise core_errors.Forbidden
    unit = units.standing([unit_id], at=now).get(unit_id)
    if unit is None or units.organ_of(unit_id).id != unit_id:
        raise errors.RecipientInvalid
    registered = IssuingUnit(
        unit_id=unit_id, name=unit.name, mark=mark, agency_code=agency_code, registered_at=now
    )
    try:
        with transaction.atomic():
            registered.save(force_insert=True)
    except IntegrityError as error:
        if "documents_issuingunit_unit_id_key" in str(error):
            raise errors.IssuingUnitTaken from error
        raise
    audit.record(
        actor=actor,
        action="documents.issuing_unit.registered",
        object_kind="documents.issuing_unit",
        object_id=registered.pk,
        unit_id=unit_id,
        detail={"agency_code": agency_code, "mark": mark},
        now=now,
    )
    return Registered(registered.pk, unit_id, agency_code)


def _may_register(actor: Actor, unit_id: int, now: datetime) -> bool:
    if actor.kind is ActorKind.SYSTEM:
        return True
    return authority.administers(actor.require_person(), "org", unit_id, at=now)
