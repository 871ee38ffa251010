"""What of messaging a person who leaves is in charge of."""

from dataclasses import dataclass

from messaging.models import ConversationKind, Member, MemberRole

MOST = 200


@dataclass(frozen=True, slots=True)
class OwnedGroup:
    """A group that the person owns."""

    id: int
    title: str


def owned_groups(person_id: int) -> list[OwnedGroup]:
    """The groups that the person owns, by id."""
    held = Member.objects.filter(
        person_id=person_id,
        role=MemberRole.OWNER,
        left_seq=None,
        conversation__kind=ConversationKind.GROUP,
    )
    rows = held.order_by("conversation_id").values_list("conversation_id", "conversation__title")
    return [OwnedGroup(*row) for row in rows[:MOST]]
