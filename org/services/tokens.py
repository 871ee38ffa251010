"""Tokens of provisioning systems are made and revoked."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Q

from core import audit, crypto, db
from core.actor import Actor, ActorKind
from org import errors, policies
from org.models import ScimToken, Unit
from org.queries import tokens as queries

PREFIX: Final = "tws_"
"""So that a secret found in a log or a repository is recognised for what it is."""
DAYS_AT_MOST: Final = 366
_USE_NOTED_EVERY: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Made:
    """A new token. The secret is nowhere else: who loses it makes another."""

    token_id: int
    secret: str


@db.service
def make(*, actor: Actor, name: str, root_id: int, expires_at: datetime, now: datetime) -> Made:
    """The token stands for the subtree until it expires, as far as its maker's rights go."""
    _permit(actor, root_id, at=now)
    if not Unit.objects.filter(pk=root_id, valid_to__isnull=True).exists():
        raise errors.UnitNotFound
    if not now < expires_at <= now + timedelta(days=DAYS_AT_MOST):
        raise errors.TokenTerm(days=DAYS_AT_MOST)
    secret = f"{PREFIX}{secrets.token_urlsafe(32)}"
    token = ScimToken.objects.create(
        name=name,
        digest=crypto.blind_index(secret),
        root_id=root_id,
        created_by_id=actor.person_id,
        created_at=now,
        expires_at=expires_at,
    )
    _record(actor, "org.token.made", token, now=now)
    return Made(token_id=token.pk, secret=secret)


@db.service
def revoke(*, actor: Actor, token_id: int, now: datetime) -> None:
    """The token is worth nothing from the next request on; TokenNotFound once it is."""
    token = (
        ScimToken.objects.select_for_update(no_key=True)
        .filter(pk=token_id, revoked_at__isnull=True)
        .first()
    )
    if token is None or not _may_make(actor, token.root_id, at=now):
        raise errors.TokenNotFound
    token.revoked_at = now
    token.save(update_fields=["revoked_at"])
    _record(actor, "org.token.revoked", token, now=now)


@db.service
def note_use(*, actor: Actor, token_id: int, now: datetime) -> None:
    """The token's page says that it was used, to the minute: not a write for every request."""
    unnoted = Q(last_used_at__isnull=True) | Q(last_used_at__lt=now - _USE_NOTED_EVERY)
    ScimToken.objects.filter(unnoted, pk=token_id).update(last_used_at=now)


def _permit(actor: Actor, root_id: int, *, at: datetime) -> None:
    if not _may_make(actor, root_id, at=at):
        raise errors.OutOfScope


def _may_make(actor: Actor, root_id: int, *, at: datetime) -> bool:
    if actor.kind is ActorKind.SYSTEM:
        return True
    if actor.kind is not ActorKind.PERSON or actor.person_id is None:
        return False
    return any(policies.holds(actor.person_id, role, root_id, at=at) for role in queries.MAKERS)


def _record(actor: Actor, action: str, token: ScimToken, *, now: datetime) -> None:
    audit.record(
        actor=actor,
        action=action,
        object_kind="org.scim_token",
        object_id=token.pk,
        unit_id=token.root_id,
        now=now,
        detail={"name": token.name, "valid_until": token.expires_at.isoformat()},
    )
