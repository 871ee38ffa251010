"""Who is on duty for a unit: set by whoever administers its people."""

from datetime import datetime, timedelta
from typing import Final

from core import audit
from core.actor import Actor
from core.db import service
from messaging import ding_errors, policies
from messaging.models import DutyShift
from org.queries import appointments

LONGEST: Final = timedelta(days=31)


@service
def add(
    *,
    actor: Actor,
    unit_id: int,
    person_id: int,
    begins_at: datetime,
    ends_at: datetime,
    now: datetime,
) -> int:
    """The person is on duty for the unit then; setting the same again changes its end alone."""
    own_id = actor.require_person()
    policies.require_roster(actor, unit_id, at=now)
    if not begins_at < ends_at <= begins_at + LONGEST or ends_at <= now:
        raise ding_errors.ShiftTimesInvalid
    if person_id not in appointments.person_ids_in_subtree(unit_id, at=now):
        raise ding_errors.ShiftPersonForeign
    shift, _ = DutyShift.objects.update_or_create(
        unit_id=unit_id,
        person_id=person_id,
        begins_at=begins_at,
        defaults={"ends_at": ends_at, "set_by_id": own_id},
    )
    _record(actor, "messaging.duty.set", shift, now=now)
    return shift.pk


@service
def drop(*, actor: Actor, shift_id: int, now: datetime) -> None:
    """The shift stands no longer."""
    shift = DutyShift.objects.select_for_update().filter(pk=shift_id).first()
    if shift is None or not policies.may_set_roster(actor, shift.unit_id, at=now):
        raise ding_errors.ShiftNotFound
    _record(actor, "messaging.duty.dropped", shift, now=now)
    shift.delete()


def _record(actor: Actor, action: str, shift: DutyShift, *, now: datetime) -> None:
    audit.record(
        actor=actor,
        action=action,
        object_kind="duty_shift",
        object_id=shift.pk,
        now=now,
        unit_id=shift.unit_id,
        detail={
            "person_id": shift.person_id,
            "begins_at": shift.begins_at.isoformat(),
            "ends_at": shift.ends_at.isoformat(),
        },
    )
