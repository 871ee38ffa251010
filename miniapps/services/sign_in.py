"""A person enters an app: hers to see, known to it under a name of its own."""

from datetime import datetime

from django.db.models import F

from core import audit
from core import errors as core_errors
from core.actor import Actor
from core.db import service
from miniapps import models
from miniapps.queries import audience
from miniapps.services import members


@service
def admit(*, actor: Actor, client_id: str, now: datetime) -> None:
    """The app of the OAuth client knows the person, under a name no other app is given.

    NotFound where the app is not published, or not for this person.
    """
    person_id = actor.require_person()
    app = models.MiniApp.objects.filter(oauth_client__client_id=client_id).first()
    if app is None or not audience.is_visible(app.pk, person_id, at=now):
        raise core_errors.NotFound
    members.know(actor=actor, app_id=app.pk, person_ids=[person_id])
    audit.record(
        actor=actor,
        action="miniapps.app.signed_in",
        object_kind="miniapps.app",
        object_id=app.pk,
        unit_id=app.owner_unit_id,
        now=now,
        detail={"app_id": app.app_id},
    )


@service
def open_app(*, actor: Actor, app_id: int, now: datetime) -> audience.Entrance:
    """The opening is counted; answers where it leads. NotFound unless the actor sees the app."""
    person_id = actor.require_person()
    entrance = audience.entrance(app_id, person_id, at=now)
    if entrance is None:
        raise core_errors.NotFound
    opened = models.Opening.objects.filter(app_id=app_id, person_id=person_id)
    if not opened.update(times=F("times") + 1, last_at=now):
        models.Opening.objects.bulk_create(
            [models.Opening(app_id=app_id, person_id=person_id, last_at=now)],
            update_conflicts=True,
            unique_fields=["person", "app"],
            update_fields=["last_at"],
        )
    return entrance
