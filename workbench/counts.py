"""The numbers on the rail and on the workbench: what waits for one person."""

from datetime import datetime

from approvals.queries import tasks
from documents.queries import circulation
from messaging.queries import conversations, ding_counts, notices
from org.queries import decisions


def of(person_id: int, *, at: datetime) -> dict[str, int]:
    """待批, 待签收, 未读消息, 未读通知, DING, 待复核, 待审批方案: by the names of data-count.

    `inbox` is what waits in the screen 消息: talk and notices unread, and DINGs to be confirmed;
    `administration` what 系统管理 holds to decide about.
    """
    unread_messages = conversations.unread_count(person_id)
    unread_notices = notices.unread_count(person_id)
    dings = ding_counts.pending(person_id)
    waiting = decisions.awaiting(person_id, at=at)
    return {
        "approvals": tasks.to_do_count(person_id),
        "documents": circulation.awaiting_count(person_id, at=at),
        "messages": unread_messages,
        "notices": unread_notices,
        "dings": dings,
        "inbox": unread_messages + unread_notices + dings,
        "reviews": waiting.requests,
        "plans": waiting.reorganisations,
        "administration": waiting.requests + waiting.reorganisations,
    }
