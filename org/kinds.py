"""The closed lists of org's trade: kinds of units, posts, appointments and administrators."""

from typing import Final

from django.db.models import TextChoices


class UnitKind(TextChoices):
    """What a unit is; `org.placing` says what may stand below what."""

    REGION = "region", "行政区划"
    ORGAN = "organ", "单位"
    FIELD_OFFICE = "field_office", "派出机构"
    DEPARTMENT = "department", "内设机构"
    GROUP = "group", "村民小组"
    VIRTUAL = "virtual", "虚拟组织"
    TEMPORARY = "temporary", "专班"
    LINE_FOLDER = "line_folder", "条线目录"


class UnitNature(TextChoices):
    """机构性质: what kind of body an organ is, by the register of establishments."""

    PARTY = "party", "党委机关"
    CONGRESS = "congress", "人大机关"
    GOVERNMENT = "government", "行政机关"
    CONSULTATIVE = "consultative", "政协机关"
    SUPERVISORY = "supervisory", "监察机关"
    COURT = "court", "审判机关"
    PROCURATORATE = "procuratorate", "检察机关"
    DEMOCRATIC_PARTY = "democratic_party", "民主党派机关"
    PEOPLES_ORGANISATION = "mass", "群团机关"
    CIVIL_SERVICE_LIKE = "like_civil", "参公事业单位"
    PUBLIC_ONE = "public_one", "公益一类事业单位"
    PUBLIC_TWO = "public_two", "公益二类事业单位"
    ENTERPRISE = "enterprise", "国有企业"
    SELF_GOVERNING = "self_govern", "基层群众性自治组织"
    OTHER = "other", "其他"


class ChangeKind(TextChoices):
    """What an `OrgChange` did."""

    CREATE = "create", "设立"
    RENAME = "rename", "更名"
    UPDATE = "update", "信息变更"
    CODE = "code", "编码变更"
    REORDER = "reorder", "排序"
    MOVE = "move", "移动"
    MERGE = "merge", "合并"
    SPLIT = "split", "拆分"
    ABOLISH = "abolish", "撤销"
    TRANSFER = "transfer", "调动"
    APPOINT = "appoint", "任职"
    END = "end", "结束任职"


class UnitOrigin(TextChoices):
    """Where the row comes from; synthetic units are said to be so wherever they are shown."""

    STATISTICS = "statistics", "统计用区划"
    SYNTHETIC = "synthetic", "合成数据"
    ENTERED = "entered", "人工录入"


class PersonStatus(TextChoices):
    """Whether the person belongs to the organisation."""

    ACTIVE = "active", "在职"
    LEFT = "left", "离职"


class DepartureReason(TextChoices):
    """Why a person belongs to the organisation no longer."""

    RESIGNED = "resigned", "辞去公职"
    RETIRED = "retired", "退休"
    DISMISSED = "dismissed", "辞退或开除"
    MOVED_AWAY = "moved_away", "调出"
    CONTRACT_ENDED = "contract", "合同期满"
    DIED = "died", "去世"
    SYNCHRONISED = "scim", "目录同步注销"


class HandoverKind(TextChoices):
    """What a person leaves behind for somebody else to see to."""

    HEADSHIP = "headship", "空缺职务"
    GRANT = "grant", "管理权限"
    APPROVALS = "approvals", "审批"
    DOCUMENTS = "documents", "公文"
    MESSAGING = "messaging", "群聊"
    APPS = "apps", "应用"


class PostFunction(TextChoices):
    """What a post is for: approvals and dispatch find people by it, not by title."""

    HEAD = "head", "主要负责人"
    DEPUTY = "deputy", "分管领导"
    CLERK = "clerk", "收发员"
    STAFF = "staff", "工作人员"


class AppointmentKind(TextChoices):
    """How a person stands in a unit."""

    MAIN = "main", "主任职"
    CONCURRENT = "concurrent", "兼职"
    SECONDMENT = "secondment", "借调"
    TEMPORARY_POSTING = "temporary_posting", "挂职"


LEVEL_NAMES: Final = {1: "省级", 2: "市级", 3: "县级", 4: "乡级", 5: "村级", 6: "村民小组"}


class AdminRole(TextChoices):
    """What an administrator may manage; system, security and audit exclude one another.

    A helpdesk resets passwords and unlocks accounts, no more.
    """

    ORG = "org", "组织管理员"
    PEOPLE = "people", "人员管理员"
    APPS = "apps", "应用管理员"
    SYSTEM = "system", "系统管理员"
    SECURITY = "security", "安全管理员"
    AUDIT = "audit", "审计管理员"
    HELPDESK = "helpdesk", "账号服务员"


class RequestKind(TextChoices):
    """What waits for a second person before it happens."""

    ABOLISH_UNIT = "abolish_unit", "撤销组织"
    MOVE_UNIT = "move_unit", "移入组织"
    MASS_CHANGE = "mass_change", "批量变更"
    EXPORT = "export", "导出人员"
    GRANT = "grant", "授予管理权限"
    TRANSFER = "transfer", "调动人员"
    CREDENTIALS = "credentials", "重置管理员凭据"
    MESSAGE_HISTORY = "message_history", "查看消息历史版本"
    DING = "ding", "DING 大量人员"


