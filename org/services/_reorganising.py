"""What the services of reorganisations share: who may, under which lock, and what is noted."""

from collections.abc import Mapping
from datetime import datetime

from django.db.models import QuerySet

from core import audit
from core.actor import Actor
from org import errors, policies
from org.kinds import ReorganisationStatus
from org.models import Reorganisation, ReorganisationStep
from org.queries import accounts
from org.queries import reorganisations as queries


def permit(actor: Actor, scope_id: int, *, at: datetime) -> None:
    """The actor is organisation administrator over the scope; OutOfScope otherwise."""
    if not policies.may_manage_units(actor, scope_id, at=at):
        raise errors.OutOfScope


def locked(actor: Actor, reorganisation_id: int, *, now: datetime) -> Reorganisation:
    """The row under its lock; ReorganisationNotFound for one that the actor does not see."""
    queries.card(actor, reorganisation_id, at=now)
    return Reorganisation.objects.select_for_update(no_key=True).get(pk=reorganisation_id)


def opened(
    actor: Actor, reorganisation_id: int, revision: int | None, *, now: datetime
) -> Reorganisation:
    """The drafter's own draft under its lock, as he read it."""
    held = locked(actor, reorganisation_id, now=now)
    if held.drafted_by_id != actor.person_id:
        raise errors.OutOfScope
    permit(actor, held.scope_id, at=now)
    if held.status not in queries.OPEN:
        raise not_open(held)
    if revision is not None and revision != held.revision:
        raise errors.ReorganisationChanged
    return held


def not_open(held: Reorganisation) -> errors.ReorganisationNotOpen:
    """What is asked for is not done in the status that it has."""
    return errors.ReorganisationNotOpen(status=ReorganisationStatus(held.status).label)


def card(held: Reorganisation) -> queries.ReorganisationCard:
    """What the queries tell of the row, whoever sees it."""
    card = queries.of_news(held.pk)
    if card is None:
        raise errors.ReorganisationNotFound
    return card


def steps(held: Reorganisation) -> QuerySet[ReorganisationStep]:
    """The steps in their order."""
    return ReorganisationStep.objects.filter(reorganisation=held).order_by("position")


def record(
    actor: Actor, action: str, held: Reorganisation, now: datetime, detail: Mapping[str, object]
) -> None:
    """The act stands in the audit log."""
    audit.record(
        actor=actor,
        action=action,
        object_kind="org.reorganisation",
        object_id=held.pk,
        unit_id=held.scope_id,
        now=now,
        detail=detail,
    )


def drafter_of(card: queries.ReorganisationCard, *, at: datetime) -> Actor:
    """The drafter as an actor; OutOfScope for one whose account no longer stands."""
    account = accounts.of_person(card.drafter_id)
    drafter = accounts.actor(account.id, at=at) if account is not None else None
    if drafter is None:
        raise errors.OutOfScope
    return drafter
