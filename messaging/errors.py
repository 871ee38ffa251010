"""What messaging refuses, each with its stable code."""

from core import errors


class ConversationNotFound(errors.NotFound):
    """The conversation is absent, or the actor is not in it."""

    code = "CONVERSATION_NOT_FOUND"
    message = "会话不存在，或您不在其中"


class MessageNotFound(errors.NotFound):
    """The message is absent, or outside what the actor may see."""

    code = "MESSAGE_NOT_FOUND"
    message = "消息不存在，或您无权查看"


class NoticeNotFound(errors.NotFound):
    """The work notice is absent, or not for the actor."""

    code = "NOTICE_NOT_FOUND"
    message = "工作通知不存在，或您无权查看"


class NoticeQuotaSpent(errors.TooMany):
    """The source has sent as many notices today as it may."""

    code = "NOTICE_QUOTA_SPENT"
    message = "今天发送的工作通知已达上限（每天 {limit} 条）"


class NoticeNotAsking(errors.Conflict):
    """The notice asks for no confirmation, or was recalled."""

    code = "NOTICE_NOT_ASKING"
    message = "该通知无需确认，或已撤回"


class ClientMessageConflict(errors.Conflict):
    """The client used the id of an earlier message for another text."""

    code = "CLIENT_MESSAGE_CONFLICT"
    message = "该消息编号已用于另一条内容不同的消息"


class RecallTooLate(errors.Conflict):
    """The time in which a message can be recalled is over."""

    code = "RECALL_TOO_LATE"
    message = "消息发出已超过 {minutes} 分钟，不能撤回"


class EditTooLate(errors.Conflict):
    """The time in which a message can be edited is over."""

    code = "MESSAGE_EDIT_TOO_LATE"
    message = "消息发出已超过 {minutes} 分钟，不能编辑"


class NotEditable(errors.Conflict):
    """Pictures, files, cards and forwarded words are not edited."""

    code = "MESSAGE_NOT_EDITABLE"
    message = "只有文本消息可以编辑"


class EditedTooOften(errors.Conflict):
    """A message has as many versions as one may have."""

    code = "MESSAGE_EDITED_TOO_OFTEN"
    message = "一条消息最多编辑 {limit} 次"


class MessageKindRefused(errors.Invalid):
    """A text has no file, a picture and a file have one, and people send nothing else."""

    code = "MESSAGE_KIND_INVALID"
    message = "消息类型与内容不符"


class MentionsTooMany(errors.Invalid):
    """A message calls more people than one may."""

    code = "MESSAGE_MENTIONS_TOO_MANY"
    message = "一条消息最多@ {limit} 人，可改用@所有人"


class NotForwardable(errors.Conflict):
    """Recalled messages, cards and what only tells of changes are not forwarded."""

    code = "MESSAGE_NOT_FORWARDABLE"
    message = "所选消息中有不能转发的内容"


class ForwardingRefused(errors.Forbidden):
    """The conversation keeps to itself what is said in it."""

    code = "MESSAGE_FORWARDING_REFUSED"
    message = "该会话不允许转发消息"


class ForwardingTooMuch(errors.Invalid):
    """More messages, or more conversations, than are forwarded at once."""

    code = "MESSAGE_FORWARDING_TOO_MUCH"
    message = "一次最多转发 {limit} 条消息"


class FileNotFound(errors.NotFound):
    """The file is absent, or not the actor's."""

    code = "FILE_NOT_FOUND"
    message = "文件不存在，或您无权使用"


class FileTooLarge(errors.TooLarge):
    """The file is larger than a message may carry."""

    code = "FILE_TOO_LARGE"
    message = "单个文件不能超过 {limit_mb} MB"


class FileQuotaSpent(errors.TooMany):
    """Somebody handed over as much as anybody may within a day."""

    code = "FILE_QUOTA_SPENT"
    message = "今天上传的文件已达上限，请明天再试"


class FileDownloadsAtOnce(errors.TooMany):
    """Somebody takes as many large files as anybody may at a time."""

    code = "FILE_DOWNLOADS_AT_ONCE"
    message = "同时下载的文件过多，请等前面的下载完成后再试"


class FileUploadConflict(errors.Conflict):
    """The client used the id of an earlier upload for another file."""

    code = "FILE_UPLOAD_CONFLICT"
    message = "该上传编号已用于另一个文件"


class FavouriteNotFound(errors.NotFound):
    """The actor keeps nothing under this number."""

    code = "FAVOURITE_NOT_FOUND"
    message = "收藏不存在，或已被移除"


class FavouriteRefused(errors.Forbidden):
    """The conversation keeps to itself what is said in it."""

    code = "FAVOURITE_REFUSED"
    message = "该会话不允许收藏消息"


class FavouritesTooMany(errors.Conflict):
    """Somebody keeps as much as anybody may."""

    code = "FAVOURITES_TOO_MANY"
    message = "最多收藏 {limit} 条消息"


class CardPlacesTooMany(errors.Invalid):
    """A card stands in as many conversations as one may."""

    code = "MESSAGE_CARD_PLACES_TOO_MANY"
    message = "一张卡片最多出现在 {limit} 个会话中"


class HistoryNotFound(errors.NotFound):
    """Nobody asked for the history under this number, or somebody else did."""

    code = "MESSAGE_HISTORY_NOT_FOUND"
    message = "查看申请不存在，或您无权查看"


class HistoryNotReadable(errors.Conflict):
    """No second person has agreed, or the time for reading is over."""

    code = "MESSAGE_HISTORY_NOT_READABLE"
    message = "历史版本当前不能查看：{state}"


