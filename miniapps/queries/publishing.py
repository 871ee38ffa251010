"""What publishing would change, told before it does."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from core import errors as core_errors
from core.actor import Actor
from miniapps import errors, policies
from miniapps.models import Grant, MiniApp, Release, RuleEffect, RuleSubject
from miniapps.queries import audience, registry
from org.queries import authority, directory, units, visibility

_OFFERED: Final = 20


@dataclass(frozen=True, slots=True)
class RuleDraft:
    """One rule of an audience that is to be."""

    effect: RuleEffect
    subject: RuleSubject
    unit_id: int | None = None
    person_id: int | None = None

    @property
    def key(self) -> audience.RuleKey:
        """The rule as `audience.people_of` reads it."""
        return (self.effect, self.subject, self.unit_id, self.person_id)


@dataclass(frozen=True, slots=True)
class Reach:
    """Whom a release would reach, against what is published now."""

    total: int
    gaining: int
    losing: int
    unit_names: list[str]
    new_scopes: list[registry.ScopeLine]


def rule(
    *, effect: str, subject: str, unit_id: int | None = None, person_id: int | None = None
) -> RuleDraft:
    """The rule in those words; RuleUnclear where subject and object don't fit together."""
    drafted = RuleDraft(RuleEffect(effect), RuleSubject(subject), unit_id, person_id)
    needs_unit = drafted.subject in (RuleSubject.SUBTREE, RuleSubject.UNIT)
    needs_person = drafted.subject == RuleSubject.PERSON
    if needs_unit != (unit_id is not None) or needs_person != (person_id is not None):
        raise errors.RuleUnclear
    return drafted


def reach(actor: Actor, release_id: int, rules: Sequence[RuleDraft], *, at: datetime) -> Reach:
    """How many people would see the app, gain it and lose it, and which scopes are new.

    NotFound unless the actor may review the app. Counts people, so it reads the ids of all
    who are reached: fine for a county, slow for a province.
    """
    release = Release.objects.select_related("app").filter(pk=release_id).first()
    if release is None:
        raise core_errors.NotFound
    policies.require_review(actor, release.app, at=at)
    after = audience.people_of([rule.key for rule in rules], at=at)
    before = audience.members(release.app_id, at=at)
    held = set(
        Grant.objects.filter(app=release.app, withdrawn_at=None).values_list("scope", "org_range")
    )
    named = units.names([rule.unit_id for rule in rules if rule.unit_id is not None])
    return Reach(
        total=len(after),
        gaining=len(after - before),
        losing=len(before - after),
        unit_names=[named[rule.unit_id].name for rule in rules if rule.unit_id in named],
        new_scopes=[
            line
            for line in registry.scope_lines(release.manifest)
            if (line.name, line.org_range) not in held
        ],
    )


def offered(actor: Actor, app_id: int, text: str, *, at: datetime) -> list[directory.UnitFound]:
    """Units the actor may show the app to: found by name, or without a text those around it.

    NotFound unless the actor may review the app.
    """
    app = MiniApp.objects.filter(pk=app_id).first()
    if app is None:
        raise core_errors.NotFound
    policies.require_review(actor, app, at=at)
    administrator = policies.administrator(actor)
    if text:
        viewer = visibility.viewer_of(actor, at=at)
        return directory.search_units(
            text, at=at, viewer=viewer, administrator=administrator, limit=_OFFERED
        )
    found = _around(app.owner_unit_id)
    allowed = authority.administered(administrator, [unit.id for unit in found], at=at)
    return [unit for unit in found if unit.id in allowed]


def _around(unit_id: int) -> list[directory.UnitFound]:
    """The unit and all above it, the lowest first."""
    above = units.path(unit_id)
    return [
        directory.UnitFound(
            id=unit.id,
            code=unit.code,
            name=unit.name,
            kind=unit.kind,
            level=unit.level,
            path=" / ".join(higher.name for higher in above[:place]),
        )
        for place, unit in reversed(list(enumerate(above)))
    ]
