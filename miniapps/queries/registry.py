"""Apps and releases as their developers and reviewers see them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from core import errors as core_errors
from core.actor import Actor
from miniapps import manifests, policies, scopes
from miniapps.models import (
    Developer,
    Grant,
    MiniApp,
    Release,
    ReleaseState,
    Review,
)
from miniapps.queries import audience
from org.queries import appointments, authority, people, units

RANGE_WORDS: Final = {
    manifests.OrgRange.SELF: "登录人本人",
    manifests.OrgRange.OWNER_UNIT: "归属单位",
    manifests.OrgRange.OWNER_SUBTREE: "归属单位及下级",
    manifests.OrgRange.AUDIENCE: "可见范围内",
}
_QUEUE_LIMIT: Final = 200


@dataclass(frozen=True, slots=True)
class ScopeLine:
    """A scope that a manifest asks for, as its approver reads it."""

    name: str
    level: int
    meaning: str
    reason: str
    org_range: str
    range_words: str


@dataclass(frozen=True, slots=True)
class AppLine:
    """An app in a list."""

    id: int
    app_id: str
    name: str
    icon_url: str
    category: str
    owner_unit_name: str
    release_id: int
    version_name: str
    state: str
    state_words: str
    is_mine: bool
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class ReviewLine:
    """What was decided about a release."""

    reviewer_name: str
    verdict: str
    remark: str
    decided_at: datetime


@dataclass(frozen=True, slots=True)
class ReleaseLine:
    """One release of an app with its story."""

    id: int
    version_code: int
    version_name: str
    state: str
    state_words: str
    digest: str
    drafted_by_name: str
    drafted_at: datetime
    submitted_at: datetime | None
    published_at: datetime | None
    end_reason: str
    scopes: list[ScopeLine]
    audience: list[tuple[str, str]]
    """Effect and subject of each rule, in words."""
    reviews: list[ReviewLine]


@dataclass(frozen=True, slots=True)
class GrantLine:
    """A scope the app holds now."""

    id: int
    name: str
    meaning: str
    range_words: str
    granted_by_name: str
    granted_at: datetime


@dataclass(frozen=True, slots=True)
class Rights:
    """What the viewer may do with the app."""

    develop: bool
    review: bool


@dataclass(frozen=True, slots=True)
class AppDetail:
    """An app with everything its people need to see."""

    line: AppLine
    description: str
    client_id: str
    base_url: str
    redirect_uris: tuple[str, ...]
    developers: list[str]
    grants: list[GrantLine]
    releases: list[ReleaseLine]
    rights: Rights


def mine(actor: Actor, *, at: datetime) -> list[AppLine]:
    """The apps the actor develops, newest first."""
    person_id = actor.require_person()
    apps = MiniApp.objects.filter(developers__person_id=person_id).order_by("-id")
    return _lines(apps, person_id)


def administered(actor: Actor, *, at: datetime) -> list[AppLine]:
    """The apps of the units whose apps the actor administers, newest first."""
    person_id = actor.require_person()
    owners = MiniApp.objects.order_by("owner_unit_id").values_list("owner_unit_id", flat=True)
    allowed = authority.administered(policies.administrator(actor), owners.distinct(), at=at)
    apps = MiniApp.objects.filter(owner_unit_id__in=allowed).order_by("-id")
    return _lines(apps[:_QUEUE_LIMIT], person_id)


def review_queue(actor: Actor, *, at: datetime) -> list[AppLine]:
    """The releases that wait for a decision the actor may take, oldest first."""
    person_id = actor.require_person()
    waiting = Release.objects.filter(
        state__in=[ReleaseState.SUBMITTED, ReleaseState.REVIEWING, ReleaseState.APPROVED]
    ).exclude(app__developers__person_id=person_id)
    owners = waiting.order_by("app__owner_unit_id").values_list("app__owner_unit_id", flat=True)
    allowed = authority.administered(policies.administrator(actor), owners.distinct(), at=at)
    mine_to_decide = waiting.filter(app__owner_unit_id__in=allowed).select_related("app")
    shown = list(mine_to_decide.order_by("submitted_at", "id")[:_QUEUE_LIMIT])
    names = units.names([item.app.owner_unit_id for item in shown])
    return [
        _line(item.app, item, names[item.app.owner_unit_id].name, is_mine=False) for item in shown
    ]


def detail(actor: Actor, app_id: int, *, at: datetime) -> AppDetail:
    """The app as the actor may see it; NotFound where he has no part in it."""
    app = MiniApp.objects.select_related("oauth_client").filter(pk=app_id).first()
    if app is None:
        raise core_errors.NotFound
    policies.require_see(actor, app, at=at)
    person_id = actor.require_person()
    releases = list(app.releases.prefetch_related("audience", "reviews").order_by("-version_code"))
    current = _current(releases)
    manifest = manifests.meaning_of(current.manifest)
    is_developer = policies.is_developer(person_id, app.pk)
    names = _names_of(app, releases, at=at)
    owner = units.names([app.owner_unit_id])[app.owner_unit_id]
    return AppDetail(
        line=_line(app, current, owner.name, is_mine=is_developer),
        description=manifest.description,
        client_id=app.oauth_client.client_id,
        base_url=manifest.base_url,
        redirect_uris=manifest.redirect_uris,
        developers=[names(row.person_id) for row in app.developers.order_by("id")],
        grants=[_grant_line(grant, names) for grant in _live_grants(app.pk)],
        releases=[_release_line(release, names, at=at) for release in releases],
        rights=Rights(
            develop=is_developer,
            review=not is_developer and policies.administers(person_id, app.owner_unit_id, at=at),
        ),
    )


def scope_lines(document: Mapping[str, Any]) -> list[ScopeLine]:
    """The scopes a stored manifest asks for, in its order."""
    return [
        ScopeLine(
            name=asked.name,
            level=scopes.CATALOGUE[asked.name].level,
            meaning=scopes.CATALOGUE[asked.name].meaning,
            reason=asked.reason,
            org_range=asked.org_range,
            range_words=RANGE_WORDS[asked.org_range],
        )
        for asked in manifests.meaning_of(document).scope_requests
    ]


class _Names:
    """Names of people, fetched once, empty for who is gone."""

    def __init__(self, person_ids: Iterable[int | None], *, at: datetime) -> None:
        wanted = {person_id for person_id in person_ids if person_id is not None}
        self._names = people.names(sorted(wanted), at=at)

    def __call__(self, person_id: int | None) -> str:
        found = self._names.get(person_id) if person_id is not None else None
        return found.name if found else ""


def _names_of(app: MiniApp, releases: Iterable[Release], *, at: datetime) -> _Names:
    wanted: list[int | None] = list(
        Developer.objects.filter(app=app).values_list("person_id", flat=True)
    )
    wanted += list(Grant.objects.filter(app=app).values_list("granted_by_id", flat=True))
    for release in releases:
        wanted.append(release.drafted_by_id)
        wanted.extend(review.reviewer_id for review in release.reviews.all())
    return _Names(wanted, at=at)


def _lines(apps: Iterable[MiniApp], person_id: int) -> list[AppLine]:
    listed = list(apps)
    keys = [app.pk for app in listed]
    by_app: dict[int, list[Release]] = {key: [] for key in keys}
    for release in Release.objects.filter(app_id__in=keys).order_by("-version_code"):
        by_app[release.app_id].append(release)
    own = set(
        Developer.objects.filter(app_id__in=keys, person_id=person_id).values_list(
            "app_id", flat=True
        )
    )
    names = units.names([app.owner_unit_id for app in listed])
    return [
        _line(app, _current(by_app[app.pk]), names[app.owner_unit_id].name, is_mine=app.pk in own)
        for app in listed
    ]


def _current(releases: list[Release]) -> Release:
    """The release that tells the app's state: the published one, else the newest."""
    for release in releases:
        if release.state in (ReleaseState.PUBLISHED, ReleaseState.SUSPENDED):
            return release
    return releases[0]


