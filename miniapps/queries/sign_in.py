"""What the sign-in protocol asks: is the app open, for whom, with which scopes and claims."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from oauth2_provider.models import get_access_token_model

from miniapps.models import Grant, Release, ReleaseState, Subject
from miniapps.queries import audience, members
from miniapps.scopes import ScopeKind, of_kind
from org.queries import accounts, people, units


@dataclass(frozen=True, slots=True)
class Client:
    """The app behind an OAuth client, while it is published."""

    app_id: int
    app_code: str
    """The manifest's app_id."""
    name: str


@dataclass(frozen=True, slots=True)
class Claims:
    """What an app may learn about the person who signed in, scope by scope."""

    sub: str
    name: str
    unit_code: str
    unit_name: str
    title: str


def open_client(oauth_client_id: int) -> Client | None:
    """The app of the OAuth client; None unless one of its releases is published."""
    release = (
        Release.objects.select_related("app")
        .filter(app__oauth_client_id=oauth_client_id, state=ReleaseState.PUBLISHED)
        .first()
    )
    if release is None:
        return None
    return Client(release.app_id, release.app.app_id, release.app.name)


def is_open_for(oauth_client_id: int, account_id: int, *, at: datetime) -> bool:
    """Whether the app is published and the account, while it can act at all, sees it."""
    client = open_client(oauth_client_id)
    actor = accounts.actor(account_id, at=at)
    if client is None or actor is None:
        return False
    return audience.is_visible(client.app_id, actor.require_person(), at=at)


def granted_scopes(oauth_client_id: int, kind: ScopeKind, *, at: datetime) -> frozenset[str]:
    """The names of the scopes of that kind that the app holds."""
    held = Grant.objects.filter(
        Q(expires_at__isnull=True) | Q(expires_at__gt=at),
        app__oauth_client_id=oauth_client_id,
        withdrawn_at=None,
    ).values_list("scope", flat=True)
    return of_kind(kind).intersection(held)


def claims(oauth_client_id: int, person_id: int, *, at: datetime) -> Claims | None:
    """The person as the app knows her; None before she was first let in."""
    subject = Subject.objects.filter(
        app__oauth_client_id=oauth_client_id, person_id=person_id
    ).first()
    if subject is None:
        return None
    person = people.names([person_id], at=at).get(person_id)
    unit_id = person.unit_id if person else None
    unit = units.names([unit_id]).get(unit_id) if unit_id is not None else None
    return Claims(
        sub=subject.sub,
        name=person.name if person else "",
        unit_code=unit.code if unit else "",
        unit_name=members.unit_names([unit.id])[unit.id] if unit else "",
        title=person.title if person else "",
    )


@dataclass(frozen=True, slots=True)
class AppToken:
    """A live access token that an app holds for itself."""

    app_id: int
    app_code: str
    name: str
    scopes: frozenset[str]
    expires_at: datetime


def app_token(token: str, *, at: datetime) -> AppToken | None:
    """Whose client-credentials token it is; None if unknown, late, a person's, or shut."""
    held = (
        get_access_token_model()
        .objects.filter(
            token_checksum=hashlib.sha256(token.encode()).hexdigest(),
            user=None,
            expires__gt=at,
        )
        .first()
    )
    if held is None:
        return None
    client = open_client(held.application_id)
    if client is None:
        return None
    granted = granted_scopes(held.application_id, ScopeKind.APPLICATION, at=at)
    return AppToken(
        app_id=client.app_id,
        app_code=client.app_code,
        name=client.name,
        scopes=granted.intersection(held.scope.split()),
        expires_at=held.expires,
    )
