"""The steps of letting people into a conversation, and of what they are in it."""

from collections.abc import Sequence
from datetime import datetime

from messaging import errors, membership, policies
from messaging.models import Conversation, Member, MemberRole, MemberSource, NewcomersSee
from org.queries import people


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


def require_known(person_ids: Sequence[int], *, now: datetime) -> dict[int, people.PersonName]:
    """The people's names; UnknownPeople where one is not, or no longer, in the organisation."""
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
