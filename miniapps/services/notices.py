"""An app sends work notices, to people within its grant and nobody else."""

from collections.abc import Sequence
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

SCOPE: Final = "notice.send"
MAX_RECIPIENTS: Final = 1000
MAX_LINK: Final = 500


@service
def send(
    *,
    actor: Actor,
    idempotency_key: str,
    subs: Sequence[str],
    unit_codes: Sequence[str],
    title: str,
    body: str,
    path: str,
    now: datetime,
) -> notices.NoticeSent:
    """The people have a work notice from the app that leads back into it.

    Sent once per key: a repeated call gets the first answer, whoever has left the range since.
    Raises ScopeNotGranted, OutsideRange (an unknown name and a foreign one look alike),
    TooManyRecipients.
    """
    app_id = actor.app_id
    if app_id is None:
        raise errors.TokenInvalid
    source = f"app:{app_id}"
    link = _link(app_id, path)
    earlier = inbox.sent(source=source, key=idempotency_key)
    if earlier is not None:
        return notices.NoticeSent(id=earlier.id, targets=earlier.targets, repeated=True)
    person_ids = _recipients(app_id, subs, unit_codes, now)
    sent = notices.send(
        actor=actor,
        source=source,
        source_name=members.name_of_app(app_id),
        key=idempotency_key,
        person_ids=person_ids,
        title=title,
        body=body,
        link=link,
        now=now,
    )
    if not sent.repeated:
        _audit(actor, sent, now)
    return sent


def _recipients(
    app_id: int, subs: Sequence[str], unit_codes: Sequence[str], now: datetime
) -> list[int]:
    allowed = members.in_range(app_id, SCOPE, at=now)
    reached = members.people_of_subs(app_id, subs)
    if not reached <= allowed:
        raise errors.OutsideRange
    reached |= members.people_of_units(unit_codes, allowed, at=now)
    if not reached:
        raise errors.RecipientsMissing
    if len(reached) > MAX_RECIPIENTS:
        raise errors.TooManyRecipients(limit=MAX_RECIPIENTS)
    return sorted(reached)


def _audit(actor: Actor, sent: notices.NoticeSent, now: datetime) -> None:
    audit.record(
        actor=actor,
        action="miniapps.notice.sent",
        object_kind="miniapps.app",
        object_id=actor.app_id or 0,
        now=now,
        detail={"notice_id": sent.id, "people": sent.targets},
    )


def _link(app_id: int, path: str) -> str:
    opened = f"/apps/{app_id}/open"
    if not path:
        return opened
    link = f"{opened}?{urlencode({'to': path})}"
    if not manifests.is_inner_path(path) or len(link) > MAX_LINK:
        raise errors.LinkOutsideApp
    return link