def _line(app: MiniApp, release: Release, owner_unit_name: str, *, is_mine: bool) -> AppLine:
    moments = (release.published_at, release.submitted_at, release.ended_at, release.drafted_at)
    return AppLine(
        id=app.pk,
        app_id=app.app_id,
        name=app.name,
        icon_url=app.icon,
        category=app.get_category_display(),
        owner_unit_name=owner_unit_name,
        release_id=release.pk,
        version_name=release.version_name,
        state=release.state,
        state_words=release.get_state_display(),
        is_mine=is_mine,
        changed_at=max(moment for moment in moments if moment is not None),
    )


def _release_line(release: Release, names: _Names, *, at: datetime) -> ReleaseLine:
    rules = sorted(release.audience.all(), key=lambda rule: rule.pk)
    reviews = sorted(release.reviews.all(), key=lambda review: review.pk)
    return ReleaseLine(
        id=release.pk,
        version_code=release.version_code,
        version_name=release.version_name,
        state=release.state,
        state_words=release.get_state_display(),
        digest=release.digest,
        drafted_by_name=names(release.drafted_by_id),
        drafted_at=release.drafted_at,
        submitted_at=release.submitted_at,
        published_at=release.published_at,
        end_reason=release.end_reason,
        scopes=scope_lines(release.manifest),
        audience=[
            (rule.get_effect_display(), words)
            for rule, words in zip(rules, audience.in_words(rules, at=at), strict=True)
        ],
        reviews=[_review_line(review, names) for review in reviews],
    )


def _review_line(review: Review, names: _Names) -> ReviewLine:
    return ReviewLine(
        reviewer_name=names(review.reviewer_id),
        verdict=review.get_verdict_display(),
        remark=review.remark,
        decided_at=review.decided_at,
    )


def _grant_line(grant: Grant, names: _Names) -> GrantLine:
    return GrantLine(
        id=grant.pk,
        name=grant.scope,
        meaning=scopes.CATALOGUE[grant.scope].meaning,
        range_words=RANGE_WORDS[manifests.OrgRange(grant.org_range)],
        granted_by_name=names(grant.granted_by_id),
        granted_at=grant.granted_at,
    )


def _live_grants(app_pk: int) -> list[Grant]:
    return list(Grant.objects.filter(app_id=app_pk, withdrawn_at=None).order_by("id"))


def own_organs(actor: Actor, *, at: datetime) -> list[units.UnitName]:
    """The organs the actor works in, the main post's first: she may register apps for them."""
    held = appointments.of_person(actor.require_person(), at=at)
    return list({organ.id: organ for organ in (units.organ_of(p.unit_id) for p in held)}.values())
