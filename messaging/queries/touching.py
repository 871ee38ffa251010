"""How much of messaging some units and people are part of, for those who change the units."""

from collections.abc import Collection

from messaging.models import Conversation, ConversationKind


def groups(person_ids: Collection[int]) -> int:
    """The group conversations that any of the people belongs to."""
    return (
        Conversation.objects.filter(
            kind=ConversationKind.GROUP,
            members__person_id__in=person_ids,
            members__left_seq__isnull=True,
        )
        .distinct()
        .count()
    )
