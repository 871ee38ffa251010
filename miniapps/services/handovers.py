"""Apps whose developer left the organisation have another."""

from dataclasses import dataclass
from datetime import datetime

from core import audit
from core.actor import Actor, ActorKind
from core.db import service
from miniapps import errors, models, policies
from miniapps.services import _loading
from org.queries import units
from org.services import departures


@dataclass(frozen=True, slots=True)
class Succession:
    """One item of a handover, and who takes it over from whom."""

    item_id: int
    from_id: int
    to_id: int


@service
def take_over(*, actor: Actor, app_id: int, succession: Succession, now: datetime) -> None:
    """The successor develops the app, and whoever left does no more; the item says so.

    Only for the platform itself, and only for somebody who might have registered the app and is
    not about to review it.
    """
    if actor.kind is not ActorKind.SYSTEM:
        raise errors.OwnerUnitForeign(unit_name="")
    app = _loading.app(app_id)
    result = _take_over(actor, app, succession, now=now)
    departures.report(actor=actor, item_id=succession.item_id, result=result, now=now)


def _take_over(actor: Actor, app: models.MiniApp, succession: Succession, *, now: datetime) -> str:
    held = models.Developer.objects.filter(app=app, person=succession.from_id)
    if not held.exists():
        return "开发者已变更，无须转交"
    if not policies.has_part_in(succession.to_id, app.owner_unit_id, at=now):
        owner = units.names([app.owner_unit_id])[app.owner_unit_id].name
        return f"未转交：接手人不在应用所属单位“{owner}”，请重开本项另行指定"
    if app.releases.filter(reviewer=succession.to_id).exists():
        return "未转交：接手人审核过该应用的版本，请重开本项另行指定"
    models.Developer.objects.get_or_create(
        app=app, person_id=succession.to_id, defaults={"since": now}
    )
    held.delete()
    audit.record(
        actor=actor,
        action="miniapps.app.handed_over",
        object_kind="miniapps.app",
        object_id=app.pk,
        unit_id=app.owner_unit_id,
        now=now,
        detail={"app_id": app.app_id, "from_id": succession.from_id, "to_id": succession.to_id},
    )
    return "已转交，接手人为开发者"
