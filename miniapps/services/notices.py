"""An app sends work notices, to people within its grant and nobody else, and takes them back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import urlencode

from core import audit
from core.actor import Actor
from core.db import service
from messaging.queries import notices as inbox
from messaging.services import notices
from miniapps import errors, manifests
from miniapps.queries import members
from org.kinds import AdminRole

SCOPE: Final = "notice.send"
MAX_RECIPIENTS: Final = 1000
MAX_LINK: Final = 500
PER_DAY: Final = 2000
"""Notices of one app, whomever they are for."""


@dataclass(frozen=True, slots=True)
class Recipients:
    """People by the app's names for them, and all at or below units.

    With functions, those alone of the units who hold such a post; with administrative roles, those
    within the app's range who administer the units in such a role.
    """

    subs: tuple[str, ...] = ()
    unit_codes: tuple[str, ...] = ()
    functions: tuple[str, ...] = ()
    roles: tuple[AdminRole, ...] = ()


@dataclass(frozen=True, slots=True)
class Said:
    """What the notice says; `path` leads into the app, `asks` wants to be confirmed."""

    title: str
    body: str
    path: str
    asks: bool = False


@service
def send(
    *, actor: Actor, idempotency_key: str, recipients: Recipients, said: Said, now: datetime
) -> notices.NoticeSent:
    """The people have a work notice from the app that leads back into it.

    Sent once per key: a repeated call gets the first answer, whoever has left the range since.
    Units below the owner of a grant for its whole subtree are reached whatever their size.
    Raises ScopeNotGranted, OutsideRange (an unknown name and a foreign one look alike),
    TooManyRecipients, NoticeQuotaSpent.
    """
    app_id = _app_of(actor)
    source = _source(app_id)
    link = _link(app_id, said.path)
    earlier = inbox.sent(source=source, key=idempotency_key)
    if earlier is not None:
        return notices.NoticeSent(id=earlier.id, targets=earlier.targets, repeated=True)
    notices.count_against(actor=actor, source=source, limit=PER_DAY, now=now)
    sent = _send(actor, app_id, idempotency_key, recipients, said, link, now)
    if not sent.repeated:
        _audit(actor, "miniapps.notice.sent", sent.id, sent.targets, now)
    return sent


@service
def recall(*, actor: Actor, idempotency_key: str, now: datetime) -> bool:
    """Nobody reads the app's notice any more; whether it stood until now. NoticeNotFound."""
    app_id = _app_of(actor)
    members.root_of_range(app_id, SCOPE, at=now)  # the grant still stands, or the call is refused
    source = _source(app_id)
    stood = notices.recall(actor=actor, source=source, key=idempotency_key, now=now)
    earlier = inbox.sent(source=source, key=idempotency_key)
    if stood and earlier is not None:
        _audit(actor, "miniapps.notice.recalled", earlier.id, earlier.targets, now)
    return stood


def _send(
    actor: Actor,
    app_id: int,
    key: str,
    recipients: Recipients,
    said: Said,
    link: str,
    now: datetime,
) -> notices.NoticeSent:
    source, source_name = _source(app_id), members.name_of_app(app_id)
    root_id = members.root_of_range(app_id, SCOPE, at=now)
    if root_id is not None and recipients.unit_codes and not recipients.subs:
        unit_ids = members.units_below(recipients.unit_codes, root_id)
        return notices.send_to_units(
            actor=actor,
            source=source,
            source_name=source_name,
            key=key,
            wide=notices.Wide(unit_ids, recipients.functions, recipients.roles, root_id),
            title=said.title,
            body=said.body,
            link=link,
            asks=said.asks,
            now=now,
        )
    return notices.send(
        actor=actor,
        source=source,
        source_name=source_name,
        key=key,
        person_ids=_people(app_id, recipients, now),
        title=said.title,
        body=said.body,
        link=link,
        asks=said.asks,
        now=now,
    )


def _people(app_id: int, recipients: Recipients, now: datetime) -> Sequence[int]:
    allowed = members.in_range(app_id, SCOPE, at=now)
    reached = members.people_of_subs(app_id, recipients.subs)
    if not reached <= allowed:
        raise errors.OutsideRange
    reached |= members.people_of_units(
        recipients.unit_codes,
        allowed,
        at=now,
        functions=recipients.functions,
        roles=recipients.roles,
    )
    if not reached:
        raise errors.RecipientsMissing
    if len(reached) > MAX_RECIPIENTS:
        raise errors.TooManyRecipients(limit=MAX_RECIPIENTS)
    return sorted(reached)


def _app_of(actor: Actor) -> int:
    if actor.app_id is None:
        raise errors.TokenInvalid
    return actor.app_id


def _source(app_id: int) -> str:
    return f"app:{app_id}"


def _audit(actor: Actor, action: str, notice_id: int, people: int, now: datetime) -> None:
    audit.record(
        actor=actor,
        action=action,
        object_kind="miniapps.app",
        object_id=actor.app_id or 0,
        now=now,
        detail={"notice_id": notice_id, "people": people},
    )


def _link(app_id: int, path: str) -> str:
    opened = f"/apps/{app_id}/open"
    if not path:
        return opened
    link = f"{opened}?{urlencode({'to': path})}"
    if not manifests.is_inner_path(path) or len(link) > MAX_LINK:
        raise errors.LinkOutsideApp
    return link
