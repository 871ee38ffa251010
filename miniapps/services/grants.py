"""Scopes an app holds: given by its reviewer, gone the moment they are withdrawn."""

from datetime import datetime

from core import audit
from core import errors as core_errors
from core.actor import Actor
from core.db import service
from miniapps import manifests, models, policies
from miniapps.services import _loading, tokens


@service
def replace(*, actor: Actor, app_id: int, release_id: int, now: datetime) -> None:
    """The app holds what the release asks for and its reviewer approved, nothing else.

    Part of publishing: tokens that were bought with a withdrawn scope are dead.
    """
    release = models.Release.objects.get(pk=release_id, app_id=app_id)
    asked = {
        request.name: request.org_range.value
        for request in manifests.meaning_of(release.manifest).scope_requests
    }
    held = list(models.Grant.objects.select_for_update().filter(app_id=app_id, withdrawn_at=None))
    kept = {grant.scope for grant in held if asked.get(grant.scope) == grant.org_range}
    ended = [grant.pk for grant in held if grant.scope not in kept]
    models.Grant.objects.filter(pk__in=ended).update(withdrawn_at=now)
    if ended:
        tokens.revoke_all(actor=actor, oauth_client_id=release.app.oauth_client_id)
    approval = release.reviews.filter(verdict=models.Verdict.APPROVED).latest("id")
    models.Grant.objects.bulk_create(
        models.Grant(
            app_id=app_id,
            scope=scope,
            org_range=org_range,
            granted_by_id=approval.reviewer_id,
            granted_at=now,
        )
        for scope, org_range in asked.items()
        if scope not in kept
    )


@service
def withdraw(*, actor: Actor, grant_id: int, now: datetime) -> None:
    """The app no longer holds the scope, and all of its tokens are dead."""
    app_id = models.Grant.objects.filter(pk=grant_id).values_list("app_id", flat=True).first()
    if app_id is None:
        raise core_errors.NotFound
    app = _loading.app(app_id)
    policies.require_review(actor, app, at=now)
    grant = models.Grant.objects.select_for_update().get(pk=grant_id)
    if grant.withdrawn_at is not None:
        raise core_errors.Conflict
    grant.withdrawn_at = now
    grant.save(update_fields=["withdrawn_at"])
    tokens.revoke_all(actor=actor, oauth_client_id=app.oauth_client_id)
    audit.record(
        actor=actor,
        action="miniapps.grant.withdrawn",
        object_kind="miniapps.app",
        object_id=app.pk,
        unit_id=app.owner_unit_id,
        now=now,
        detail={"app_id": app.app_id, "scope": grant.scope},
    )
