"""How an app's work notices stand, as far as its grant reaches."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from core.paging import Page
from messaging.queries import notices as inbox
from messaging.queries.notices import ReceiverState
from miniapps.queries import members

SCOPE: Final = "notice.send"


@dataclass(frozen=True, slots=True)
class Receiver:
    """Somebody the notice went to, by the app's name for her; empty: she never opened the app."""

    sub: str
    read_at: datetime | None
    confirmed_at: datetime | None


def result(app_id: int, key: str, *, at: datetime) -> inbox.Result:
    """The notice's numbers, of those alone whom the grant covers now. NoticeNotFound."""
    allowed = members.in_range(app_id, SCOPE, at=at)
    return inbox.result(f"app:{app_id}", key, among=allowed)


def receivers(
    app_id: int, key: str, *, state: ReceiverState, cursor: str | None, limit: int, at: datetime
) -> Page[Receiver]:
    """Those of them the notice went to, page by page. NoticeNotFound."""
    allowed = members.in_range(app_id, SCOPE, at=at)
    page = inbox.receivers(
        f"app:{app_id}", key, state=state, among=allowed, cursor=cursor, limit=limit
    )
    subs = members.subs_of(app_id, [one.person_id for one in page.items])
    items = [
        Receiver(subs.get(one.person_id, ""), one.read_at, one.confirmed_at) for one in page.items
    ]
    return Page(items, page.next_cursor)
