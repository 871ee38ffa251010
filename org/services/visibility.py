"""Administrators decide what of the directory is kept from whom."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from core import audit, db
from core.actor import Actor, ActorKind
from org import errors
from org.kinds import AdminRole, MaskedField, Scene, VisibilityEffect
from org.models import Person, Unit, VisibilityException, VisibilityRule
from org.queries import appointments, authority, visibility_rules

EXCEPTIONS_AT_MOST: Final = 200
_MAKERS: Final = (AdminRole.ORG, AdminRole.SECURITY)


@dataclass(frozen=True, slots=True)
class Subject:
    """What a rule speaks of: a unit with all below it, or one person."""

    unit_id: int | None = None
    person_id: int | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """What a rule does, where, from whom not, and for how long."""

    effect: VisibilityEffect
    scenes: Collection[Scene] = tuple(Scene)
    masked: Collection[MaskedField] = ()
    except_unit_ids: Collection[int] = ()
    except_person_ids: Collection[int] = ()
    except_levels: Collection[int] = ()
    reason: str = ""
    valid_from: datetime | None = None
    valid_to: datetime | None = None


@db.service
def make(*, actor: Actor, subject: Subject, terms: Terms, now: datetime) -> int:
    """The rule binds from its beginning on; returns its id.

    UnitNotFound or PersonNotFound where the actor does not administer the subject as an
    administrator of the organisation or of security.
    """
    _require_administers(actor, subject, at=now)
    _check_subject(subject, terms)
    _check_terms(terms, now=now)
    rule = VisibilityRule(
        unit_id=subject.unit_id,
        person_id=subject.person_id,
        made_by_id=actor.person_id,
        made_at=now,
        valid_from=terms.valid_from or now,
        **_columns(terms),
    )
    rule.save(force_insert=True)
    _write_exceptions(rule, terms)
    _record(actor, "org.visibility.made", rule, _detail(terms), now=now)
    return rule.pk


@db.service
def change(*, actor: Actor, rule_id: int, terms: Terms, now: datetime) -> None:
    """The rule keeps its subject and beginning and says what the terms say."""
    rule = _locked(actor, rule_id, now=now)
    _check_subject(Subject(rule.unit_id, rule.person_id), terms)
    _check_terms(terms, now=now)
    for name, value in _columns(terms).items():
        setattr(rule, name, value)
    rule.save(update_fields=list(_columns(terms)))
    VisibilityException.objects.filter(rule=rule).delete()
    _write_exceptions(rule, terms)
    _record(actor, "org.visibility.changed", rule, _detail(terms), now=now)


@db.service
def end(*, actor: Actor, rule_id: int, now: datetime) -> None:
    """The rule binds nobody any more."""
    rule = _locked(actor, rule_id, now=now)
    # A rule that has not begun ends at its beginning: it never binds.
    rule.valid_to = max(now, rule.valid_from)
    rule.save(update_fields=["valid_to"])
    _record(actor, "org.visibility.ended", rule, {}, now=now)


def _require_administers(actor: Actor, subject: Subject, *, at: datetime) -> None:
    if (subject.unit_id is None) == (subject.person_id is None):
        raise errors.VisibilityRuleEmpty(reason="请指定一个组织或一名人员")
    if visibility_rules.may_rule(actor, subject.unit_id, subject.person_id, at=at):
        return
    raise errors.UnitNotFound if subject.unit_id is not None else errors.PersonNotFound


def _locked(actor: Actor, rule_id: int, *, now: datetime) -> VisibilityRule:
    rule = VisibilityRule.objects.select_for_update(no_key=True).filter(pk=rule_id).first()
    if rule is None or (rule.valid_to is not None and rule.valid_to <= now):
        raise errors.VisibilityRuleNotFound
    if not visibility_rules.may_rule(actor, rule.unit_id, rule.person_id, at=now):
        raise errors.VisibilityRuleNotFound
    _require_not_from_above(actor, rule, at=now)
    return rule


def _require_not_from_above(actor: Actor, rule: VisibilityRule, *, at: datetime) -> None:
    """DoneFromAbove for a rule of a role that the actor has not, or not from as high up."""
    if actor.kind is ActorKind.SYSTEM or rule.made_by_id is None:
        return
    unit_id = rule.unit_id
    if unit_id is None and rule.person_id is not None:
        unit_id = appointments.home_unit(rule.person_id, at=at)
    if authority.is_outranked(actor.person_id, rule.made_by_id, _MAKERS, unit_id, at=at):
        raise errors.DoneFromAbove


def _check_subject(subject: Subject, terms: Terms) -> None:
    if subject.unit_id is None or terms.effect != VisibilityEffect.HIDE:
        return
    if Unit.objects.filter(pk=subject.unit_id, parent_id=None).exists():
        raise errors.VisibilityRootKept


def _check_terms(terms: Terms, *, now: datetime) -> None:
    if not terms.scenes:
        raise errors.VisibilityRuleEmpty(reason="请至少选择一个适用场景")
    if terms.effect == VisibilityEffect.MASK and not terms.masked:
        raise errors.VisibilityRuleEmpty(reason="请至少选择一个要遮盖的字段")
    if terms.valid_to is not None and terms.valid_to <= max(now, terms.valid_from or now):
        raise errors.VisibilityTermPast
    unit_ids, person_ids = set(terms.except_unit_ids), set(terms.except_person_ids)
    if Unit.objects.filter(pk__in=unit_ids).count() < len(unit_ids):
        raise errors.UnitNotFound
    if Person.objects.filter(pk__in=person_ids).count() < len(person_ids):
        raise errors.PersonNotFound


def _columns(terms: Terms) -> dict[str, Any]:
    masks = terms.effect == VisibilityEffect.MASK
    return {
        "effect": terms.effect.value,
        "scenes": [scene.value for scene in Scene if scene in terms.scenes],
        "masked": [f.value for f in MaskedField if f in terms.masked] if masks else [],
        "reason": terms.reason,
        "valid_to": terms.valid_to,
    }


def _write_exceptions(rule: VisibilityRule, terms: Terms) -> None:
    VisibilityException.objects.bulk_create(
        [
            *(VisibilityException(rule=rule, unit_id=one) for one in set(terms.except_unit_ids)),
            *(
                VisibilityException(rule=rule, person_id=one)
                for one in set(terms.except_person_ids)
            ),
            *(VisibilityException(rule=rule, level=one) for one in set(terms.except_levels)),
        ]
    )


def _detail(terms: Terms) -> dict[str, Any]:
    return {
        "effect": terms.effect.value,
        "scenes": [scene.value for scene in Scene if scene in terms.scenes],
        "masked": [field.value for field in MaskedField if field in terms.masked],
        "unit_ids": sorted(terms.except_unit_ids),
        "person_ids": sorted(terms.except_person_ids),
        "levels": sorted(terms.except_levels),
        "reason": terms.reason,
    }


def _record(
    actor: Actor, action: str, rule: VisibilityRule, detail: Mapping[str, Any], *, now: datetime
) -> None:
    audit.record(
        actor=actor,
        action=action,
        object_kind="org.visibility_rule",
        object_id=rule.pk,
        unit_id=rule.unit_id,
        now=now,
        detail={"unit_id": rule.unit_id, "person_id": rule.person_id, **detail},
    )
