"""The steps of letting people into a conversation, and of what they are in it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from core.actor import Actor
from messaging import errors, membership, policies
from messaging.models import (
    Conversation,
    Member,
    MemberRole,
    MemberSource,
    NewcomersPast,
    NewcomersSee,
)
from org.kinds import Scene
from org.queries import people, visibility

_FINDING: Final = (Scene.SEARCH, Scene.TREE, Scene.PROFILE)
"""Where somebody is found whom one wants to talk to: one of them is enough."""


def history_from(held: Conversation, joined_seq: int) -> int | None:
    """The first entry that may be read by whoever joined at that one; None: that one itself.

    The policy of the joining decides, whatever it is now.
    """
    past = NewcomersPast.objects.filter(conversation=held, until_seq__gte=joined_seq)
    shown = past.order_by("until_seq").values_list("newcomers_see", flat=True).first()
    return 1 if (shown or held.newcomers_see) == NewcomersSee.EVERYTHING else None


def admit(held: Conversation, person_ids: Sequence[int], *, from_seq: int) -> None:
    """The people belong to the conversation from the entry on, by invitation."""
    history = 1 if held.newcomers_see == NewcomersSee.EVERYTHING else None
    Member.objects.bulk_create(
        Member(
            conversation=held,
            person_id=person_id,
            source=MemberSource.INVITED,
            joined_seq=from_seq,
            history_from_seq=history,
        )
        for person_id in person_ids
    )


def require_known(
    actor: Actor, person_ids: Sequence[int], *, now: datetime
) -> dict[int, people.PersonName]:
    """The names of people whom the actor finds in the directory.

    UnknownPeople where one is not, or no longer, in the organisation, and just so where one is
    hidden from the actor wherever people are found.
    """
    known = require_here(person_ids, now=now)
    viewer = visibility.viewer_of(actor, at=now)
    unseen = set(person_ids)
    for scene in _FINDING:
        unseen -= visibility.shown_people(unseen, viewer=viewer, scene=scene, at=now)
        if not unseen:
            return known
    raise errors.UnknownPeople


def require_here(person_ids: Sequence[int], *, now: datetime) -> dict[int, people.PersonName]:
    """The names of people whom the actor knows already; UnknownPeople where one has left."""
    known = people.names(person_ids, at=now)
    # Whoever has left the organisation still has a name, but no unit.
    here = {person.id for person in known.values() if person.unit_id is not None}
    if here != set(person_ids):
        raise errors.UnknownPeople
    return known


def require_room(size: int) -> None:
    """GroupTooLarge for more people than a group takes."""
    if size > policies.GROUP_LIMIT:
        raise errors.GroupTooLarge(limit=policies.GROUP_LIMIT)


def give_role(held: Conversation, person_id: int, role: MemberRole) -> None:
    """The open period has the role; in a virtual conversation it may have no row before."""
    period = next(one for one in membership.periods([person_id], held.pk) if one.left_seq is None)
    Member.objects.update_or_create(
        conversation=held,
        person_id=person_id,
        left_seq=None,
        defaults={"role": role},
        create_defaults={
            "role": role,
            "source": MemberSource.ORG,
            "joined_seq": period.joined_seq,
            "history_from_seq": period.sees_from_seq,
        },
    )
