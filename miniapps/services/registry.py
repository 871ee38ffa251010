"""Developers register an app, hand in releases and take them back before approval."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import Max

from core import audit
from core import events as core_events
from core.actor import Actor
from core.db import service
from miniapps import credentials, errors, events, manifests, models, policies
from miniapps.services import _loading, tokens
from org.queries import units


@dataclass(frozen=True, slots=True)
class Registered:
    """A new app with its OAuth client. The secret is shown this once and never again."""

    app_id: int
    release_id: int
    client_id: str
    client_secret: str


@service
def register(*, actor: Actor, document: Mapping[str, Any], now: datetime) -> Registered:
    """The app stands in the registry with a first draft; the actor is its developer.

    Raises ManifestInvalid, OwnerUnitUnknown, AppIdTaken, or OwnerUnitForeign where the actor
    has no part in the owner unit.
    """
    person_id = actor.require_person()
    manifest = manifests.check(document, loopback=_loopback())
    owner_unit_id = _owner_unit(manifest)
    policies.require_register(actor, owner_unit_id, at=now)
    secret = credentials.new_secret()
    app = _new_app(manifest, owner_unit_id, secret, person_id, now)
    models.Developer.objects.create(app=app, person_id=person_id, since=now)
    release = _draft(app, manifest, document, person_id, now)
    _audit(actor, "miniapps.app.registered", app, now, digest=release.digest)
    return Registered(app.pk, release.pk, app.oauth_client.client_id, secret)


@service
def add_release(*, actor: Actor, app_id: int, document: Mapping[str, Any], now: datetime) -> int:
    """A further draft of the app; answers its id. Its version code must be the highest."""
    app = _loading.app(app_id)
    policies.require_develop(actor, app)
    manifest = manifests.check(document, loopback=_loopback())
    if manifest.app_id != app.app_id:
        raise errors.AppIdChanged(app_id=app.app_id)
    if _owner_unit(manifest) != app.owner_unit_id:
        raise errors.OwnerUnitChanged
    highest = app.releases.aggregate(highest=Max("version_code"))["highest"]
    if manifest.version_code <= highest:
        raise errors.VersionNotNewer(highest=highest)
    release = _draft(app, manifest, document, actor.require_person(), now)
    _audit(actor, "miniapps.release.drafted", app, now, digest=release.digest)
    return release.pk


@service
def submit(*, actor: Actor, release_id: int, now: datetime) -> None:
    """The draft waits for a reviewer, and who may review it hears of it."""
    release = _loading.release(release_id)
    policies.require_develop(actor, release.app)
    _require_state(release, models.ReleaseState.DRAFT)
    release.state = models.ReleaseState.SUBMITTED
    release.submitted_at = now
    release.save(update_fields=["state", "submitted_at"])
    _audit(actor, "miniapps.release.submitted", release.app, now, digest=release.digest)
    core_events.publish(
        events.ReleaseSubmitted(
            release_id=release.pk,
            app_id=release.app.pk,
            app_name=release.app.name,
            version_name=release.version_name,
            submitted_at=now,
        )
    )


@service
def withdraw(*, actor: Actor, release_id: int, now: datetime) -> None:
    """The release is a draft again; possible until somebody has decided about it."""
    release = _loading.release(release_id)
    policies.require_develop(actor, release.app)
    _require_state(release, models.ReleaseState.SUBMITTED, models.ReleaseState.REVIEWING)
    release.state = models.ReleaseState.DRAFT
    release.reviewer = None
    release.save(update_fields=["state", "reviewer"])
    _audit(actor, "miniapps.release.withdrawn", release.app, now, digest=release.digest)


@service
def renew_secret(*, actor: Actor, app_id: int, now: datetime) -> Registered:
    """The app has a new client secret; the old one and every token it bought are dead."""
    app = _loading.app(app_id)
    policies.require_develop(actor, app)
    secret = credentials.new_secret()
    app.oauth_client.client_secret = credentials.digest_of(secret)
    app.oauth_client.save(update_fields=["client_secret", "updated"])
    tokens.revoke_all(actor=actor, oauth_client_id=app.oauth_client_id)
    _audit(actor, "miniapps.app.secret_renewed", app, now)
    newest = app.releases.latest("version_code")
    return Registered(app.pk, newest.pk, app.oauth_client.client_id, secret)


def _require_state(release: models.Release, *states: models.ReleaseState) -> None:
    if release.state not in states:
        raise errors.WrongState(state=release.get_state_display())


def _owner_unit(manifest: manifests.Manifest) -> int:
    unit = units.by_code(manifest.owner_unit_code)
    if unit is None:
        raise errors.OwnerUnitUnknown(unit_code=manifest.owner_unit_code)
    return unit.id


def _new_app(
    manifest: manifests.Manifest, owner_unit_id: int, secret: str, person_id: int, now: datetime
) -> models.MiniApp:
    """The app's row with its client; AppIdTaken where the id is in use, however close the race."""
    client = _new_client(manifest, secret)
    made, is_new = models.MiniApp.objects.get_or_create(
        app_id=manifest.app_id,
        defaults={
            "name": manifest.name,
            "category": manifest.category,
            "icon": manifest.icon,
            "owner_unit_id": owner_unit_id,
            "oauth_client": client,
            "registered_by_id": person_id,
            "registered_at": now,
        },
    )
    if not is_new:
        raise errors.AppIdTaken(app_id=manifest.app_id)
    return made


def _new_client(manifest: manifests.Manifest, secret: str) -> models.OAuthApplication:
    client = models.OAuthApplication
    made: models.OAuthApplication = client.objects.create(
        client_id=credentials.new_client_id(),
        client_secret=credentials.digest_of(secret),
        hash_client_secret=False,
        client_type=client.CLIENT_CONFIDENTIAL,
        authorization_grant_type=client.GRANT_AUTHORIZATION_CODE,
        algorithm=client.RS256_ALGORITHM,
        redirect_uris=" ".join(manifest.redirect_uris),
        name=manifest.name,
    )
    return made


def _draft(
    app: models.MiniApp,
    manifest: manifests.Manifest,
    document: Mapping[str, Any],
    person_id: int,
    now: datetime,
) -> models.Release:
    return models.Release.objects.create(
        app=app,
        version_code=manifest.version_code,
        version_name=manifest.version_name,
        manifest=dict(document),
        digest=manifests.digest_of(document),
        drafted_by_id=person_id,
        drafted_at=now,
    )


def _audit(actor: Actor, action: str, app: models.MiniApp, now: datetime, **detail: object) -> None:
    audit.record(
        actor=actor,
        action=action,
        object_kind="miniapps.app",
        object_id=app.pk,
        unit_id=app.owner_unit_id,
        now=now,
        detail={"app_id": app.app_id, **detail},
    )


def _loopback() -> manifests.Loopback:
    if settings.MINIAPPS_LOOPBACK:
        return manifests.Loopback.ALLOWED
    return manifests.Loopback.REFUSED
