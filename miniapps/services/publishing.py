"""An approved release goes to its audience, and is taken from it in one click."""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import Max

from core import audit
from core.actor import Actor
from core.db import service
from miniapps import errors, manifests, models, policies
from miniapps.queries.publishing import RuleDraft
from miniapps.services import _loading, grants, tokens
from org.queries import appointments, units, visibility


@service
def publish(*, actor: Actor, release_id: int, audience: Sequence[RuleDraft], now: datetime) -> None:
    """Exactly the audience sees the release; the one before it is superseded.

    The scopes its reviewer approved are granted, others are withdrawn. The actor
    administers the apps of the owner unit and of every unit in the audience. VersionNotNewer
    where a later release was published already.
    """
    release = _loading.release(release_id)
    app = release.app
    if not any(rule.effect == models.RuleEffect.ALLOW for rule in audience):
        raise errors.AudienceEmpty
    _require_posts(audience, now)
    policies.require_publish(actor, app, _units_of(audience, now), at=now)
    if release.state != models.ReleaseState.APPROVED:
        raise errors.WrongState(state=release.get_state_display())
    _supersede(app, release.version_code, now)
    release.state = models.ReleaseState.PUBLISHED
    release.published_at = now
    release.save(update_fields=["state", "published_at"])
    models.AudienceRule.objects.bulk_create(
        models.AudienceRule(
            release=release,
            effect=rule.effect,
            subject=rule.subject,
            unit_id=rule.unit_id,
            person_id=rule.person_id,
        )
        for rule in dict.fromkeys(audience)
    )
    manifest = manifests.meaning_of(release.manifest)
    _follow(app, manifest)
    grants.replace(actor=actor, app_id=app.pk, release_id=release.pk, now=now)
    _audit(actor, "miniapps.release.published", release, now, rules=len(audience))


@service
def suspend(*, actor: Actor, app_id: int, reason: str, now: datetime) -> None:
    """Nobody sees the app and every token of it is dead, from the same instant."""
    app = _loading.app(app_id)
    policies.require_review(actor, app, at=now)
    release = _release_in(app, models.ReleaseState.PUBLISHED)
    release.state = models.ReleaseState.SUSPENDED
    release.ended_at = now
    release.end_reason = reason
    release.save(update_fields=["state", "ended_at", "end_reason"])
    tokens.revoke_all(actor=actor, oauth_client_id=app.oauth_client_id)
    _audit(actor, "miniapps.release.suspended", release, now, reason=reason)


@service
def resume(*, actor: Actor, app_id: int, now: datetime) -> None:
    """The suspended release is back for the audience and scopes it had.

    Takes the rights that publishing it to this audience takes.
    """
    app = _loading.app(app_id)
    policies.require_review(actor, app, at=now)
    release = _release_in(app, models.ReleaseState.SUSPENDED)
    rules = list(release.audience.all())
    policies.require_publish(actor, app, _units_of(rules, now), at=now)
    release.state = models.ReleaseState.PUBLISHED
    release.ended_at = None
    release.end_reason = ""
    release.save(update_fields=["state", "ended_at", "end_reason"])
    _audit(actor, "miniapps.release.resumed", release, now)


def _supersede(app: models.MiniApp, version_code: int, now: datetime) -> None:
    standing = app.releases.filter(
        state__in=[models.ReleaseState.PUBLISHED, models.ReleaseState.SUSPENDED]
    )
    highest = standing.aggregate(highest=Max("version_code"))["highest"] or 0
    if version_code <= highest:
        raise errors.VersionNotNewer(highest=highest)
    standing.update(state=models.ReleaseState.SUPERSEDED, ended_at=now)


def _require_posts(audience: Sequence[RuleDraft], now: datetime) -> None:
    """RuleUnclear for a person who holds no post: no administrator could agree."""
    for rule in audience:
        if rule.person_id is not None and not appointments.of_person(rule.person_id, at=now):
            raise errors.RuleUnclear


def _units_of(
    audience: Sequence[RuleDraft] | Sequence[models.AudienceRule], now: datetime
) -> list[int]:
    """The units whose administrator must agree.

    A person stands for the unit of the main post, after the last post for none; a rule for all
    needs the whole tree's.
    """
    needed = [rule.unit_id for rule in audience if rule.unit_id is not None]
    for rule in audience:
        if rule.person_id is not None:
            held = appointments.of_person(rule.person_id, at=now)
            needed += [post.unit_id for post in held[:1]]
    if any(rule.subject == models.RuleSubject.ALL for rule in audience):
        needed += [root.id for root in units.roots(at=now, viewer=visibility.EVERYTHING)]
    return needed


def _follow(app: models.MiniApp, manifest: manifests.Manifest) -> None:
    """Name, icon and addresses of the app are those of the manifest."""
    app.name = manifest.name
    app.category = manifest.category
    app.icon = manifest.icon
    app.save(update_fields=["name", "category", "icon"])
    app.oauth_client.name = manifest.name
    app.oauth_client.redirect_uris = " ".join(manifest.redirect_uris)
    app.oauth_client.save(update_fields=["name", "redirect_uris", "updated"])


def _release_in(app: models.MiniApp, state: models.ReleaseState) -> models.Release:
    release = app.releases.select_for_update().filter(state=state).first()
    if release is None:
        newest = app.releases.latest("version_code")
        raise errors.WrongState(state=newest.get_state_display())
    release.app = app
    return release


def _audit(
    actor: Actor, action: str, release: models.Release, now: datetime, **detail: object
) -> None:
    audit.record(
        actor=actor,
        action=action,
        object_kind="miniapps.release",
        object_id=release.pk,
        unit_id=release.app.owner_unit_id,
        now=now,
        detail={"app_id": release.app.app_id, "version": release.version_code, **detail},
    )
