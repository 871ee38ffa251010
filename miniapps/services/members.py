"""An app learns of people: only those in its range, each under a name of the app's own."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from core.actor import Actor
from core.db import service
from miniapps import credentials, errors, models
from miniapps.queries import members
from org.kinds import Scene
from org.queries import visibility

SCOPE: Final = "org.member.read"
MAX_MEMBERS: Final = 2000


@service
def introduce(*, actor: Actor, unit_code: str, now: datetime) -> list[members.Member]:
    """The app has a name for each person in its range, or of one unit inside it.

    Who is hidden from apps is left out, and a unit of hidden people is outside. Raises
    ScopeNotGranted, OutsideRange, or RangeTooWide above 2,000 people.
    """
    if actor.app_id is None:
        raise errors.TokenInvalid
    reached = members.in_range(actor.app_id, SCOPE, at=now)
    if unit_code:
        reached = members.people_of_units([unit_code], reached, at=now)
    viewer = members.viewer_of(actor.app_id, at=now)
    reached = visibility.shown_people(reached, viewer=viewer, scene=Scene.APPS, at=now)
    if unit_code and not reached:
        raise errors.OutsideRange
    if len(reached) > MAX_MEMBERS:
        raise errors.RangeTooWide(limit=MAX_MEMBERS)
    know(actor=actor, app_id=actor.app_id, person_ids=reached)
    return members.listed(actor.app_id, reached, viewer=viewer, at=now)


@service
def know(*, actor: Actor, app_id: int, person_ids: Iterable[int]) -> None:
    """The app has a name for each of the people; those it has already stay."""
    wanted = set(person_ids)
    known = models.Subject.objects.filter(app_id=app_id, person_id__in=wanted)
    missing = wanted.difference(known.values_list("person_id", flat=True))
    models.Subject.objects.bulk_create(
        (
            models.Subject(app_id=app_id, person_id=person_id, sub=credentials.new_subject())
            for person_id in sorted(missing)
        ),
        ignore_conflicts=True,
    )
