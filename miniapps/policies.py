"""Who may do what with an app: developers write, reviewers of the owner unit decide."""

from collections.abc import Iterable
from datetime import datetime

from core import errors as core_errors
from core.actor import Actor
from miniapps import errors, models
from org import policies as org_policies
from org.kinds import AdminRole
from org.queries import appointments, authority, units


def require_register(actor: Actor, owner_unit_id: int, *, at: datetime) -> None:
    """OwnerUnitForeign unless the actor works in the owner unit's organ or administers its apps."""
    if not has_part_in(actor.require_person(), owner_unit_id, at=at):
        raise errors.OwnerUnitForeign(unit_name=units.names([owner_unit_id])[owner_unit_id].name)


def has_part_in(person_id: int, owner_unit_id: int, *, at: datetime) -> bool:
    """The person works in the unit's organ or administers its apps."""
    if administers(person_id, owner_unit_id, at=at):
        return True
    organ = units.organ_of(owner_unit_id)
    held = appointments.of_person(person_id, at=at)
    return any(units.is_within(post.unit_id, organ.id) for post in held)


def require_develop(actor: Actor, app: models.MiniApp) -> None:
    """NotFound unless the actor belongs to the app's developers."""
    if not is_developer(actor.require_person(), app.pk):
        raise core_errors.NotFound


def require_see(actor: Actor, app: models.MiniApp, *, at: datetime) -> None:
    """NotFound unless the actor develops the app or administers the apps of its owner."""
    person_id = actor.require_person()
    if is_developer(person_id, app.pk):
        return
    if not administers(person_id, app.owner_unit_id, at=at):
        raise core_errors.NotFound


def require_review(actor: Actor, app: models.MiniApp, *, at: datetime) -> None:
    """The actor administers the apps of the owner unit and has no part in this one."""
    person_id = actor.require_person()
    if is_developer(person_id, app.pk):
        raise errors.OwnAppReviewed
    if not administers(person_id, app.owner_unit_id, at=at):
        raise core_errors.NotFound


def require_publish(
    actor: Actor, app: models.MiniApp, unit_ids: Iterable[int], *, at: datetime
) -> None:
    """The actor may review the app, and administers the apps of every unit it is shown to."""
    require_review(actor, app, at=at)
    person_id = actor.require_person()
    if not all(administers(person_id, unit_id, at=at) for unit_id in unit_ids):
        raise core_errors.Forbidden


def administrator(actor: Actor) -> org_policies.Administrator:
    """The actor as a search for units or apps of his own takes it."""
    return org_policies.Administrator(actor.require_person(), AdminRole.APPS)


def administers(person_id: int, unit_id: int, *, at: datetime) -> bool:
    """Whether the person is an app administrator over the unit."""
    return authority.administers(person_id, AdminRole.APPS, unit_id, at=at)


def is_developer(person_id: int, app_pk: int) -> bool:
    """Whether the person belongs to the app."""
    return models.Developer.objects.filter(app_id=app_pk, person_id=person_id).exists()
