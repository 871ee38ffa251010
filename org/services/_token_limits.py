"""How many people one maker's tokens may change: what is more takes a second person."""

import zlib
from datetime import datetime, timedelta
from typing import Final

from core import db
from core.actor import Actor, ActorKind
from org import errors, policies
from org.models import ScimTouch, ScimUser
from org.queries.provisioning import UserRow

WINDOW: Final = timedelta(hours=24)
_LOCK: Final = zlib.crc32(b"org.scim_touches") << 24


def begin(actor: Actor) -> None:
    """The maker's tokens write one after the other: the count is read before it grows.

    The first lock of every write, so that no order of locks is turned round.
    """
    if actor.person_id is not None:
        db.advisory_lock_exclusive(_LOCK + actor.person_id % (1 << 24))


def count(actor: Actor, person_id: int, *, now: datetime) -> None:
    """The person is counted, once in a day; TokensTouchMany over what one may change alone."""
    if actor.kind is ActorKind.SYSTEM or actor.person_id is None:
        return
    lately = ScimTouch.objects.filter(maker_id=actor.person_id, touched_at__gt=now - WINDOW)
    others = lately.exclude(person_id=person_id).count()
    if others >= policies.MANY_PEOPLE:
        raise errors.TokensTouchMany(people=policies.MANY_PEOPLE)
    ScimTouch.objects.update_or_create(
        maker_id=actor.person_id, person_id=person_id, defaults={"touched_at": now}
    )


def is_newcomer(row: UserRow) -> bool:
    """Whoever came by provisioning is placed by it: that changes nobody's post."""
    return ScimUser.objects.filter(person_id=row.person_id, created_at=row.created_at).exists()
