"""Every change of the organisation is noted twice: for history to tell, and in the audit chain."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from core import audit, db, events
from core.actor import Actor
from org.events import UnitRenamed
from org.kinds import ChangeKind
from org.models import OrgChange

_ACTIONS: Final = {
    ChangeKind.CREATE: "org.unit.added",
    ChangeKind.RENAME: "org.unit.renamed",
    ChangeKind.UPDATE: "org.unit.updated",
    ChangeKind.CODE: "org.unit.code_set",
    ChangeKind.REORDER: "org.unit.reordered",
    ChangeKind.MOVE: "org.unit.moved",
    ChangeKind.MERGE: "org.unit.merged",
    ChangeKind.SPLIT: "org.unit.split",
    ChangeKind.ABOLISH: "org.unit.abolished",
    ChangeKind.TRANSFER: "org.person.transferred",
    ChangeKind.APPOINT: "org.appointment.made",
    ChangeKind.END: "org.appointment.ended",
}


@db.service
def note(
    *,
    actor: Actor,
    kind: ChangeKind,
    unit_id: int | None,
    before: Mapping[str, object],
    after: Mapping[str, object],
    now: datetime,
    person_id: int | None = None,
    basis: str = "",
    reorganisation_id: int | None = None,
    approved_by: int | None = None,
    action: str | None = None,
) -> None:
    """The change stands in the history of the unit, of the person or of both, and in the audit log.

    Judges no right: the service that changed something has. Takes the lock of the actor's audit
    chain until the commit, so whoever locks rows does so before the first note. That a unit bears
    another name is news for other apps.
    """
    row = OrgChange.objects.create(
        kind=kind,
        unit_id=unit_id,
        person_id=person_id,
        actor_person_id=actor.person_id,
        actor_name=actor.name[:80],
        approved_by_id=approved_by,
        basis=basis,
        reorganisation_id=reorganisation_id,
        effective_at=now,
        before=dict(before),
        after=dict(after),
    )
    _record(actor, action or _ACTIONS[kind], row)
    if kind == ChangeKind.RENAME and unit_id is not None and before["name"] != after["name"]:
        events.publish(
            UnitRenamed(unit_id=unit_id, old_name=str(before["name"]), new_name=str(after["name"]))
        )


def _record(actor: Actor, action: str, row: OrgChange) -> None:
    further = {
        "person_id": row.person_id,
        "basis": row.basis,
        "reorganisation_id": row.reorganisation_id,
        "approved_by": row.approved_by_id,
    }
    known = {name: value for name, value in further.items() if value not in (None, "")}
    audit.record(
        actor=actor,
        action=action,
        object_kind="org.unit" if row.person_id is None else "org.person",
        object_id=str(row.unit_id if row.person_id is None else row.person_id),
        unit_id=row.unit_id,
        now=row.effective_at,
        detail={"before": row.before, "after": row.after, **known},
    )
