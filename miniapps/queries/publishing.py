"""What publishing would change, told before it does."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from core import errors as core_errors
from core.actor import Actor
from miniapps import errors, policies
from miniapps.models import Grant, Release, RuleEffect, RuleSubject
from miniapps.queries import audience, registry
from org.queries import units


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
