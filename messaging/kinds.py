"""The words of messaging that tables, rules and interfaces share."""

from typing import Final

from django.db.models import TextChoices

MENTIONED_AT_MOST: Final = 500
"""People whom one message names, those of a named unit included."""

DING_SOURCE: Final = "ding"
"""The source of the work notices by which DING reaches officers on duty and leaders."""

NEVER_MUTED: Final = frozenset({DING_SOURCE})
"""Sources of work notices that call whoever they are for, whatever she set."""


class ConversationKind(TextChoices):
    """What holds a conversation together."""

    DIRECT = "direct", "单聊"
    GROUP = "group", "群聊"
    UNIT = "unit", "单位群"


class UnitScope(TextChoices):
    """How far down a unit's conversation reaches."""

    INNER = "inner", "本单位及内设机构"
    SUBTREE = "subtree", "本单位及所有下级"


class MemberRole(TextChoices):
    """What a member may do to the conversation itself."""

    OWNER = "owner", "群主"
    ADMIN = "admin", "管理员"
    MEMBER = "member", "成员"


class MemberSource(TextChoices):
    """Why somebody is a member."""

    INVITED = "invited", "受邀加入"
    ORG = "org", "随任职加入"


class NewcomersSee(TextChoices):
    """What somebody who joins may read of what was said before."""

    NOTHING = "nothing", "不可查看入群前的消息"
    EVERYTHING = "everything", "可以查看全部历史消息"


class Allowed(TextChoices):
    """Who of the members may do something."""

    MEMBERS = "members", "所有成员"
    ADMINS = "admins", "仅群主和管理员"


class NotificationLevel(TextChoices):
    """What of a conversation calls for its reader's attention."""

    ALL = "all", "全部提醒"
    MENTIONS = "mentions", "仅提醒@我的"
    NONE = "none", "不提醒"


class MessageKind(TextChoices):
    """What an entry of the log is."""

    TEXT = "text", "文本"
    IMAGE = "image", "图片"
    FILE = "file", "文件"
    CARD = "card", "卡片"
    RECORD = "record", "聊天记录"
    EVENT = "event", "事件"


class FileState(TextChoices):
    """How far an upload has come."""

    COMING = "coming", "上传中"
    READY = "ready", "可用"


class Receipt(TextChoices):
    """What a message asks of those it is for."""

    NONE = "none", "无需回执"
    LIST = "list", "已读回执"
    CONFIRM = "confirm", "需要确认"


class VersionEnd(TextChoices):
    """Why a version of a message is no longer what is shown."""

    EDITED = "edited", "编辑"
    RECALLED = "recalled", "撤回"
    WITHDRAWN = "removed", "被管理员撤下"


class Tone(TextChoices):
    """How a card looks."""

    NEUTRAL = "neutral", "一般"
    WAITING = "waiting", "待办"
    GOOD = "good", "已完成"
    BAD = "bad", "未通过"


class DingLevel(TextChoices):
    """How far a DING climbs while nobody confirms."""

    APP = "app", "应用内"
    SMS = "sms", "短信"
    PHONE = "phone", "电话"


class DingState(TextChoices):
    """How a DING stands with one of those it calls; all but the first are final."""

    PENDING = "pending", "待确认"
    CONFIRMED = "confirmed", "已确认"
    RECALLED = "recalled", "已撤回"
    UNREACHABLE = "unreachable", "无法送达"
    EXHAUSTED = "exhausted", "未确认"


class DingStep(TextChoices):
    """The rungs of the ladder, lowest first, and how it ended."""

    APP = "app", "应用内提醒"
    PUSH = "push", "手机推送"
    SMS = "sms", "短信"
    VOICE = "voice", "语音电话"
    DUTY = "duty", "值班人员"
    LEADER = "leader", "单位负责人"
    END = "end", "结束"


class StepOutcome(TextChoices):
    """What became of one rung."""

    LISTED = "listed", "已列入"
    """Stands where the person will find it; no device of hers has shown it yet."""
    DELIVERED = "delivered", "已送达"
    SKIPPED = "skipped", "已跳过"
    FAILED = "failed", "未成功"
    ENDED = "ended", "已结束"


class DingAudience(TextChoices):
    """Whom a DING of a message calls."""

    PEOPLE = "people", "指定人员"
    EVERYBODY = "everybody", "全体成员"
    UNREAD = "unread", "未读人员"
