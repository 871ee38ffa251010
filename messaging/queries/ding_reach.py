"""Who of those a DING calls cannot be reached any more, and why."""

from collections.abc import Collection, Mapping, Sequence
from typing import Final

from messaging import membership
from messaging.models import Ding
from org.queries import accounts

NO_ACCOUNT: Final = "没有账号，无法送达"
DISABLED: Final = "账号已停用，无法送达"
NOT_THERE: Final = "已不在会话中，无法送达"


def without_account(person_ids: Collection[int]) -> dict[int, str]:
    """Those of the people who cannot sign in, with the reason."""
    known = accounts.of_people(person_ids)
    lost = {key: NO_ACCOUNT for key in person_ids if key not in known}
    return lost | {key: DISABLED for key, account in known.items() if not account.is_active}


def lost(ding: Ding, person_ids: Sequence[int]) -> dict[int, str]:
    """Those of the people who are not in the conversation or cannot sign in, with the reason."""
    periods = membership.periods(person_ids, ding.conversation_id)
    present = {period.person_id for period in periods if period.left_seq is None}
    gone = {key: NOT_THERE for key in person_ids if key not in present}
    return without_account(person_ids) | gone


def by_reason(lost: Mapping[int, str]) -> dict[str, list[int]]:
    """The people by why they cannot be reached."""
    found: dict[str, list[int]] = {}
    for person_id, said in sorted(lost.items()):
        found.setdefault(said, []).append(person_id)
    return found
