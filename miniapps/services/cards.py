"""An app shows its things in conversations whose members are all within its grant."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final
from urllib.parse import urlencode

from core.actor import Actor
from core.db import service
from messaging.queries import cards as card_queries
from messaging.services import cards
from miniapps import errors, manifests
from miniapps.queries import members

SCOPE: Final = "card.put"


@service
def put(
    *,
    actor: Actor,
    key: str,
    conversation_ids: Sequence[int],
    content: cards.Content,
    path: str,
    now: datetime,
) -> cards.Put:
    """The app's card stands in the conversations, reads so wherever it stood, and leads to the app.

    Raises ScopeNotGranted, OutsideRange where anybody in the conversations is none of the app's
    (those where it stands already included: people come, and grants shrink), LinkOutsideApp.
    """
    app_id = actor.app_id
    if app_id is None:
        raise errors.TokenInvalid
    source = f"app:{app_id}"
    places = card_queries.places_of(source, key) | set(conversation_ids)
    if not card_queries.people_in(places) <= members.in_range(app_id, SCOPE, at=now):
        raise errors.OutsideRange
    if path and not manifests.is_inner_path(path):
        raise errors.LinkOutsideApp
    opened = f"/apps/{app_id}/open"
    return cards.put(
        actor=actor,
        subject=cards.Subject(source, members.name_of_app(app_id), key),
        conversation_ids=conversation_ids,
        content=replace(content, link=f"{opened}?{urlencode({'to': path})}" if path else opened),
        now=now,
    )
