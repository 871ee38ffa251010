"""The tables of messaging. docs/flows/message.md walks through them."""

from messaging.kinds import (
    Allowed,
    ConversationKind,
    DingAudience,
    DingLevel,
    DingState,
    DingStep,
    MemberRole,
    MemberSource,
    MessageKind,
    NewcomersSee,
    NotificationLevel,
    Receipt,
    StepOutcome,
    UnitScope,
    VersionEnd,
)
from messaging.models import log
from messaging.models.conversations import Conversation, GroupNotice, Member, NewcomersPast
from messaging.models.ding_requests import DingRequest
from messaging.models.dings import Ding, DingEvidence, DingTarget, DutyShift
from messaging.models.drafts import UnsentText
from messaging.models.favourites import Favourite
from messaging.models.files import File
from messaging.models.messages import (
    Card,
    HistoryReading,
    Mention,
    Message,
    MessageRecord,
    MessageVersion,
)
from messaging.models.notices import NoticeMute, NoticeTarget, WorkNotice
from messaging.models.quotas import DailyQuota
from messaging.models.receipts import ReadCursor, ReadMark
from messaging.models.search import SearchBlock
from messaging.models.settings import HiddenPresence, MemberSetting, QuietHours

__all__ = [
    "Allowed",
    "Card",
    "Conversation",
    "ConversationKind",
    "DailyQuota",
    "Ding",
    "DingAudience",
    "DingEvidence",
    "DingLevel",
    "DingRequest",
    "DingState",
    "DingStep",
    "DingTarget",
    "DutyShift",
    "Favourite",
    "File",
    "GroupNotice",
    "HiddenPresence",
    "HistoryReading",
    "Member",
    "MemberRole",
    "MemberSetting",
    "MemberSource",
    "Mention",
    "Message",
    "MessageKind",
    "MessageRecord",
    "MessageVersion",
    "NewcomersPast",
    "NewcomersSee",
    "NoticeMute",
    "NoticeTarget",
    "NotificationLevel",
    "QuietHours",
    "ReadCursor",
    "ReadMark",
    "Receipt",
    "SearchBlock",
    "StepOutcome",
    "UnitScope",
    "UnsentText",
    "VersionEnd",
    "WorkNotice",
    "log",
]
