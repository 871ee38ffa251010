"""What mini-apps refuse, each with its stable code."""

from core import errors


class ManifestInvalid(errors.Invalid):
    """The manifest breaks its schema; `faults` lists JSON pointers and reasons."""

    code = "MINIAPPS_MANIFEST_INVALID"
    message = "应用清单不符合规范：{count} 处需要修改"


class AppIdTaken(errors.Conflict):
    """Another app is registered under this id."""

    code = "MINIAPPS_APP_ID_TAKEN"
    message = "应用标识 {app_id} 已被登记"


class AppIdChanged(errors.Invalid):
    """A release belongs to the app whose id its manifest names."""

    code = "MINIAPPS_APP_ID_CHANGED"
    message = "清单中的应用标识须与已登记的 {app_id} 一致"


class OwnerUnitUnknown(errors.Invalid):
    """No unit in force has the code the manifest names as its owner."""

    code = "MINIAPPS_OWNER_UNIT_UNKNOWN"
    message = "归属单位代码 {unit_code} 不存在"


class OwnerUnitForeign(errors.Forbidden):
    """Apps are registered by who works in the owner's organ or administers its apps."""

    code = "MINIAPPS_OWNER_UNIT_FOREIGN"
    message = "您不在“{unit_name}”任职，也不是其应用管理员，不能为其登记应用"


class OwnerUnitChanged(errors.Invalid):
    """A release cannot move its app to another owner."""

    code = "MINIAPPS_OWNER_UNIT_CHANGED"
    message = "新版本不能更换归属单位"


class VersionNotNewer(errors.Conflict):
    """The version code must grow with every release."""

    code = "MINIAPPS_VERSION_NOT_NEWER"
    message = "版本代码须大于 {highest}"


class WrongState(errors.Conflict):
    """The release has moved on; the act does not fit its state any more."""

    code = "MINIAPPS_WRONG_STATE"
    message = "该版本当前为“{state}”，不能进行此操作"


class OwnAppReviewed(errors.Forbidden):
    """Nobody reviews or publishes an app he belongs to."""

    code = "MINIAPPS_OWN_APP"
    message = "不能审核或上架自己参与开发的应用"


class AudienceEmpty(errors.Invalid):
    """Publishing needs somebody to publish to."""

    code = "MINIAPPS_AUDIENCE_EMPTY"
    message = "请至少选择一个可见单位"


class RuleUnclear(errors.Invalid):
    """A rule names a unit or a person exactly where its subject asks for one."""

    code = "MINIAPPS_RULE_UNCLEAR"
    message = "可见范围规则不完整"


class ScopeNotGranted(errors.Forbidden):
    """The app acts outside the scopes it was granted."""

    code = "MINIAPPS_SCOPE_NOT_GRANTED"
    message = "应用未获得权限 {scope}"


class OutsideRange(errors.Forbidden):
    """The app reaches for people or units outside the range of its grant."""

    code = "MINIAPPS_OUTSIDE_RANGE"
    message = "对象不存在，或超出应用的授权范围"


class RecipientsMissing(errors.Invalid):
    """A notice needs a recipient."""

    code = "MINIAPPS_RECIPIENTS_MISSING"
    message = "请指定接收人"


class TooManyRecipients(errors.Invalid):
    """One notice of an app reaches a bounded number of people."""

    code = "MINIAPPS_TOO_MANY_RECIPIENTS"
    message = "一条工作通知最多发给 {limit} 人"


class RangeTooWide(errors.Invalid):
    """More people are in range than one answer lists."""

    code = "MINIAPPS_RANGE_TOO_WIDE"
    message = "范围内超过 {limit} 人，请用 unit_code 缩小范围"


class LinkOutsideApp(errors.Invalid):
    """A notice of an app leads into that app."""

    code = "MINIAPPS_LINK_OUTSIDE_APP"
    message = "通知的链接须为应用内路径"


class TokenInvalid(errors.NotSignedIn):
    """The bearer token is unknown, expired, or its app is not published."""

    code = "MINIAPPS_TOKEN_INVALID"
    message = "访问令牌无效或已过期"