class AlreadyRecalled(errors.Conflict):
    """The message was recalled before."""

    code = "MESSAGE_ALREADY_RECALLED"
    message = "消息已被撤回"


class NotTheSender(errors.Forbidden):
    """Only the sender may do this to a message."""

    code = "NOT_THE_SENDER"
    message = "只有发送人可以进行此操作"


class NotTheOwner(errors.Forbidden):
    """Only the owner of the group may do this."""

    code = "NOT_THE_GROUP_OWNER"
    message = "只有群主可以进行此操作"


class NotAnAdministrator(errors.Forbidden):
    """Only the owner and the administrators of the group may do this."""

    code = "CONVERSATION_ADMIN_ONLY"
    message = "只有群主和管理员可以进行此操作"


class ConversationDissolved(errors.Conflict):
    """Nothing is said or changed in the conversation any more."""

    code = "CONVERSATION_DISSOLVED"
    message = "该群聊已解散，只能查看历史消息"


class ConversationMuted(errors.Forbidden):
    """Only the owner and the administrators speak at present."""

    code = "CONVERSATION_MUTED"
    message = "群聊已开启公告模式，只有群主和管理员可以发言"


class MentionAllRefused(errors.Forbidden):
    """Only the owner and the administrators call everybody."""

    code = "CONVERSATION_MENTION_ALL_REFUSED"
    message = "只有群主和管理员可以@所有人"


class OwnerStays(errors.Conflict):
    """The owner's role is passed on, not taken away."""

    code = "CONVERSATION_OWNER_STAYS"
    message = "请先转让群主"


class MembersNotListed(errors.Forbidden):
    """The members of a very large conversation are listed for its administrators only."""

    code = "CONVERSATION_MEMBERS_NOT_LISTED"
    message = "大型单位群的成员名单仅管理员可以查看"


class TooManyPinned(errors.Conflict):
    """Somebody pinned as many conversations as anybody may."""

    code = "CONVERSATION_TOO_MANY_PINNED"
    message = "最多置顶 {limit} 个会话"


class QuietHoursEmpty(errors.Invalid):
    """The quiet hours end when they begin."""

    code = "CONVERSATION_QUIET_HOURS_EMPTY"
    message = "免打扰的开始时间与结束时间不能相同"


class NotAGroup(errors.Conflict):
    """A direct conversation keeps its two people and has no title."""

    code = "NOT_A_GROUP"
    message = "单聊不能更改成员或名称"


class UnknownPeople(errors.Invalid):
    """Somebody named is not, or no longer, in the organisation."""

    code = "UNKNOWN_PEOPLE"
    message = "所选人员不存在或已离职"


class NobodyToAdd(errors.Invalid):
    """Everybody named is in the group already."""

    code = "NOBODY_TO_ADD"
    message = "所选人员都已在群聊中"


class TalkingToOneself(errors.Invalid):
    """A direct conversation takes two people."""

    code = "TALKING_TO_ONESELF"
    message = "不能与自己建立单聊"


class GroupTooLarge(errors.Invalid):
    """The group would have more members than this release allows."""

    code = "GROUP_TOO_LARGE"
    message = "群聊最多 {limit} 人"


class EmptyMessage(errors.Invalid):
    """A message has to say something."""

    code = "MESSAGE_EMPTY"
    message = "不能发送空白消息"


class MessageUnprintable(errors.Invalid):
    """The text holds control characters other than tabs and line ends."""

    code = "MESSAGE_UNPRINTABLE"
    message = "消息中有不能显示的控制字符，请删去后再发"


class MessageTooLarge(errors.TooLarge):
    """The text is larger than a message may be."""

    code = "MESSAGE_TOO_LARGE"
    message = "单条消息不能超过 {limit_kib} KB"


class BeyondTheLog(errors.Invalid):
    """A reader claims to have read what does not exist yet."""

    code = "SEQ_BEYOND_LOG"
    message = "已读位置超出会话的最新消息"


class SendingTooFast(errors.TooMany):
    """More messages than the limit per person allows."""

    code = "SENDING_TOO_FAST"
    message = "发送过于频繁，请稍后再试"


class ActingTooFast(errors.TooMany):
    """More searches or savings of drafts than the limit per person allows."""

    code = "ACTING_TOO_FAST"
    message = "操作过于频繁，请稍后再试"


class UnsafeLink(errors.Invalid):
    """A notice may lead to a page of the platform or to an https address only."""

    code = "NOTICE_LINK_UNSAFE"
    message = "通知的链接地址不被允许"


class NobodyToNotify(errors.Invalid):
    """A notice is for at least one person, and at most for the stated number."""

    code = "NOTICE_AUDIENCE_INVALID"
    message = "工作通知的接收人数须在 1 至 {limit} 之间"


class SearchTooWide(errors.Invalid):
    """All that was ever said is no answer: there must be words, or one conversation to look in."""

    code = "MESSAGE_SEARCH_EMPTY"
    message = "请输入要搜索的内容"


class TooManyWaiting(errors.TooMany):
    """More requests of one person wait for news than may."""

    code = "SYNC_TOO_MANY_WAITING"
    message = "同时等待的连接过多，请稍后再试"


class BadFrame(errors.Invalid):
    """The data of a socket frame does not fit its type."""

    code = "FRAME_INVALID"
    message = "请求内容不符合要求"


class TicketsUnavailable(errors.Unavailable):
    """Socket tickets stand in Valkey, which does not answer; cookies open sockets without it."""

    code = "SOCKET_TICKETS_UNAVAILABLE"
    message = "实时连接凭证暂时无法使用，请稍后再试"
