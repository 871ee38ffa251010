"""Who sees which app: rules meet the viewer's units and their ancestors in one query."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db.models import Exists, OuterRef, Q, QuerySet

from core import errors as core_errors
from core.actor import Actor
from miniapps import policies
from miniapps.models import (
    AudienceRule,
    Category,
    MiniApp,
    Release,
    ReleaseState,
    RuleEffect,
    RuleSubject,
)
from org.queries import appointments, directory, people, units, visibility

_TRACED: Final = 5


@dataclass(frozen=True, slots=True)
class AppTile:
    """An app on the workbench."""

    id: int
    name: str
    category: str
    icon_url: str
    """A data: URI, or empty where the tile shows the name's first character."""
    open_url: str


@dataclass(frozen=True, slots=True)
class Entrance:
    """Where opening an app leads."""

    app_id: int
    name: str
    initiate_login_uri: str
    base_url: str


@dataclass(frozen=True, slots=True)
class RuleTrace:
    """One rule of the published release, in words, and whether it matches a person."""

    effect: str
    subject: str
    matches: bool


@dataclass(frozen=True, slots=True)
class Trace:
    """Why a person sees an app, or does not."""

    person_name: str
    unit_name: str
    is_published: bool
    is_visible: bool
    rules: list[RuleTrace]


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a viewer stands: the units of all posts held, and every unit above them."""

    person_id: int
    unit_ids: frozenset[int]
    ancestor_ids: frozenset[int]
    """The units themselves and all above."""


def apps_for(actor: Actor, *, at: datetime) -> list[AppTile]:
    """The published apps the actor sees, by category and name."""
    releases = _visible_to(standing_of(actor.require_person(), at=at))
    rows = releases.order_by("app__category", "app__name", "app_id").values_list(
        "app_id", "app__name", "app__category", "app__icon"
    )
    return [
        AppTile(
            id=app_id,
            name=name,
            category=Category(category).label,
            icon_url=icon,
            open_url=f"/apps/{app_id}/open",
        )
        for app_id, name, category, icon in rows
    ]


def entrance(app_id: int, person_id: int, *, at: datetime) -> Entrance | None:
    """Where the person enters the app; None where the app is absent, shut or hidden."""
    release = _visible_to(standing_of(person_id, at=at)).filter(app_id=app_id).first()
    if release is None:
        return None
    government = release.manifest["x_gov"]
    return Entrance(
        app_id=app_id,
        name=release.manifest["name"],
        initiate_login_uri=government["oauth"]["initiate_login_uri"],
        base_url=government["entry"]["base_url"],
    )


def is_visible(app_id: int, person_id: int, *, at: datetime) -> bool:
    """Whether the person is in the audience of the app's published release."""
    return _visible_to(standing_of(person_id, at=at)).filter(app_id=app_id).exists()


def standing_of(person_id: int, *, at: datetime) -> Standing:
    """The person's units at the time, and all units above them."""
    unit_ids = frozenset(post.unit_id for post in appointments.of_person(person_id, at=at))
    above = {unit.id for path in units.paths(unit_ids).values() for unit in path}
    return Standing(person_id, unit_ids, frozenset(above | unit_ids))


def members(app_id: int, *, at: datetime) -> frozenset[int]:
    """The ids of all people in the audience of the app's published release."""
    rules = AudienceRule.objects.filter(
        release__app_id=app_id, release__state=ReleaseState.PUBLISHED
    )
    return people_of(
        [(rule.effect, rule.subject, rule.unit_id, rule.person_id) for rule in rules], at=at
    )


RuleKey = tuple[str, str, int | None, int | None]
"""Effect, subject, unit, person."""


def people_of(rules: Iterable[RuleKey], *, at: datetime) -> frozenset[int]:
    """The ids of all people the rules let in: what is allowed, less what is denied."""
    allowed: set[int] = set()
    denied: set[int] = set()
    for effect, subject, unit_id, person_id in rules:
        reached = _people_of_rule(subject, unit_id, person_id, at=at)
        (allowed if effect == RuleEffect.ALLOW else denied).update(reached)
    return frozenset(allowed - denied)