class RequestState(TextChoices):
    """How far a request has come; one that has expired still says that it waits."""

    WAITING = "waiting", "待复核"
    APPROVED = "approved", "已同意"
    REJECTED = "rejected", "未同意"
    WITHDRAWN = "withdrawn", "已撤回"
    # What it is about was abolished meanwhile: nobody can carry it out.
    LAPSED = "lapsed", "已失效"


class Scene(TextChoices):
    """Where somebody looks at the directory; a visibility rule binds in some of them."""

    TREE = "tree", "组织架构"
    SEARCH = "search", "搜索"
    PROFILE = "profile", "名片"
    APPS = "apps", "应用接口"


class VisibilityEffect(TextChoices):
    """What a rule does to what it speaks of."""

    HIDE = "hide", "隐藏"
    RESTRICT = "restrict", "仅显示姓名和单位"
    MASK = "mask", "遮盖字段"


class MaskedField(TextChoices):
    """What a rule can keep from a person's card and lines."""

    PHONE = "phone", "手机号"
    OFFICE_PHONE = "office_phone", "办公电话"
    JOB_LEVEL = "job_level", "职级"
    TITLE = "title", "职务"


class LineRole(TextChoices):
    """What a unit does for a line of work (条线)."""

    LEAD = "lead", "主管"
    ASSIST = "assist", "协管"


class LineRelationKind(TextChoices):
    """How an upper unit of a line stands to a lower one; the strongest first."""

    VERTICAL = "vertical", "垂直管理"
    LEADERSHIP = "leadership", "领导"
    DUAL = "dual", "双重领导"
    GUIDANCE = "guidance", "业务指导"


class ReorganisationStatus(TextChoices):
    """Where a reorganisation (机构改革) stands between its draft and its effect."""

    DRAFT = "draft", "草案"
    SUBMITTED = "submitted", "待审批"
    APPROVED = "approved", "待生效"
    EFFECTIVE = "effective", "已生效"
    REJECTED = "rejected", "未通过"
    WITHDRAWN = "withdrawn", "已撤回"
    FAILED = "failed", "执行失败"


class StepKind(TextChoices):
    """What one step of a reorganisation does."""

    CREATE = "create", "设立"
    RENAME = "rename", "更名"
    MOVE = "move", "划转"
    MERGE = "merge", "合并"
    SPLIT = "split", "拆分"
    ABOLISH = "abolish", "撤销"
    REORDER = "reorder", "调整排序"
    TRANSFER = "transfer", "调动人员"


class SessionEnd(TextChoices):
    """Why a sign-in ended before its time."""

    SIGNED_OUT = "signed_out", "退出登录"
    ENDED = "ended", "本人结束"
    ENDED_BY_ADMINISTRATOR = "by_admin", "管理员结束"
    PASSWORD = "password", "密码变更"
    DISABLED = "disabled", "账号停用"
    EXPIRED = "expired", "超时"


class SignInMethod(TextChoices):
    """By what a sign-in began."""

    PASSWORD = "password", "密码"
    PASSKEY = "passkey", "通行密钥"
    UPSTREAM = "upstream", "统一身份认证"


class SecondFactorPolicy(TextChoices):
    """Who has to show a second factor before what it guards."""

    ADMINISTRATORS = "administrators", "管理员"
    EVERYONE = "everyone", "所有人"
    NOBODY = "nobody", "不强制"


class ExchangeSubject(TextChoices):
    """What a file that is imported or exported lists."""

    PEOPLE = "people", "人员"
    UNITS = "units", "组织"


class ImportMode(TextChoices):
    """What an import does with those whom the file does not name."""

    MERGE = "merge", "新增和更新"
    SYNC = "sync", "全量同步"


class ImportState(TextChoices):
    """How far an import has come."""

    UPLOADED = "uploaded", "待对应列"
    CHECKING = "checking", "检查中"
    CHECKED = "checked", "待确认"
    WAITING = "waiting", "待复核"
    APPLYING = "applying", "导入中"
    APPLIED = "applied", "已完成"
    CANCELLED = "cancelled", "已取消"
    REFUSED = "refused", "未能导入"


class ImportOutcome(TextChoices):
    """What one row of an import does."""

    NEW = "new", "新增"
    APPOINTED = "appointed", "新任职"
    CHANGED = "changed", "变更"
    MOVED = "moved", "调动"
    ENDED = "ended", "结束"


class FaultGravity(TextChoices):
    """Whether a fault keeps its row from being imported."""

    ERROR = "error", "错误"
    NOTE = "note", "提示"


class PhoneReach(TextChoices):
    """How much of the telephone numbers an export shows."""

    MASKED = "masked", "部分隐藏"
    FULL = "full", "完整"


class ExportState(TextChoices):
    """How far an export has come."""

    WAITING = "waiting", "待复核"
    QUEUED = "queued", "生成中"
    READY = "ready", "可下载"
    REFUSED = "refused", "未能生成"
    FORGOTTEN = "forgotten", "已清除"
