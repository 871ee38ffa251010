"""Telling of an entry that shows an earlier one: a quote, or a message that was changed."""

from collections import defaultdict
from collections.abc import Callable, Collection

from messaging import fanout, membership
from messaging.fanout import Audience
from messaging.models import Conversation, ConversationKind
from messaging.queries.messages import Entry


def entry(
    *,
    kind: str,
    seq: int,
    held: Conversation,
    audience: Audience,
    about: Collection[int | None],
    content: Callable[[Collection[int]], Entry],
    said_by: int | None = None,
) -> None:
    """Each of the audience hears of the entry, without what was said before she came.

    `content` makes it of the seqs of `about` that are kept from somebody. Who came when is not
    asked of a virtual conversation's province at each sending: there each process asks for those
    who are here, and has newcomers pull. `said_by` has read up to it.
    """
    seqs = [one for one in about if one is not None]
    by_rows = not held.is_virtual and held.kind != ConversationKind.DIRECT
    unseen = membership.unseen_by(held.pk, seqs) if seqs and by_rows else {}
    if not unseen:
        fanout.entry(
            kind=kind,
            content=content(()),
            seq=seq,
            audience=audience,
            said_by=said_by,
            shows=min(seqs, default=0) if held.is_virtual else 0,
        )
        return
    present = audience.person_ids
    if present is None:
        present = membership.present_ids(held.pk, is_virtual=False)
    alike: defaultdict[frozenset[int], list[int]] = defaultdict(list)
    for person_id in present:
        alike[unseen.get(person_id, frozenset())].append(person_id)
    for kept, person_ids in alike.items():
        named = Audience(held.pk, tuple(person_ids))
        fanout.entry(kind=kind, content=content(kept), seq=seq, audience=named)
    if said_by is not None:
        fanout.cursors_moved({(said_by, held.pk): seq})