def traces(actor: Actor, app_id: int, text: str, *, at: datetime) -> list[Trace]:
    """Why the people of that name see the app or don't; NotFound where the actor has no part."""
    app = MiniApp.objects.filter(pk=app_id).first()
    if app is None:
        raise core_errors.NotFound
    policies.require_see(actor, app, at=at)
    viewer = visibility.viewer_of(actor, at=at)
    found = directory.search_people(text, at=at, viewer=viewer, limit=_TRACED) if text else []
    return [trace(app_id, person.person_id, at=at) for person in found]


def trace(app_id: int, person_id: int, *, at: datetime) -> Trace:
    """Each rule of the published release beside what the person matches."""
    standing = standing_of(person_id, at=at)
    rules = list(
        AudienceRule.objects.filter(
            release__app_id=app_id, release__state=ReleaseState.PUBLISHED
        ).order_by("-effect", "id")
    )
    matching = set(
        AudienceRule.objects.filter(
            _matches(standing), pk__in=[rule.pk for rule in rules]
        ).values_list("pk", flat=True)
    )
    name = people.names([person_id], at=at)
    known = name.get(person_id)
    return Trace(
        person_name=known.name if known else "",
        unit_name=known.unit_name if known else "",
        is_published=Release.objects.filter(app_id=app_id, state=ReleaseState.PUBLISHED).exists(),
        is_visible=_visible_to(standing).filter(app_id=app_id).exists(),
        rules=[
            RuleTrace(rule.get_effect_display(), text, rule.pk in matching)
            for rule, text in zip(rules, in_words(rules, at=at), strict=True)
        ],
    )


def in_words(rules: Sequence[AudienceRule], *, at: datetime) -> list[str]:
    """The subjects of the rules as people read them, in the same order."""
    unit_names = units.names([rule.unit_id for rule in rules if rule.unit_id])
    person_names = people.names([rule.person_id for rule in rules if rule.person_id], at=at)
    words = []
    for rule in rules:
        label = rule.get_subject_display()
        if rule.unit_id:
            words.append(f"{unit_names[rule.unit_id].name}（{label}）")
        elif rule.person_id and rule.person_id in person_names:
            words.append(f"{person_names[rule.person_id].name}（{label}）")
        else:
            words.append(label)
    return words


def _people_of_rule(
    subject: str, unit_id: int | None, person_id: int | None, *, at: datetime
) -> Iterable[int]:
    if subject == RuleSubject.PERSON and person_id is not None:
        return [person_id]
    if subject == RuleSubject.UNIT and unit_id is not None:
        return appointments.person_ids_in(unit_id, at=at)
    if subject == RuleSubject.SUBTREE and unit_id is not None:
        return appointments.person_ids_in_subtree(unit_id, at=at)
    return [
        person_id
        for root in units.roots(at=at, viewer=visibility.EVERYTHING)
        for person_id in appointments.person_ids_in_subtree(root.id, at=at)
    ]


def _visible_to(standing: Standing) -> QuerySet[Release]:
    """The published releases with a matching allow and no matching deny."""
    matching = AudienceRule.objects.filter(_matches(standing), release=OuterRef("pk"))
    return Release.objects.filter(
        Exists(matching.filter(effect=RuleEffect.ALLOW)),
        ~Exists(matching.filter(effect=RuleEffect.DENY)),
        state=ReleaseState.PUBLISHED,
    )


def _matches(standing: Standing) -> Q:
    """Rules that speak of the viewer. Someone without a post is in no `all` either."""
    by_unit = Q(subject=RuleSubject.SUBTREE, unit_id__in=standing.ancestor_ids)
    by_unit |= Q(subject=RuleSubject.UNIT, unit_id__in=standing.unit_ids)
    if standing.unit_ids:
        by_unit |= Q(subject=RuleSubject.ALL)
    return by_unit | Q(subject=RuleSubject.PERSON, person_id=standing.person_id)
